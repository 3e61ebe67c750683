"""How the tests use a page: as a person does, by names and labels; what they wait for is the page's own word."""

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
"""Path → title of all but the first page."""
ENDED = ("done", "empty", "stopped", "failed")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
HEADLESS = "chromium-headless-shell"
"""Chromium without a window system: half the work of drawing. It is used where it is there."""
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
"""Selector of formatted text of a model in the result."""
SMALL = "toolless"
"""The other one of the two scripted LLMs that answer; `talker` is the one that is chosen at first."""
WAIT_MILLISECONDS = 60_000
"""Milliseconds that an answer of a model may take on a busy machine."""
QUIET_MS = 120
"""Milliseconds without a rerun after which a page has settled; a press asks for its rerun at once."""
STOP_SECONDS = 1.0
"""Within which a stop has its effect, on a machine that does nothing else."""
CLICKS = 3
"""Presses after which a tab must be open."""

# Streamlit's page begins with one inline line of script, which the policy refuses, and nothing depends on it. Of an upload that
# the visitor stopped it says so. And on a page that is not the first one it looks for its server beside the page before it
# looks at the root.
_HARMLESS = re.compile(
    r"Executing inline script violates .*'sha256-THxz9J9\+wf7rhwR2YkXJoSZ13UCmYyC\+3lNDv2\+8ugA='"
    r"|Client Error: File uploader error on file upload - CanceledError: canceled"
)
_PROBES = re.compile(r"/[a-z0-9_]+/_stcore/(health|host-config)$")


def launch(playwright: Playwright, *, microphone: Path | None = None) -> Browser:
    """Start the Chromium of this machine.

    Args:
        playwright: What drives it.
        microphone: A WAV file that its microphone hears, over and over; a beep each second if not given.

    Raises:
        RuntimeError: There is none.
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
    """A person with a browser of their own, from `with` to the end of its block; no script of their pages may fail meanwhile.

    Args:
        browser: Where their windows open.
        dark: Whether their system is in dark mode.
        width: Of their windows, in pixels.
        height: The same.
        locale: The language that their browser asks for.
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
        """Become somebody else: close what is open and drop what tells who one is, but keep scripts and fonts."""
        for page in self.context.pages:
            page.close()
        self.context.clear_cookies()

    def check(self) -> None:
        """Fail if a page threw an error or wrote one into its console since the last check."""
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
    """Open one of the app's pages by its address."""
    page.goto(f"{url}/{name}")
    settled(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLES.get(name, "Boomerang"))
    return page


def go(page: Page, name: str) -> Page:
    """Change to another of the app's pages by the menu, within the same visit; a run may be under way there."""
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=TITLES.get(name, "Start")).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLES.get(name, "Boomerang"))
    return page


def settled(page: Page) -> None:
    """Wait until the page is connected and its script has run to the end, and none has begun in the moment after."""
    page.wait_for_function(_QUIET, arg=QUIET_MS, timeout=WAIT_MILLISECONDS)


def look(page: Page, tab: str) -> None:
    """Open a tab under the result; press again if the press fell into a rerun, in which Streamlit takes none."""
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
    """Wait until the run is in one of these states; give which."""
    element = page.locator(",".join(f".st-key-state-{name}" for name in names)).first
    expect(element).to_be_attached(timeout=timeout)
    result = re.search(r"st-key-state-(\w+)", element.get_attribute("class") or "")
    assert result is not None
    return result[1]


def stop_seconds() -> float:
    """Give within how many seconds a stop has its effect, as busy as the machine is: other tests run beside this one."""
    return STOP_SECONDS * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def run(page: Page, *, ends: str = "done") -> None:
    """Press Run, and wait until the run has ended as it should; for the first run of a page."""
    expect(page.locator(".st-key-state-idle")).to_be_attached()
    run_button(page).click()
    ended = state(page, *ENDED)
    assert ended == ends, result(page).inner_text()
    settled(page)


def run_button(page: Page) -> Locator:
    """Give the button Run."""
    return page.locator(f".st-key-{member(page)}-run").get_by_role("button")


def stop_button(page: Page) -> Locator:
    """Give the button Stop."""
    return page.locator(f".st-key-{member(page)}-stop").get_by_role("button")


def result(page: Page) -> Locator:
    """Give the part of the page that shows the result."""
    return page.locator(".st-key-result")


def member(page: Page) -> str:
    """Give the name of the page, which is that of the call."""
    return page.url.rpartition("/")[2].partition("?")[0]


def choose_model(page: Page, name: str) -> None:
    """Pick a model in the toolbar."""
    choose(page, page.locator(".st-key-toolbar").get_by_role("combobox"), name)


def choose(page: Page, box: Locator, option: str) -> None:
    """Pick an option of a selection box."""
    box.click()
    page.get_by_role("option", name=option).click()
    settled(page)


def metric(page: Page, label: str) -> str:
    """Give a number of the metric row, as shown."""
    name = page.get_by_test_id("stMetricLabel").get_by_text(label, exact=True)
    tile = page.locator(".st-key-metrics").get_by_test_id("stMetric").filter(has=name)
    return tile.get_by_test_id("stMetricValue").inner_text().strip()


def texts(cells: Locator) -> list[str]:
    """Give the texts of what a locator finds, as they are read aloud."""
    return [text.strip() for text in cells.all_inner_texts()]


def answer(page: Page) -> str:
    """Give the text that stands in the result."""
    return "\n".join(texts(result(page).locator(ANSWER)))


def flowing(page: Page, more_than: int = 0) -> str:
    """Wait until so many characters of an answer stand there and the run is still under way; give them."""
    page.wait_for_function(
        """([selector, least]) => document.querySelector(".st-key-state-running")
          && [...document.querySelectorAll(".st-key-result " + selector)].map((e) => e.innerText).join("").length > least""",
        arg=[ANSWER, more_than],
    )
    return answer(page)


def download(page: Page, name: str) -> bytes:
    """Press a download button; give the file."""
    with page.expect_download() as waiting:
        result(page).get_by_test_id("stDownloadButton").get_by_role("button", name=name).and_(
            page.locator(":not([aria-label^=Help])")
        ).click()
    return waiting.value.path().read_bytes()


def unfold(page: Page, label: str) -> None:
    """Unfold a part of the result; press again if the press fell into a rerun."""
    part = result(page).get_by_test_id("stExpander").filter(has_text=label)
    for _ in range(CLICKS):
        part.locator("summary").click()
        settled(page)
        if part.locator("details[open]").count():
            return
    expect(part.locator("details[open]")).to_be_visible()


def chip(page: Page, name: str) -> None:
    """Press one of the samples."""
    page.get_by_test_id("stButtonGroup").get_by_text(name, exact=True).click()
    settled(page)


def watch(page: Page) -> None:
    """Begin to note what becomes of the run, at each change of the page."""
    page.evaluate(_WATCH, ANSWER)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was noted since `watch`."""

    states: list[str]
    """The states that the run went through."""
    lengths: list[int]
    """How long the answer was, at each change while the run was under way."""
    seconds: float
    """From the last click or press of a key to the last change of the state."""


def seen(page: Page) -> Seen:
    """Give what was noted since `watch`."""
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
