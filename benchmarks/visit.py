"""Measure how long a first visit takes until the page is usable, and how long switching pages takes.

For comparison, Streamlit's own hello page is visited alternately in the same browser.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import TYPE_CHECKING

from . import app
from .browser import launched, missing, ready, tab
from .table import Row, Table, Target

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

VISITS, ROUNDS = 7, 4
FIRST, SWITCH = Target(1.5, "×"), Target(0.3, "s")
COLUMNS = ("seconds", "shortest", "longest", "compared")
OURS, HELLO = "first visit, at the start page", "first visit of `streamlit hello`"
LINKED = "first visit, by a link to the LLM page"
BEGUN, LATER = "from page to page, each for the first time", "from page to page, all of them"
NOTE = (
    f"Medians of {VISITS} visits of each side in turn, each with an empty cache, from the address being opened until the page "
    "can be used: hello's heading is there, or the button of ours that runs something can be pressed, and the script has run "
    "to its end. Compared are visits of one turn; judged is the median of the start page, which is at the address that "
    f"`make run` tells. And medians of {ROUNDS} rounds through all pages by the menu, from the click until there is another "
    "heading and the script has run to its end."
)


def tables() -> Iterator[Table]:
    """Visit both, or report what is missing for that."""
    if reason := missing():
        targets = {OURS: FIRST, LINKED: None, HELLO: None, BEGUN: None, LATER: SWITCH}
        rows = [Row(name, ("",) * 4, None, target) for name, target in targets.items()]
        yield Table("a visit", COLUMNS, rows, f"Not measured: {reason}")
        return
    with app.running() as ours, app.running("hello") as hello, launched() as browser:
        visits: list[tuple[float, float, float]] = []
        for number in range(VISITS + 1):
            timings = (
                opened(browser, ours.address, _RUN_ALL),
                opened(browser, f"{ours.address}/llm", _RUN),
                opened(browser, hello.address, "h1"),
            )
            if number:  # the first visits load modules
                visits.append(timings)
        rounds = switched(browser, ours)
    start, linked, plain = (list(seconds) for seconds in zip(*visits, strict=True))
    compared = median(mine / theirs for mine, theirs in zip(start, plain, strict=True))
    beyond = median(mine / theirs for mine, theirs in zip(linked, plain, strict=True))
    yield Table(
        "a visit",
        COLUMNS,
        [
            _row(OURS, start, f"× {compared:.2f}", compared, FIRST),
            _row(LINKED, linked, f"× {beyond:.2f}"),
            _row(HELLO, plain),
            _row(BEGUN, rounds[0]),
            _row(LATER, every := [seconds for one in rounds for seconds in one], "", median(every), SWITCH),
        ],
        NOTE,
    )


def opened(browser: Browser, address: str, mark: str) -> float:
    """Visit a page for the first time; return the seconds until it was usable.

    Args:
        browser: The browser.
        address: URL of the page.
        mark: Selector of an element that is visible as soon as the page is usable.
    """
    with tab(browser) as page:
        page.goto(address, wait_until="commit")
        milliseconds = page.wait_for_function(_USABLE, arg=mark).json_value()
        return float(milliseconds) / 1000


def switched(browser: Browser, server: app.App) -> list[list[float]]:
    """Go through all pages by the menu several times; return the seconds of each step, per round."""
    with tab(browser) as page:
        page.goto(f"{server.address}/llm")
        ready(page, "llm")
        links = page.get_by_test_id("stSidebarNavLink")
        names = [str(link.get_attribute("href")).rpartition("/")[2] for link in links.all()]
        order = [name for name in names if name != "llm"] + ["llm"]
        return [[_switch(page, name) for name in order] for _ in range(ROUNDS)]


def _switch(page: Page, name: str) -> float:
    page.evaluate(_FROM_THE_CLICK, page.get_by_role("heading", level=1).inner_text())
    page.locator(f'[data-testid="stSidebarNavLink"][href$="/{name}"]').click()
    return float(page.wait_for_function("() => window.switched", polling=50).json_value()) / 1000


def _row(
    name: str, seconds: Sequence[float], compared: str = "", measured: float | None = None, target: Target | None = None
) -> Row:
    numbers = (median(seconds), min(seconds), max(seconds))
    return Row(name, (*(f"{number:.2f}" for number in numbers), compared), measured, target)


_RUN_ALL, _RUN = ".st-key-start-run button:enabled", ".st-key-llm-run button:enabled"
_USABLE = """(mark) => {
  const app = document.querySelector('[data-testid="stApp"][data-test-connection-state="CONNECTED"]')
  return app?.dataset.testScriptState === "notRunning" && document.querySelector(mark)?.offsetParent && performance.now()
}"""
_FROM_THE_CLICK = """(before) => {
  window.switched = undefined
  let pressed
  document.addEventListener("click", () => { pressed = performance.now() }, { capture: true, once: true })
  const app = document.querySelector('[data-testid="stApp"]')
  const look = () => {
    const heading = document.querySelector("h1")?.innerText
    if (pressed === undefined || !heading || heading === before || app.dataset.testScriptState !== "notRunning") return
    watcher.disconnect()
    window.switched = performance.now() - pressed
  }
  const watcher = new MutationObserver(look)
  watcher.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true })
}"""
