"""Take screenshots of every page of the running app, for review or for the README.

Starts the app on a free port and drives the Chromium of this machine.

    python -m scripts.screenshots [FOLDER]      # all pages in all states: two widths, light and dark, two languages; index.html
    python -m scripts.screenshots --readme      # the screenshots of the README, into docs/images
"""

from __future__ import annotations

import argparse
import html
import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.browser import driving
from tests.browser.driving import ENDED, PAGES, Visitor, chip, launch, result, run_button, settled, state
from tests.browser.serving import APP, Served
from tests.invoker.backends.openai_compatible.test_real_server import KEY, QWEN, SMOLLM
from tests.invoker.backends.openai_compatible.test_real_server import served as model_server

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".cache" / "screenshots"
README_FOLDER = ROOT / "docs" / "images"
WIDTHS = (1440, 1024)
LANGUAGES = ("en-US", "zh-CN")
HEIGHT, MOST_HEIGHT = 1000, 3200
README_WIDTH, README_HEIGHT = 1440, 940
UNKNOWN = {"provider": "embedded", "model": "no-such-model", "mode": "chat", "voice": "none", "score_threshold": 0, "top_n": 1}
LONG_SPEECH = "This text is long enough to be seen while it is still being spoken. " * 40


def main() -> None:
    """Take the requested screenshots."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, help="where to write; default: .cache/screenshots")
    parser.add_argument("--readme", action="store_true", help="write the pictures of the README instead, into docs/images")
    chosen = parser.parse_args()
    with Served(APP) as app, on_servers() as connected, sync_playwright() as playwright:
        browser = launch(playwright)
        if chosen.readme:
            readme(browser, app, connected, README_FOLDER)
        else:
            chosen.folder.mkdir(parents=True, exist_ok=True)
            names: list[str] = []
            for language, dark, width in product(LANGUAGES, (False, True), WIDTHS):
                names += walk(browser, app, chosen.folder, width, dark, language)
                names += walk_connections(browser, connected, chosen.folder, width, dark, language)
            write_sheet(chosen.folder, names)
        browser.close()


@contextmanager
def on_servers() -> Iterator[Served]:
    """Run the app with connections to real llama.cpp servers, and to one that does not exist."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        llm = stack.enter_context(model_server(QWEN))
        vectors = stack.enter_context(model_server(SMOLLM, pooling_type="MEAN"))
        file = folder / "connections.toml"
        file.write_text(
            f"""
            [[connections]]
            name = "Vectors in the lab"
            base_url = "{vectors}"
            api_key_env = "LLAMA_API_KEY"
            defaults = {{ text-embedding = "real" }}

            [[connections]]
            name = "Ollama on the laptop"
            preset = "ollama"
            base_url = "http://127.0.0.1:9/v1"
            """,
            "utf-8",
        )
        places = {"CONNECTIONS_FILE": str(file), "BOOMERANG_DATA": str(folder / "data")}
        yield stack.enter_context(Served(ROOT / "app.py", **places, LLAMA_CPP_BASE_URL=llm, LLAMA_API_KEY=KEY))


def walk(browser: Browser, app: Served, folder: Path, width: int, dark: bool, language: str) -> Iterator[str]:
    """Take screenshots of each page's states at one width, in one mode and language; yield their file names."""
    with Visitor(browser, dark=dark, width=width, height=HEIGHT, locale=language) as visitor:

        def take(page: Page, name: str, state_name: str) -> str:
            picture = f"{name}-{state_name}-{language[:2]}-{width}-{'dark' if dark else 'light'}.png"
            if state_name != "running":  # a running page does not settle
                whole(page, width)
            shoot(page, folder / picture)
            page.set_viewport_size({"width": width, "height": HEIGHT})
            return picture

        page = opened(visitor, f"{app.url}/")
        page.locator(".st-key-start-run button").first.click()
        page.locator(".st-key-start-run button:enabled").first.wait_for()
        page.locator(".st-key-state-done-all").wait_for(state="attached")
        settled(page)
        yield take(page, "start", "after")
        page.close()
        for name in PAGES:
            page = opened(visitor, f"{app.url}/{name}")
            yield take(page, name, "empty")
            if name == "tts":
                page.locator(".st-key-tts-text textarea").fill(LONG_SPEECH)
            run_button(page).click()
            if state(page, "running", *ENDED) == "running":  # some are too fast to be seen
                yield take(page, name, "running")
            state(page, *ENDED)
            settled(page)
            yield take(page, name, "after")
            for number, tab in enumerate(("sent", "received", "chunks", "log", "code"), 1):
                page.get_by_test_id("stTabs").last.get_by_role("tab").nth(number).click()
                settled(page)
                yield take(page, name, tab)
            fail(page, name)
            yield take(page, name, "failed")
            page.close()
            page = opened(visitor, f"{app.url}/{name}?panes=2")
            run_button(page).click()
            page.locator(".st-key-comparison").wait_for()
            state(page, *ENDED)
            settled(page)
            yield take(page, name, "compared")
            page.close()


def walk_connections(browser: Browser, app: Served, folder: Path, width: int, dark: bool, language: str) -> Iterator[str]:
    """Take screenshots of the Connections page's states, and of a page with a server's response."""
    with Visitor(browser, dark=dark, width=width, height=HEIGHT, locale=language) as visitor:

        def take(page: Page, name: str) -> str:
            picture = f"{name}-{language[:2]}-{width}-{'dark' if dark else 'light'}.png"
            whole(page, width)
            shoot(page, folder / picture)
            page.set_viewport_size({"width": width, "height": HEIGHT})
            return picture

        page = opened(visitor, f"{app.url}/connections")
        yield take(page, "connections-empty")
        page.locator(".st-key-connections-test_all button").first.click()
        yield take(page, "connections-running")
        page.locator(".st-key-connections-test_all button:enabled").first.wait_for(timeout=60_000)
        settled(page)
        for number, name in ((1, "server"), (3, "failed")):
            page.locator(".health tbody th button").nth(number).click()
            settled(page)
            yield take(page, f"connections-{name}")
        page.locator(".st-key-connections-duplicate button").first.click()
        settled(page)
        yield take(page, "connections-form")
        page.close()
        page = opened(visitor, f"{app.url}/llm?connection=llama.cpp")
        run_button(page).click()
        state(page, *ENDED)
        page.get_by_test_id("stTabs").last.get_by_role("tab").nth(4).click()
        settled(page)
        yield take(page, "llm-http")
        page.close()


def opened(visitor: Visitor, address: str) -> Page:
    """Open a page in a new tab, in any language."""
    page = visitor.tab()
    page.goto(address)
    settled(page)
    return page


def whole(page: Page, width: int) -> None:
    """Make the window as high as its content."""
    content = page.get_by_test_id("stMain").evaluate("(main) => main.scrollHeight")
    page.set_viewport_size({"width": width, "height": min(max(int(content), HEIGHT), MOST_HEIGHT)})
    settled(page)


def fail(page: Page, name: str) -> None:
    """Make a run fail: by an unknown model or, if a model cannot be entered, by a timeout."""
    if name == "summary":
        page.get_by_test_id("stPopover").filter(has_text="timer").get_by_role("button").click()
        limit = page.locator(".st-key-summary-timeout input")
        limit.fill("1")
        limit.press("Enter")
        settled(page)
        page.keyboard.press("Escape")
    else:
        by_hand = page.locator(f".st-key-{name}-config-by_hand label")
        if not by_hand.count():  # drawn only while its part of the form is open
            page.get_by_test_id("stExpander").get_by_text(re.compile("^ModelConfig")).first.click()
        by_hand.click()
        field = page.locator(f".st-key-{name}-config-text textarea")
        field.fill(json.dumps(UNKNOWN, indent=2))
        field.press("Tab")
        settled(page)
    run_button(page).click()
    state(page, "failed")
    settled(page)


def readme(browser: Browser, app: Served, connected: Served, folder: Path) -> None:
    """Take the screenshots of the README."""
    folder.mkdir(parents=True, exist_ok=True)
    for dark in (False, True):
        suffix = "dark" if dark else "light"
        with Visitor(browser, dark=dark, width=README_WIDTH, height=README_HEIGHT) as visitor:
            page = visitor.tab()
            pictures: dict[str, Callable[[Page], Locator]] = {
                "llm": _two_tools,
                "text_embedding": _ran,
                "tts": _ran,
                "start": lambda page: page.get_by_test_id("stMain"),
            }
            for name, prepare in pictures.items():
                if page.url == "about:blank":
                    driving.visit(page, app.url, name)
                else:  # in the same visit, so that the start page knows the runs
                    title = PAGES.get(name, "Start")
                    page.get_by_test_id("stSidebarNav").get_by_role("link", name=title).first.click()
                    expect(page.get_by_role("heading", level=1)).to_have_text(PAGES.get(name, "Boomerang"))
                    settled(page)
                expect(prepare(page)).to_be_visible()
                shoot(page, folder / f"{name}-{suffix}.png")
            page = visitor.tab()
            driving.visit(page, connected.url, "connections")
            page.locator(".st-key-connections-test_all button").first.click()
            page.locator(".st-key-connections-test_all button:enabled").first.wait_for(timeout=60_000)
            page.locator(".health tbody th button").nth(1).click()
            settled(page)
            shoot(page, folder / f"connections-{suffix}.png")


def _two_tools(page: Page) -> Locator:
    """Request two tools at temperature 0, which gives the same answer each time."""
    chip(page, "Two tools")
    expect(page.get_by_label("Text of message 2")).to_have_count(0)
    settled(page)
    parameters = page.get_by_test_id("stExpander").get_by_text(re.compile("^Parameters")).first
    parameters.click()
    page.get_by_role("slider", name="temperature").press("Home")
    settled(page)
    parameters.click()
    _ran(page)
    return result(page).get_by_role("button", name="Send results").first


def _ran(page: Page) -> Locator:
    run_button(page).click()
    state(page, "done")
    settled(page)
    return page.locator("[class*='st-key-run-']").first


def shoot(page: Page, path: Path) -> None:
    """Take a screenshot of the window once fonts and charts are drawn."""
    page.evaluate("document.fonts.ready")
    for chart in page.get_by_test_id("stVegaLiteChart").all():
        expect(chart.locator("canvas, svg").first).to_be_visible()
    page.get_by_test_id("stMain").evaluate("(main) => main.scrollTo(0, 0)")
    page.mouse.move((page.viewport_size or {"width": 0})["width"] // 2, 1)  # over nothing that reacts to it
    page.screenshot(path=path, animations="disabled", caret="hide")
    print(path)


def write_sheet(folder: Path, names: list[str]) -> None:
    """Write a page with all screenshots, one row per page and state."""
    rows: dict[str, list[str]] = {}
    for name in names:
        rows.setdefault("-".join(name.split("-")[:2]), []).append(name)
    figures = "\n".join(
        f"<h2>{html.escape(row)}</h2>\n<div>"
        + "".join(f'<a href="{picture}"><img src="{picture}" alt="{picture}" loading="lazy"></a>' for picture in pictures)
        + "</div>"
        for row, pictures in rows.items()
    )
    style = "body{font-family:sans-serif;background:#889}div{display:flex;gap:8px}a{flex:1 1 0}img{width:100%}"
    head = f'<meta charset="utf-8"><title>All pages</title><style>{style}</style>'
    sheet = f'<!doctype html>\n<html lang="en">{head}\n{figures}\n</html>\n'
    (folder / "index.html").write_text(sheet, encoding="utf-8")
    print(folder / "index.html")


if __name__ == "__main__":
    main()
