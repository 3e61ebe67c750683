"""Drive the machine's own Chromium, headless."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from .app import WAIT_SECONDS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

SETTLED = '[data-testid="stApp"][data-test-connection-state="CONNECTED"][data-test-script-state="notRunning"]'
"""The page, once it is connected and its script has finished."""
ENDED = ", ".join(f".st-key-state-{state}" for state in ("done", "empty", "failed", "stopped"))
"""Elements that mark the end of a run."""
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--mute-audio"]


def missing() -> str | None:
    """Return what is missing for the measurement, if anything."""
    if not os.path.exists("/proc/self/smaps_rollup"):
        return "the numbers come from Linux' /proc, which is not here."
    if find_spec("playwright") is None:
        return "Playwright is missing; it is a development requirement: `pip install -r requirements-dev.txt`."
    if _path() is None:
        return "Chromium is missing. On Debian: `sudo apt-get install chromium-headless-shell`."
    return None


@contextmanager
def launched() -> Iterator[Browser]:
    """Start the browser, and close it at the end."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_path(), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def tab(browser: Browser, *, height: int = 1000, permissions: Sequence[str] = ()) -> Iterator[Page]:
    """Open a page as a new visitor, without cache and cookies."""
    context = browser.new_context(
        viewport={"width": 1440, "height": height}, reduced_motion="reduce", permissions=list(permissions)
    )
    context.set_default_timeout(WAIT_SECONDS * 1000)
    try:
        yield context.new_page()
    finally:
        context.close()


def settle(page: Page) -> None:
    """Wait until the page is drawn."""
    page.wait_for_selector(SETTLED, state="attached")


def ready(page: Page, member: str) -> Locator:
    """Wait until a page can be used; return its Run button.

    Raises:
        RuntimeError: It cannot be used; includes its text.
    """
    from playwright.sync_api import TimeoutError

    button = page.locator(run_button(member))
    try:
        button.wait_for()
    except TimeoutError:
        raise RuntimeError(f"{page.url} is not ready:\n{page.locator('body').inner_text()}") from None
    settle(page)
    return button


def busy_clock(page: Page) -> Callable[[], float]:
    """Return a function that returns the seconds of work of the browser's main thread on this page since this call."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")  # starts the counter

    def worked() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))

    begin = worked()
    return lambda: worked() - begin


def run_button(member: str) -> str:
    """Return the selector of a page's enabled Run button."""
    return f".st-key-{member}-run button:enabled"


def _path() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)
