"""Measure how soon a long record's chunks show in the inspector, and whether the page is usable then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from statistics import median
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from . import app, streams
from .browser import ENDED, busy_clock, launched, missing, ready, settle, tab
from .streams import Stream
from .table import Row, Table, Target

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROUNDS = 3
OPENED, OTHER = Target(2, "s"), Target(1, "s")
RUN_MILLISECONDS = 180_000
CHUNKS, SENT = "Chunks", "Sent"
PARTS = {CHUNKS: ('[data-testid="stVegaLiteChart"] :is(canvas, svg)', '[data-testid="stDataFrame"] canvas'), SENT: ()}
"""Tab → selectors of its content once drawn; each also has some text."""
COLUMNS = ("shortest", "median", "longest")
LABELS = (
    "the page reloaded",
    f"{CHUNKS} opened",
    f"then {SENT} opened",
    f"then {CHUNKS} opened again",
    "browser busy with these three",
)
NOTE = (
    f"Seconds, of {ROUNDS} rounds. Each begins with a reload, after which the run is found again by its address; then tabs are "
    "opened, from the press until the tab's content is there, chart and table among it, and the script has run to its end."
)


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds of each step."""

    reloaded: float
    chunks: float
    sent: float
    again: float
    busy: float


def tables() -> Iterator[Table]:
    """Open a short record and a long one, or report what is missing for that."""
    wanted = (streams.SHORT_RECORD, streams.LONG_RECORD)
    if reason := missing():
        empty = [row for stream in wanted for row in _rows(stream, ())]
        yield Table("a record in the inspector", COLUMNS, empty, f"Not measured: {reason}")
        return
    rows: list[Row] = []
    with app.running("run", "benchmarks/served/scripted_app.py") as server, launched() as browser:
        for stream in wanted:
            rows += _rows(stream, opened(browser, server, stream))
    yield Table("a record in the inspector", COLUMNS, rows, NOTE)


def opened(browser: Browser, server: app.App, stream: Stream) -> list[Round]:
    """Create a record and open it several times."""
    with tab(browser) as page:
        page.goto(f"{server.address}/llm?{urlencode({'connection': 'streams', 'model': str(stream)})}")
        ready(page, "llm").click()
        page.locator(ENDED).first.wait_for(state="attached", timeout=RUN_MILLISECONDS)
        settle(page)
        return [_round(page) for _ in range(ROUNDS)]


def _round(page: Page) -> Round:
    page.reload(wait_until="commit")
    reloaded = page.wait_for_function(_DRAWN, arg=ENDED).json_value() / 1000
    busy = busy_clock(page)
    chunks, sent, again = _open(page, CHUNKS), _open(page, SENT), _open(page, CHUNKS)
    return Round(reloaded, chunks, sent, again, busy())


def _open(page: Page, name: str) -> float:
    from playwright.sync_api import TimeoutError

    page.evaluate(_FROM_THE_PRESS, [name, PARTS[name]])
    page.get_by_role("tab", name=name, exact=True).click()
    try:
        return float(page.wait_for_function("() => window.opened", polling=50).json_value()) / 1000
    except TimeoutError:
        raise RuntimeError(f"the tab {name} does not open:\n{page.locator('.st-key-result').inner_text()[:2000]}") from None


def _rows(stream: Stream, rounds: Sequence[Round]) -> list[Row]:
    targets = (None, OPENED, OTHER, OTHER, None) if stream is streams.LONG_RECORD else (None,) * len(LABELS)
    rows = []
    for number, (label, target) in enumerate(zip(LABELS, targets, strict=True)):
        seconds = sorted(astuple(one)[number] for one in rounds)
        cells = [f"{of(seconds):.2f}" for of in (min, median, max)] if seconds else ["", "", ""]
        rows.append(Row(f"{stream.count:,} chunks: {label}", cells, median(seconds) if seconds else None, target))
    return rows


_DRAWN = """(mark) => {
  const app = document.querySelector('[data-testid="stApp"][data-test-connection-state="CONNECTED"]')
  return app?.dataset.testScriptState === "notRunning" && document.querySelector(mark) && performance.now()
}"""
_FROM_THE_PRESS = """([name, parts]) => {
  window.opened = undefined
  let pressed
  document.addEventListener("mousedown", () => { pressed = performance.now() }, { capture: true, once: true })
  const app = document.querySelector('[data-testid="stApp"]')
  const look = () => {
    if (pressed === undefined || app.dataset.testScriptState !== "notRunning") return
    const chosen = [...document.querySelectorAll('[role="tab"][aria-selected="true"]')]
    const tab = chosen.find((tab) => tab.innerText.trim() === name)
    const panel = tab && document.getElementById(tab.getAttribute("aria-controls"))
    if (!panel?.innerText.trim() || !parts.every((part) => panel.querySelector(part))) return
    watcher.disconnect()
    window.opened = performance.now() - pressed
  }
  const watcher = new MutationObserver(look)
  watcher.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true })
}"""
