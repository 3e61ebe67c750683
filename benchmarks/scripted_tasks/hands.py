"""Use a page as a person does, and count each click, key press and field that was typed into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

QUIET_MS = 120
"""Milliseconds without a script run after which a page is at rest."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What a task took."""

    clicks: int
    keys: int
    """Key presses other than typing, such as Ctrl+C, one each."""
    fields: int
    """Fields that were typed into, one each; moving to the field is part of it."""
    seconds: float
    """From the first action to the visible end state."""
    path: Sequence[str]
    """The actions, in order."""

    @property
    def actions(self) -> int:
        """Number of clicks, key presses and fields."""
        return self.clicks + self.keys + self.fields


class Hands:
    """A person at a page. Before each action they wait until the page is at rest, as one who looks first.

    Args:
        page: A page that has not been opened yet.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        page.add_init_script(_COUNT_PRESSES)
        self._clicks = self._outside = self._keys = self._fields = 0
        self._path: list[str] = []
        self._begin: float | None = None

    def click(self, target: Locator, name: str) -> None:
        """Click an element of the page."""
        self._look(f"**{name}**")
        self._clicks += 1
        target.click()

    def type(self, field: Locator, text: str, name: str) -> None:
        """Replace the text of a field."""
        self._look(f"type *{name}*")
        self._fields += 1
        field.fill(text)

    def press(self, key: str, name: str) -> None:
        """Press a key or a combination of keys."""
        self._look(f"`{key}` ({name})")
        self._keys += 1
        self.page.keyboard.press(key)

    def choose_file(self, chooser: Locator, path: Path) -> None:
        """Choose a file; counts as one click, although the system's dialog takes more."""
        self._look("choose the file")
        self._clicks += 1
        self._outside += 1
        chooser.set_input_files(path)

    def download(self, button: Locator, name: str) -> bytes:
        """Click a download button; return the file."""
        with self.page.expect_download() as waiting:
            self.click(button, name)
        return bytes(waiting.value.path().read_bytes())

    def copy_address(self, field: str) -> str:
        """Click the browser's address bar, which selects the URL, and copy it as soon as it contains a field; return it."""
        self._look("the browser's address bar")
        self._clicks += 1
        self._outside += 1
        self.page.evaluate("() => document.activeElement.blur()")  # as the address bar has the focus now
        self.page.wait_for_url(lambda url: f"{field}=" in url)
        self._look("`Ctrl+C`")
        self._keys += 1
        return self.page.url

    def clipboard(self) -> str:
        """Wait for text in the clipboard; return it."""
        return str(self.page.wait_for_function("() => navigator.clipboard.readText()").json_value())

    def effort(self) -> Effort:
        """Return the effort until now.

        Raises:
            RuntimeError: The page received other clicks than were counted.
        """
        end = perf_counter()
        presses = int(self.page.evaluate("() => window.presses"))
        if self._begin is None or presses != self._clicks - self._outside:
            raise RuntimeError(f"the page received {presses} clicks, counted were {self._clicks - self._outside}")
        return Effort(self._clicks, self._keys, self._fields, end - self._begin, tuple(self._path))

    def wait_at_rest(self) -> None:
        """Wait until the page's script has run to its end and no other run starts shortly after."""
        self.page.wait_for_function(_AT_REST, arg=QUIET_MS)

    def _look(self, action: str) -> None:
        self.wait_at_rest()
        if self._begin is None:
            self._begin = perf_counter()
        self._path.append(action)


_AT_REST = """(least) => {
  const app = document.querySelector('[data-testid="stApp"]')
  const rests = app?.dataset.testConnectionState === "CONNECTED" && app.dataset.testScriptState === "notRunning"
  window.restsSince = rests ? window.restsSince ?? performance.now() : undefined
  const settled = rests && performance.now() - window.restsSince >= least
  if (settled) window.restsSince = undefined
  return settled
}"""
_COUNT_PRESSES = """
window.presses = 0
window.addEventListener("pointerdown", (event) => { window.presses += event.isTrusted }, true)
"""
