"""Fixtures: one app and one browser for all tests of this folder, one visitor per test; failures attach output and pictures."""

from __future__ import annotations

import wave
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from boomerang.invoker.audio.decoding import decode
from boomerang.invoker.audio.resampling import mono
from boomerang.workbench.samples.inputs import CLIP

from .driving import Visitor, launch
from .listening import Listener
from .serving import ROOT, Served

HERE = Path(__file__).parent
PICTURES = ROOT / "test-results"
"""Folder for screenshots of pages on which a test failed."""

MOST_VISITORS = 2
"""Most simultaneous visitors of a test, besides the regular one."""

expect.set_options(timeout=20_000)


@pytest.hookimpl(tryfirst=True)  # before pytest selects by marker
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, so that they can be run separately."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)


# Limited to this folder: while Playwright runs, no other test in the process can have an event loop.
@pytest.fixture(scope="package")
def listener() -> Iterator[Listener]:
    """A server on this machine that records its requests; it should never get any."""
    with Listener() as listening:
        yield listening


@pytest.fixture(scope="package")
def app(listener: Listener) -> Iterator[Served]:
    """The app with scripted models, in its own process; one per test worker process."""
    with Served(LEAK_URL=listener.url) as served:
        yield served


@pytest.fixture(scope="package")
def browser(spoken_wav: Path) -> Iterator[Browser]:
    """Chromium, with the bundled clip as its microphone input."""
    with sync_playwright() as playwright:
        opened = launch(playwright, microphone=spoken_wav)
        yield opened
        opened.close()


@pytest.fixture(scope="package")
def spoken_wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled clip as a WAV file."""
    samples, rate_hz = decode(CLIP.read_bytes())
    path = tmp_path_factory.mktemp("audio") / "spoken.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes((mono(samples) * 32767).astype("<i2").tobytes())
    return path


@pytest.fixture(scope="package")
def crowd(browser: Browser) -> Iterator[list[Visitor]]:
    """Visitors, each with their own browser context, which keep cached scripts and fonts between tests."""
    with ExitStack() as stack:
        yield [stack.enter_context(Visitor(browser)) for _ in range(MOST_VISITORS)]


@pytest.fixture
def visitors(crowd: list[Visitor]) -> Iterator[Callable[[], Visitor]]:
    """Returns visitors that are new to the app, until the test ends."""
    waiting = iter(crowd)
    yield lambda: next(waiting)
    for visitor in crowd:
        visitor.forget()
        visitor.check()


@pytest.fixture(scope="package")
def regular(browser: Browser) -> Iterator[Visitor]:
    """A returning visitor; the browser's cached scripts and fonts save a second per test."""
    with Visitor(browser) as person:
        yield person


@pytest.fixture
def page(regular: Visitor) -> Iterator[Page]:
    """An empty tab, and so a new session."""
    tab = regular.tab()
    yield tab
    tab.close()
    regular.check()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the app's output and a screenshot to the report of a failed test."""
    report = yield
    if report.failed and isinstance(item, pytest.Function):
        for name, value in item.funcargs.items():
            if isinstance(value, Served):
                report.sections.append((f"What {name} said", value.output))
            elif isinstance(value, Page):
                report.sections.append((f"Picture of {name}", _picture(value, item.name)))
    return report


def _picture(page: Page, test: str) -> str:
    PICTURES.mkdir(exist_ok=True)
    path = PICTURES / f"{''.join(letter if letter.isalnum() else '_' for letter in test)}.png"
    try:
        page.screenshot(path=path, timeout=5000)
    except Error as error:
        return f"none: {error}"
    return str(path.relative_to(ROOT))
