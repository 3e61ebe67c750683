"""A batch with what is expected, and a text in disguise."""

from __future__ import annotations

import csv
import io

from playwright.sync_api import Page, expect

from boomerang.workbench.samples.inputs import MODERATION_BATCH

from .driving import chip, settled, state, visit
from .serving import Served


def test_a_batch_ends_in_a_confusion_matrix_and_a_file(page: Page, app: Served) -> None:
    visit(page, app.url, "moderation")
    place = page.locator(".st-key-experiments")
    place.get_by_text("Batch").click()
    settled(page)
    page.get_by_role("button", name="Run experiment").click()
    state(page, "done-try-batch")
    settled(page)
    for words in ("8 / 8", "Precision", "Recall", "Expected against answered"):
        expect(place).to_contain_text(words)
    expect(place.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    with page.expect_download() as waiting:
        place.get_by_test_id("stDownloadButton").get_by_role("button").first.click()
    rows = list(csv.DictReader(io.StringIO(waiting.value.path().read_text("utf-8"))))
    assert [row["text"] for row in rows] == list(MODERATION_BATCH)
    assert {row["result"] for row in rows} == {"true", "false"}


def test_a_threat_in_disguise_gets_past_this_model(page: Page, app: Served) -> None:
    visit(page, app.url, "moderation")
    chip(page, "To be flagged")
    place = page.locator(".st-key-experiments")
    place.get_by_text("Variants").click()
    settled(page)
    page.get_by_role("button", name="Run experiment").click()
    state(page, "done-try-variants")
    settled(page)
    expect(place).to_contain_text("variants get past the model")
    expect(place.locator("[role=row]").filter(has_text="in another language")).to_contain_text("≠")
