"""The start page: eight cards that link to the pages and show the status of each model."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from .driving import PAGES, settled, visit
from .serving import Served

LOADED = "() => [...document.querySelectorAll('audio')].every((audio) => audio.readyState > 0)"
"""Whether the page's audio has loaded enough to start."""


def card(page: Page, name: str) -> Locator:
    """Return the card of a page."""
    return page.locator(f".st-key-card-{name}")


def test_eight_cards_lead_to_eight_pages(page: Page, app: Served) -> None:
    visit(page, app.url, "")
    expect(page.locator("[class*='st-key-card-']")).to_have_count(8)
    for name, title in PAGES.items():
        card(page, name).get_by_role("link", name=title).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        assert page.url.partition("?")[0] == f"{app.url}/{name}"
        settled(page)
        page.wait_for_function(LOADED)  # if left earlier, the file would be gone when the browser requests it
        page.go_back()
        expect(page.get_by_role("heading", level=1)).to_have_text("Boomerang")
        settled(page)
