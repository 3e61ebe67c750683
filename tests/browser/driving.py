"""Helpers that use a page as a person does, by names and labels, and wait for states that the page shows."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Playwright, TimeoutError, expect

PAGES = {
    "llm": "LLM",
    "llm_structured_output": "Structured output",
    "summary": "Summary",
    "text_embedding": "Text embedding",
    "rerank": "Rerank",
    "tts": "Text to speech",
    "speech2text": "Speech to text",
    "moderation": "Moderation",
}
"""Path → title of the eight pages."""
TITLES = PAGES | {"connections": "Connections"}
"""Path → title of all pages but the start page."""
ENDED = ("done", "empty", "stopped", "failed")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
HEADLESS = "chromium-headless-shell"
"""Chromium without a window system, which takes half the work to draw. Used if installed."""
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--mute-audio",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)
ANSWER = ".model-text"
"""Selector of a model's formatted text in the result."""
SMALL = "toolless"
"""The other of the two scripted LLMs that answer; `talker` is the default."""
WAIT_MILLISECONDS = 60_000
"""Most milliseconds for a model's answer on a busy machine."""
QUIET_MS = 120
"""Milliseconds without a rerun after which a page has settled; a press requests its rerun at once."""
STOP_SECONDS = 1.0
"""Longest time for a stop to take effect on an idle machine."""
CLICKS = 3
"""Most presses to open a tab."""

# Streamlit's page begins with one inline line of script, which the policy refuses without consequences. It reports uploads
# stopped by the visitor. On any but the first page it looks for its server relative to that page before the root. And it checks
# the file behind a download button, which is gone if the next script run has already replaced the button.
_HARMLESS = re.compile(
    r"Executing inline script violates .*'sha256-THxz9J9\+wf7rhwR2YkXJoSZ13UCmYyC\+3lNDv2\+8ugA='"
    r"|Client Error: File uploader error on file upload - CanceledError: canceled"
    r"|Client Error: Download Button source error - 404"
    # A text typed and Run pressed in one moment; the app notices that the form is newer than what it drew.
    r"|Multiple different fragmentIds detected in a single batch of widget updates"
)
_PROBES = re.compile(r"/[a-z0-9_]+/_stcore/(health|host-config)$|/media/[0-9a-f]+\.\w+$")


def launch(playwright: Playwright, *, microphone: Path | None = None) -> Browser:
    """Start this machine's Chromium.

    Args:
        playwright: The Playwright driver.
        microphone: A WAV file to play as microphone input in a loop; by default a beep each second.

    Raises:
        RuntimeError: Chromium is not installed.
    """
    path = next(filter(None, map(shutil.which, (HEADLESS, *CHROMIUM_NAMES))), None)
    if path is None:
        raise RuntimeError(
            f"The browser tests need Chromium; none of {', '.join(CHROMIUM_NAMES)} is on the PATH. "
            "Install it (on Debian: apt-get install chromium), or run make test, which does so where it may."
        )
    received = [f"--use-file-for-fake-audio-capture={microphone}"] if microphone else []
    return playwright.chromium.launch(executable_path=path, args=[*CHROMIUM_FLAGS, *received])


class Visitor:
    """A person with their own browser context, used as a context manager; no script of their pages may fail.

    Args:
        browser: Browser for their windows.
        dark: Whether their system is in dark mode.
        width: Width of the windows in pixels.
        height: Height of the windows in pixels.
        locale: Language requested by their browser.
    """

    def __init__(
        self, browser: Browser, *, dark: bool = False, width: int = 1440, height: int = 1000, locale: str = "en-US"
    ) -> None:
        self._complaints: list[str] = []
        self.context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale=locale,
            permissions=["microphone"],
            reduced_motion="reduce",
        )
        self.context.set_default_timeout(WAIT_MILLISECONDS)
        self.context.on("page", self._listen)

    def tab(self) -> Page:
        """Open an empty tab; each tab is a session of its own."""
        return self.context.new_page()

    def forget(self) -> None:
        """Become a new visitor: close all pages and delete cookies, but keep cached scripts and fonts."""
        for page in self.context.pages:
            page.close()
        self.context.clear_cookies()

    def check(self) -> None:
        """Fail if a page threw an error or logged one to its console since the last check."""
        complaints, self._complaints[:] = tuple(self._complaints), ()
        assert not complaints, "\n".join(complaints)

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.context.close()
        if error is None:
            self.check()

    def _listen(self, page: Page) -> None:
        page.on("pageerror", lambda error: self._complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda message: self._complaints.extend(_complaint(page, message)))


def _complaint(page: Page, message: ConsoleMessage) -> list[str]:
    address = message.location["url"]
    harmless = _HARMLESS.search(message.text) or _PROBES.search(address)
    serious = message.type in ("error", "warning") and not harmless
    return [f"{page.url}: console {message.type}: {message.text} ({message.location['url']})"] if serious else []


def visit(page: Page, url: str, name: str) -> Page:
    """Open one of the app's pages by its URL."""
    page.goto(f"{url}/{name}")
    settled(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLES.get(name, "Boomerang"))
    return page


def go(page: Page, name: str) -> Page:
    """Switch to another of the app's pages by the menu, within the same visit; a run may be under way there."""
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=TITLES.get(name, "Start")).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLES.get(name, "Boomerang"))
    return page


def settled(page: Page) -> None:
    """Wait until the page is connected, its script has run to the end, and no other run starts shortly after."""
    page.wait_for_function(_QUIET, arg=QUIET_MS, timeout=WAIT_MILLISECONDS)


def look(page: Page, tab: str) -> None:
    """Open a tab under the result; press again if a rerun swallowed the press."""
    wanted = page.get_by_role("tab", name=tab)
    chosen = page.get_by_role("tab", name=tab, selected=True)
    for _ in range(CLICKS):
        wanted.click()
        try:
            chosen.wait_for(timeout=2_000)
        except TimeoutError:
            continue
        break
    expect(chosen).to_be_visible()
    settled(page)


def state(page: Page, *names: str, timeout: float = WAIT_MILLISECONDS) -> str:
    """Wait until the run is in one of these states; return that state."""
    element = page.locator(",".join(f".st-key-state-{name}" for name in names)).first
    expect(element).to_be_attached(timeout=timeout)
    result = re.search(r"st-key-state-(\w+)", element.get_attribute("class") or "")
    assert result is not None
    return result[1]


def stop_seconds() -> float:
    """Return the longest time for a stop to take effect, scaled by the machine's load: other tests run at the same time."""
    return STOP_SECONDS * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def run(page: Page, *, ends: str = "done") -> None:
    """Press Run for the first time on a page, and wait until the run has ended in the expected state."""
    expect(page.locator(".st-key-state-idle")).to_be_attached()
    run_button(page).click()
    ended = state(page, *ENDED)
    assert ended == ends, result(page).inner_text()
    settled(page)


def run_button(page: Page) -> Locator:
    """Return the Run button."""
    return page.locator(f".st-key-{member(page)}-run").get_by_role("button")


def stop_button(page: Page) -> Locator:
    """Return the Stop button."""
    return page.locator(f".st-key-{member(page)}-stop").get_by_role("button")


def result(page: Page) -> Locator:
    """Return the result part of the page."""
    return page.locator(".st-key-result")


def member(page: Page) -> str:
    """Return the name of the page, which is also the call's name."""
    return page.url.rpartition("/")[2].partition("?")[0]


def choose_model(page: Page, name: str) -> None:
    """Select a model in the toolbar."""
    choose(page, model_box(page), name)


def model_box(page: Page) -> Locator:
    """Return the model picker in the toolbar."""
    return page.locator(f".st-key-{member(page)}-model").get_by_role("combobox")


def choose(page: Page, box: Locator, option: str) -> None:
    """Select an option of a select box."""
    box.click()
    page.get_by_role("option", name=option).click()
    settled(page)


def metric(page: Page, label: str) -> str:
    """Return a number of the Metrics tab, as shown."""
    return metric_row(page, label).locator("td").first.inner_text().strip()


def metric_row(page: Page, label: str) -> Locator:
    """Return the row of the Metrics tab with a number, its source and its definition."""
    name = page.locator("th").get_by_text(label, exact=True)
    return page.get_by_role("tabpanel").locator(".plain-table tr").filter(has=name)


def texts(cells: Locator) -> list[str]:
    """Return the rendered texts of a locator's elements."""
    return [text.strip() for text in cells.all_inner_texts()]


def answer(page: Page) -> str:
    """Return the text of the result."""
    return "\n".join(texts(result(page).locator(ANSWER)))


def flowing(page: Page, more_than: int = 0) -> str:
    """Wait until an answer still under way is longer than `more_than`; return its text."""
    page.wait_for_function(
        """([selector, least]) => document.querySelector(".st-key-state-running")
          && [...document.querySelectorAll(".st-key-result " + selector)].map((e) => e.innerText).join("").length > least""",
        arg=[ANSWER, more_than],
    )
    return answer(page)


def download(page: Page, name: str) -> bytes:
    """Press a download button; return the file."""
    with page.expect_download() as waiting:
        result(page).get_by_test_id("stDownloadButton").get_by_role("button", name=name).and_(
            page.locator(":not([aria-label^=Help])")
        ).click()
    return waiting.value.path().read_bytes()


def unfold(page: Page, label: str) -> None:
    """Expand a part of the result; press again if a rerun swallowed the press."""
    part = result(page).get_by_test_id("stExpander").filter(has_text=label)
    for _ in range(CLICKS):
        part.locator("summary").click()
        settled(page)
        if part.locator("details[open]").count():
            return
    expect(part.locator("details[open]")).to_be_visible()


def chip(page: Page, name: str) -> None:
    """Press a sample chip."""
    page.get_by_test_id("stButtonGroup").get_by_text(name, exact=True).click()
    settled(page)


def watch(page: Page) -> None:
    """Start recording the states of the run, at each change of the page."""
    page.evaluate(_WATCH, ANSWER)


@dataclass(frozen=True, slots=True)
class Seen:
    """Recording since `watch`."""

    states: list[str]
    """The states of the run."""
    lengths: list[int]
    """Length of the answer at each change during the run."""
    seconds: float
    """From the last click or key press to the last change of state."""


def seen(page: Page) -> Seen:
    """Return the recording since `watch`."""
    return Seen(**page.evaluate("() => ({...window.seen, seconds: (window.seenAt - window.pressedAt) / 1000})"))


_QUIET = """(least) => {
  const app = document.querySelector('[data-testid="stApp"]')
  const rests = app?.dataset.testConnectionState === "CONNECTED" && app.dataset.testScriptState === "notRunning"
  window.restsSince = rests ? window.restsSince ?? performance.now() : undefined
  const settled = rests && performance.now() - window.restsSince >= least
  if (settled) window.restsSince = undefined
  return settled
}"""

_WATCH = """(answer) => {
  window.seen = { states: [], lengths: [] }
  const note = () => {
    const marker = document.querySelector('.st-key-result [class*="st-key-state-"]')
    const state = marker?.className.match(/st-key-state-(\\w+)/)[1]
    if (state && state !== window.seen.states.at(-1)) {
      window.seen.states.push(state)
      window.seenAt = performance.now()
    }
    if (state !== "running") return
    const texts = [...document.querySelectorAll(".st-key-result " + answer)].map((element) => element.innerText)
    const length = texts.join("").length
    if (length && length !== window.seen.lengths.at(-1)) window.seen.lengths.push(length)
  }
  const press = () => { window.pressedAt = performance.now() }
  document.addEventListener("click", press, true)
  document.addEventListener("keydown", press, true)
  new MutationObserver(note).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true })
  note()
}"""
