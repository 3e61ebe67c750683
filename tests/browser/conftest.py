"""One app and one browser for all tests of this folder, one visitor for each test; what was seen is shown when a test fails."""

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
"""Where pages are pictured on which a test failed."""

MOST_VISITORS = 2
"""Whom a test meets at once, besides the regular one."""

expect.set_options(timeout=20_000)


@pytest.hookimpl(tryfirst=True)  # before pytest chooses by marker
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, so that they can be run apart from the others."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)


# Scoped to this folder and not to all tests: while Playwright runs, no other test of the process can have an event loop.
@pytest.fixture(scope="package")
def listener() -> Iterator[Listener]:
    """A listening server on this machine that notes what it is asked for; nothing should ever ask it."""
    with Listener() as listening:
        yield listening


@pytest.fixture(scope="package")
def app(listener: Listener) -> Iterator[Served]:
    """The app whose models are a script, in a process of its own; one for each of the processes that run the tests."""
    with Served(LEAK_URL=listener.url) as served:
        yield served


@pytest.fixture(scope="package")
def browser(spoken_wav: Path) -> Iterator[Browser]:
    """Chromium; its microphone hears the bundled clip."""
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
    """Visitors, each with a browser of their own, whose scripts and fonts stay from test to test."""
    with ExitStack() as stack:
        yield [stack.enter_context(Visitor(browser)) for _ in range(MOST_VISITORS)]


@pytest.fixture
def visitors(crowd: list[Visitor]) -> Iterator[Callable[[], Visitor]]:
    """Gives visitors whom the app has not seen before, until the test ends."""
    waiting = iter(crowd)
    yield lambda: next(waiting)
    for visitor in crowd:
        visitor.forget()
        visitor.check()


@pytest.fixture(scope="package")
def regular(browser: Browser) -> Iterator[Visitor]:
    """A visitor who comes again and again; what their browser keeps, such as scripts and fonts, saves each test a second."""
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
    """Add what the app said, and a picture of the page, to the report of a test that failed."""
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
