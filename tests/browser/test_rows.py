"""Tables of texts: typed by keyboard, pasted as lines, filled by a sample; the count follows, and so does what is sent."""

from __future__ import annotations

import json

from playwright.sync_api import Page, expect

from boomerang.workbench.samples.inputs import OTHER_TEXTS, TEXTS

from .driving import chip, download, look, metric, result, run, run_button, settled, unfold, visit
from .serving import Served


def test_a_row_is_typed_by_keyboard(page: Page, app: Served) -> None:
    visit(page, app.url, "text_embedding")
    expect(page.get_by_text("5 rows")).to_be_visible()
    grid = page.get_by_test_id("stDataFrame").first
    expect(grid.locator("[role=gridcell]").last).to_be_attached()
    grid.click(position={"x": 200, "y": 34 + 33 * 4 + 16})  # the fifth row
    expect(grid.locator("#glide-cell-1-4")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(grid.locator("[role=grid]")).to_have_attribute("aria-rowcount", "8")  # the head, six rows, and one that adds
    editor = page.locator("#portal textarea")
    editor.fill("A sixth text")
    expect(editor).to_have_value("A sixth text")
    editor.press("Enter")
    expect(page.get_by_text("6 rows")).to_be_visible()
    run(page)
    assert metric(page, "Vectors") == "6"


def test_pasted_lines_become_rows(page: Page, app: Served) -> None:
    visit(page, app.url, "text_embedding")
    page.get_by_role("button", name="Paste lines").click()
    page.get_by_label("One text a line").fill("one more\n\n  and another  \nthe last")
    page.get_by_label("One text a line").blur()
    settled(page)
    page.get_by_role("button", name="Add as rows").click()
    expect(page.get_by_text("8 rows")).to_be_visible()
    settled(page)
    run(page)
    unfold(page, "Raw vectors")
    assert len(json.loads(download(page, "JSON"))) == 8
    look(page, "Sent")
    expect(page.locator(".json-tree").first).to_contain_text("and another")


def test_a_sample_replaces_the_rows_and_a_visit_elsewhere_keeps_them(page: Page, app: Served) -> None:
    visit(page, app.url, "text_embedding")
    chip(page, "Paraphrases")
    expect(page.get_by_text(f"{len(OTHER_TEXTS)} rows")).to_be_visible()
    for title in ("Moderation", "Text embedding"):
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=title).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        settled(page)
    expect(page.get_by_text(f"{len(OTHER_TEXTS)} rows")).to_be_visible()
    chip(page, "Two themes")
    expect(page.get_by_text(f"{len(TEXTS)} rows")).to_be_visible()


def test_one_text_is_fine(page: Page, app: Served) -> None:
    visit(page, app.url, "text_embedding")
    chip(page, "One text")
    expect(page.get_by_text("1 row", exact=True)).to_be_visible()
    run(page)
    expect(result(page)).to_contain_text("nothing to be compared with")


def test_the_documents_of_a_rerank_can_be_pasted_too(page: Page, app: Served) -> None:
    visit(page, app.url, "rerank")
    page.get_by_role("button", name="Paste lines").click()
    page.get_by_label("One text a line").fill("Press the forgotten-password link to reset it.")
    page.get_by_label("One text a line").blur()
    settled(page)
    page.get_by_role("button", name="Add as rows").click()
    expect(page.get_by_text("7 rows")).to_be_visible()
    expect(run_button(page)).to_be_enabled()
