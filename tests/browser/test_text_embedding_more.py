"""Looking at vectors in several ways, and whether the model tells queries from documents."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from boomerang.workbench.samples.inputs import TEXTS

from .driving import result, run, settled, state, visit
from .serving import Served


def test_neighbours_and_the_map_are_a_click_away(page: Page, app: Served) -> None:
    visit(page, app.url, "text_embedding")
    run(page)
    result(page).get_by_test_id("stButtonGroup").get_by_text("Nearest").click()
    settled(page)
    first = result(page).locator("[role=row][aria-rowindex='2']")
    expect(first).to_contain_text(TEXTS[1])
    result(page).get_by_test_id("stButtonGroup").get_by_text("Map").click()
    settled(page)
    expect(result(page)).to_contain_text("Distance on the map is not similarity")
    expect(result(page).get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    assert "look=map" in page.url


def test_an_experiment_finds_that_queries_and_documents_are_alike_to_this_model(page: Page, app: Served) -> None:
    visit(page, app.url, "text_embedding")
    page.locator(".st-key-experiments").get_by_text("Query or document").click()
    settled(page)
    page.get_by_role("button", name="Run experiment").click()
    state(page, "done-try-two-types")
    settled(page)
    expect(page.locator(".st-key-experiments")).to_contain_text("No difference")
