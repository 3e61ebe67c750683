"""Keyboard use of tables and results, and the parts of a summary."""

from __future__ import annotations

from urllib.parse import urlencode

from playwright.sync_api import Page, expect

from boomerang.workbench.samples.inputs import SHORT_NOTE

from .driving import metric, result, run, settled, unfold, visit
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
    expect(grid.locator("[role=grid]")).to_have_attribute("aria-rowcount", "8")  # the header, six rows, and one to add another
    editor = page.locator("#portal textarea")
    editor.fill("A sixth text")
    expect(editor).to_have_value("A sixth text")
    editor.press("Enter")
    expect(page.get_by_text("6 rows")).to_be_visible()
    run(page)
    assert metric(page, "Vectors") == "6"


def test_a_threshold_is_tried_by_keyboard_without_a_new_run(page: Page, app: Served) -> None:
    visit(page, app.url, "rerank")
    run(page)
    expect(result(page)).to_contain_text("6 of 6 kept")
    address = page.url
    slider = result(page).get_by_role("slider")
    slider.focus()
    slider.press("PageDown")
    slider.press("End")
    expect(result(page)).to_contain_text("0 of 6 kept")
    settled(page)
    assert page.url.partition("run=")[2][:10] == address.partition("run=")[2][:10]


def test_source_facts_and_messages_of_a_summary_are_there(page: Page, app: Served) -> None:
    page.goto(f"{app.url}/summary?{urlencode({'text': SHORT_NOTE, 'instruction': 'One sentence.', 'least': 100})}")
    settled(page)
    run(page)
    unfold(page, "Source text")
    expect(result(page).get_by_label("Source text", exact=True)).to_have_value(SHORT_NOTE)
    expect(result(page)).to_contain_text(f"{len(SHORT_NOTE)} → ")
    expect(result(page)).to_contain_text("missing")
    result(page).get_by_text("System model calls").click()
    settled(page)
    expect(result(page).get_by_test_id("stCode").filter(has_text="One sentence.").first).to_be_visible()
