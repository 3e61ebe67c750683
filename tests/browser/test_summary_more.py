"""Source and summary side by side, with the facts that were kept and what the model was asked."""

from __future__ import annotations

from urllib.parse import urlencode

from playwright.sync_api import Page, expect

from boomerang.workbench.samples.inputs import SHORT_NOTE

from .driving import SMALL, result, run, settled
from .serving import Served


def test_both_texts_facts_and_messages_are_there(page: Page, app: Served) -> None:
    page.goto(
        f"{app.url}/summary?{urlencode({'text': SHORT_NOTE, 'instruction': 'One sentence.', 'least': 100, 'model': SMALL})}"
    )
    settled(page)
    run(page)
    source, summary = page.locator(".st-key-summary-source"), page.locator(".st-key-summary-summary")
    expect(source).to_contain_text(SHORT_NOTE[:60])
    left, right = source.bounding_box(), summary.bounding_box()
    assert left is not None and right is not None
    assert abs(left["y"] - right["y"]) < 2 and right["x"] > left["x"] + left["width"] / 2
    expect(result(page)).to_contain_text(f"{len(SHORT_NOTE)} → ")
    expect(result(page)).to_contain_text("missing")
    result(page).get_by_text("What the system model was asked").click()
    settled(page)
    expect(result(page).get_by_test_id("stCode").filter(has_text="One sentence.").first).to_be_visible()
