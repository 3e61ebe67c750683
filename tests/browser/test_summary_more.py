"""Source and summary side by side, with the facts that were kept and what the model was asked."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from playground.samples import ARTICLE

from .driving import SMALL, chip, choose_model, result, run, settled, visit
from .serving import Served


def test_both_texts_facts_and_messages_are_there(page: Page, app: Served) -> None:
    visit(page, app.url, "summary")
    choose_model(page, SMALL)
    chip(page, "One sentence")
    run(page)
    source, summary = page.locator(".st-key-summary-source"), page.locator(".st-key-summary-summary")
    expect(source).to_contain_text(ARTICLE[:60])
    left, right = source.bounding_box(), summary.bounding_box()
    assert left is not None and right is not None
    assert abs(left["y"] - right["y"]) < 2 and right["x"] > left["x"] + left["width"] / 2
    expect(result(page)).to_contain_text(f"{len(ARTICLE):,} → ")
    expect(result(page)).to_contain_text("missing")
    result(page).get_by_text("What the system model was asked").click()
    settled(page)
    expect(result(page).get_by_test_id("stCode").filter(has_text="One sentence.").first).to_be_visible()
