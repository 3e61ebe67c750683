"""Measure the cost of drawing a long answer: bytes, browser time, and how soon after its end the page is complete.

The LLM page and a plain page with `st.write_stream` draw the same stream.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from . import app, streams
from .browser import busy_clock, launched, missing, ready, tab
from .streams import Stream
from .table import Row, Table, Target

if TYPE_CHECKING:
    from playwright.sync_api import Browser, WebSocket

ROUNDS = 3
GROWTH, LATE, SAVED = Target(5, "×"), Target(0.5, "s"), Target(10, "×", at_least=True)
WAIT_MILLISECONDS = 60_000
COLUMNS = ("kB received", "browser busy, s", "complete after, s")
OURS, PLAIN = "LLM page", "`st.write_stream`"
NOTE = (
    f"Streams of markdown in pieces of {streams.PIECE} characters. Received: by websocket, from pressing Run on. Busy: the "
    "browser's main thread, by its own account. Complete: from the moment in which the last piece was made until the end "
    "state, the last words and the end of the script are all in the page. "
    f"Medians of {ROUNDS} visits of the LLM page, each in a fresh browser context; the plain page is visited once for each "
    f"stream. Never means: not within {WAIT_MILLISECONDS // 1000} s; Streamlit's server gives up a browser that is 500 "
    "messages behind, and says nothing to it. The bytes are then those until there. Ratios are of the medians."
)


@dataclass(frozen=True, slots=True)
class Cost:
    """Cost of one stream on one page."""

    received: int
    """Bytes received by websocket."""
    busy: float
    """Seconds of the browser's main thread."""
    late: float | None
    """Seconds from creating the last piece to the complete page; `None` if it was never complete."""


def tables() -> Iterator[Table]:
    """Draw each stream on each page, or report what is missing for that."""
    if reason := missing():
        targets = {"bytes": GROWTH, "browser's time": GROWTH, "complete": LATE, "fewer bytes": SAVED}
        rows = [Row(name, ("",) * 3, None, target) for name, target in targets.items()]
        yield Table("an answer drawn", COLUMNS, rows, f"Not measured: {reason}")
        return
    with (
        app.running("run", "benchmarks/served/scripted_app.py") as ours,
        app.running("run", "benchmarks/served/plain_page.py") as plain,
        launched() as browser,
    ):
        paced, fast = (streams.FEW_PACED, streams.MANY_PACED), (streams.FEW_FAST, streams.MANY_FAST)
        yield _table(paced, measured(browser, ours, plain, paced))
        yield _table(fast, measured(browser, ours, plain, fast), NOTE)


def measured(browser: Browser, ours: app.App, plain: app.App, wanted: Sequence[Stream]) -> dict[tuple[str, Stream], Cost]:
    """Draw each stream on both pages, alternately."""
    costs: dict[tuple[str, Stream], Cost] = {}
    rounds: dict[Stream, list[Cost]] = {stream: [] for stream in wanted}
    for number in range(ROUNDS):
        for stream in wanted:
            rounds[stream].append(drawn(browser, _llm_page(ours, stream), "llm", ".st-key-state-done"))
            if number == 0:
                costs[PLAIN, stream] = drawn(browser, f"{plain.address}/?model={stream}", "plain", "body")
    return costs | {(OURS, stream): _middle(costs_of_rounds) for stream, costs_of_rounds in rounds.items()}


def drawn(browser: Browser, address: str, member: str, end: str) -> Cost:
    """Visit a page, press its Run button and watch it to its end.

    Args:
        browser: The browser.
        address: URL of the page.
        member: Name of the button.
        end: Selector of an element that exists when the run has ended.
    """
    from playwright.sync_api import TimeoutError

    with tab(browser) as page:
        received = [0]
        page.on("websocket", lambda socket: _count(socket, received))
        page.goto(address)
        button = ready(page, member)
        page.evaluate(_WATCH, [end, streams.MADE_AT.pattern])
        busy, before = busy_clock(page), received[0]
        button.click()
        late: float | None = None
        with suppress(TimeoutError):
            late = page.wait_for_function("() => window.late", polling=250, timeout=WAIT_MILLISECONDS).json_value()
        return Cost(received[0] - before, busy(), late)


def _count(socket: WebSocket, received: list[int]) -> None:
    def add(payload: str | bytes) -> None:
        received[0] += len(payload)

    socket.on("framereceived", add)


def _llm_page(server: app.App, stream: Stream) -> str:
    return f"{server.address}/llm?{urlencode({'connection': 'streams', 'model': str(stream)})}"


def _middle(costs: Sequence[Cost]) -> Cost:
    late = [cost.late for cost in costs]
    whole = [seconds for seconds in late if seconds is not None]
    return Cost(
        round(median(cost.received for cost in costs)),
        median(cost.busy for cost in costs),
        median(whole) if len(whole) == len(late) else None,
    )


def _table(compared: tuple[Stream, Stream], costs: dict[tuple[str, Stream], Cost], note: str = "") -> Table:
    few, many = compared
    rows = []
    for page in (OURS, PLAIN):
        for stream in (few, many):
            cost = costs[page, stream]
            late = "never" if cost.late is None else f"{cost.late:.2f}"
            target = LATE if page is OURS else None
            # A page that was never complete was measured, and missed the target.
            measured = float("inf") if cost.late is None else cost.late
            rows.append(Row(f"{page}, {stream.count:,} pieces", (*_numbers(cost), late), measured, target))
        small, large = costs[page, few], costs[page, many]
        growth = (large.received / small.received, large.busy / small.busy)
        target = GROWTH if page is OURS else None
        rows.append(Row(f"{page}, four times the pieces: bytes", (f"× {growth[0]:.1f}", "", ""), growth[0], target))
        rows.append(Row(f"{page}, four times the pieces: time", ("", f"× {growth[1]:.1f}", ""), growth[1], target))
    for stream in (few, many):
        saved = costs[PLAIN, stream].received / costs[OURS, stream].received
        target = SAVED if stream is many else None
        rows.append(Row(f"fewer bytes, {stream.count:,} pieces", (f"÷ {saved:.1f}", "", ""), saved, target))
    rate = f"{few.rate:g} pieces a second" if few.rate else "pieces as fast as they are taken"
    return Table(f"an answer drawn, {rate}", COLUMNS, rows, note)


def _numbers(cost: Cost) -> tuple[str, str]:
    return f"{cost.received / 1000:,.0f}", f"{cost.busy:.2f}"


# Cheap conditions first: they are checked at each change of the page, in the browser's measured time.
_WATCH = """([end, made]) => {
  const app = document.querySelector('[data-testid="stApp"]')
  const look = () => {
    if (window.late !== undefined || app.dataset.testScriptState !== "notRunning" || !document.querySelector(end)) return
    const found = document.body.textContent.match(made)
    if (found) window.late = Date.now() / 1000 - Number(found[1])
  }
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true })
}"""
