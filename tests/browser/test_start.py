"""The start page: eight cards that lead to the pages and tell where each model stands; and an app without any weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from .driving import PAGES, SMALL, Visitor, choose_model, run, run_button, settled, visit
from .serving import Served


@pytest.fixture(scope="module")
def app_without_weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The app with an empty models folder."""
    with Served(BOOMERANG_MODELS=str(tmp_path_factory.mktemp("no-models"))) as served:
        yield served


LOADED = "[...document.querySelectorAll('audio')].every((audio) => audio.readyState > 0)"
"""Whether the sounds of a page have come, as far as they are needed to begin."""


def card(page: Page, name: str) -> Locator:
    """Give the card of a page."""
    return page.locator(f".st-key-card-{name}")


def test_eight_cards_lead_to_eight_pages(page: Page, app: Served) -> None:
    visit(page, app.url, "")
    expect(page.locator("[class*='st-key-card-']")).to_have_count(8)
    for name, title in PAGES.items():
        card(page, name).get_by_role("link", name=title).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        assert page.url.partition("?")[0] == f"{app.url}/{name}"
        settled(page)
        page.wait_for_function(LOADED)  # left before, it is not there any more when the browser asks for it
        page.go_back()
        expect(page.get_by_role("heading", level=1)).to_have_text("Boomerang")
        settled(page)


def test_a_card_tells_that_its_model_is_loaded_once_it_was_used_and_how_the_last_run_ended(page: Page, app: Served) -> None:
    visit(page, app.url, "moderation")
    run(page)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Start").click()
    expect(card(page, "moderation")).to_contain_text("Last run: done")
    expect(card(page, "moderation")).to_contain_text("Loaded")
    expect(card(page, "text_embedding")).to_contain_text("Loaded")  # the same model
    expect(card(page, "text_embedding")).not_to_contain_text("Last run")


def test_without_weights_the_start_page_says_which_calls_are_unavailable_and_why(
    page: Page, app_without_weights: Served
) -> None:
    visit(page, app_without_weights.url, "")
    for name in PAGES:
        if name == "tts":  # its weights come inside its package
            expect(card(page, name)).to_contain_text("Ready to load")
            continue
        expect(card(page, name)).to_contain_text("Unavailable")
        expect(card(page, name)).to_contain_text(" is not in ")


def test_without_weights_each_page_says_why_run_is_disabled_and_what_to_do(page: Page, app_without_weights: Served) -> None:
    for name in PAGES:
        if name != "tts":
            visit(page, app_without_weights.url, name)
            expect(run_button(page)).to_be_disabled()
            main = page.get_by_test_id("stMain")
            expect(main).to_contain_text("is unavailable: ")
            expect(main).to_contain_text(" is not in ")
            expect(main).to_contain_text("make weights")


def test_without_weights_speech_is_made_all_the_same(page: Page, app_without_weights: Served) -> None:
    visit(page, app_without_weights.url, "tts")
    run(page)
    expect(page.locator(".st-key-result audio")).to_be_attached()


def test_with_a_cut_weights_file_the_page_says_so(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "smollm2-135m-instruct-q4_1.gguf").write_bytes(b"GGUF")
    with Served(BOOMERANG_MODELS=str(tmp_path)) as app, Visitor(browser) as visitor:
        page = visit(visitor.tab(), app.url, "llm")
        expect(run_button(page)).to_be_disabled()
        choose_model(page, SMALL)
        expect(page.get_by_test_id("stMain")).to_contain_text("is cut or another file: 4 bytes")
