"""Trying a threshold on a finished ranking, two rerankers side by side, and both editors of the documents."""

from __future__ import annotations

import json

from playwright.sync_api import Page, expect

from boomerang.workbench.samples.inputs import DOCUMENTS

from .driving import choose_model, result, run, run_button, settled, visit
from .serving import Served

FAST = "all-minilm-l6-v2-cosine"


def test_a_threshold_is_tried_by_keyboard_without_a_new_run(page: Page, app: Served) -> None:
    visit(page, app.url, "rerank")
    choose_model(page, FAST)
    run(page)
    expect(result(page)).to_contain_text("6 of 6 stay")
    address = page.url
    slider = result(page).get_by_role("slider")
    slider.focus()
    slider.press("PageDown")
    slider.press("End")
    expect(result(page)).to_contain_text("0 of 6 stay")
    settled(page)
    assert page.url.partition("run=")[2][:10] == address.partition("run=")[2][:10]


def test_two_rerankers_are_drawn_as_a_slope(page: Page, app: Served) -> None:
    page.goto(f"{app.url}/rerank?panes=2&model={FAST}&pane2.model={FAST}")
    settled(page)
    run_button(page).click()
    for name in ("done", "done-pane2"):
        expect(page.locator(f".st-key-state-{name}")).to_be_attached(timeout=60_000)
    settled(page)
    picture = page.locator(".st-key-comparison")
    expect(picture).to_contain_text("Kendall τ")
    expect(picture.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()


def test_documents_are_written_as_json_and_come_back_as_a_table(page: Page, app: Served) -> None:
    visit(page, app.url, "rerank")
    page.get_by_test_id("stButtonGroup").get_by_text("JSON", exact=True).click()
    settled(page)
    editor = page.get_by_label("Documents as JSON")
    rows = json.loads(editor.input_value())
    assert [row["document"] for row in rows] == DOCUMENTS and rows[3]["label"] == 3
    editor.fill('["one",\n 7]')
    editor.press("Control+Enter")
    expect(page.get_by_text("Line 2, column 2").first).to_be_visible()
    expect(run_button(page)).to_be_disabled()
    editor.fill('["one", "two"]')
    editor.press("Control+Enter")
    expect(page.get_by_text("2 rows")).to_be_visible()
    page.get_by_test_id("stButtonGroup").get_by_text("Table", exact=True).click()
    settled(page)
    expect(page.get_by_test_id("stDataFrame").first.locator("[role=gridcell]").filter(has_text="two").first).to_be_attached()
