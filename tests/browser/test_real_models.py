"""The pages with the embedded models themselves: each works at the first click, with its default sample.

All other browser tests use a script instead, but for the audio pages in `test_real_speech`. One module loads the models once.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import numpy as np
import pytest
from jsonschema_rs import validate
from playwright.sync_api import Locator, Page, expect

from boomerang.workbench.samples.inputs import ARTICLE, DOCUMENTS, MODERATION, MODERATION_BATCH, STRUCTURED_SCHEMA, TEXTS

from .driving import (
    Visitor,
    answer,
    chip,
    download,
    flowing,
    metric,
    result,
    run,
    run_button,
    seen,
    settled,
    state,
    status,
    stop_button,
    stop_seconds,
    visit,
    watch,
)
from .serving import APP, Served
from .test_stop import LONG_ANSWER, user_text

AT_LENGTH = {
    "max_tokens": 3900,
    "response_format": "json_schema",
    "json_schema": json.dumps({"type": "array", "items": {"type": "integer"}, "minItems": 1900}),
}
"""A list longer than any context: bound to it, the model continues until it is stopped, or for a minute on a fast machine.
Otherwise it may end after a quarter of a minute, or only after a whole one.
"""
LONG_TEXT = "The river was high, and the old bridge shook under the carts that crossed it in the rain. " * 160
"""Some 3,000 tokens, which an embedded model needs many seconds to read."""


@pytest.fixture(scope="module")
def app() -> Iterator[Served]:
    """The app as users start it, with the embedded models."""
    with Served(APP) as served:
        yield served


def code_of_config(page: Page) -> Locator:
    """Return the ModelConfig shown on the page."""
    return page.get_by_test_id("stExpander").filter(has_text="ModelConfig · ").locator("pre")


def open_parameters(page: Page) -> None:
    """Expand the parameters."""
    page.get_by_test_id("stExpander").get_by_text("Parameters · ").click()
    expect(page.get_by_role("slider", name="temperature")).to_be_visible()


def ask(page: Page, app: Served, text: str, **fields: str) -> None:
    """Open the LLM page and run a text."""
    page.goto(f"{app.url}/llm?{urlencode(fields)}")
    settled(page)
    user_text(page).fill(text)
    run_button(page).click()
    state(page, "running")


def ask_at_length(page: Page, app: Served) -> None:
    """Start a run that continues until it is stopped."""
    ask(page, app, LONG_ANSWER, extra=json.dumps(AT_LENGTH))


def test_an_llm_answers_word_by_word(page: Page, app: Served) -> None:
    visit(page, app.url, "llm")
    watch(page)
    run(page)
    events = seen(page)
    assert events.states == ["idle", "running", "done"]
    assert len(events.lengths) >= 5
    assert events.lengths == sorted(events.lengths)
    assert "sky" in answer(page).lower()
    assert metric(page, "Finish reason") == "stop"
    assert int(metric(page, "Tokens in")) > 20
    assert int(metric(page, "Tokens out")) > 10
    assert float(metric(page, "Tokens / s")) > 1
    assert answer(page).strip().endswith(download(page, "Text").decode().strip()[-20:])


def test_structured_output_is_an_object_that_fits_the_schema(page: Page, app: Served) -> None:
    visit(page, app.url, "llm_structured_output")
    run(page)
    expect(result(page)).to_contain_text("Matches the schema")
    value = json.loads(download(page, "JSON"))
    validate(STRUCTURED_SCHEMA, value)
    assert (value["temperature_c"], value["sunny"]) == (24, True)
    assert value["city"].startswith("Lis")


@pytest.mark.slow
def test_a_summary_is_shorter_than_its_source(page: Page, app: Served) -> None:
    visit(page, app.url, "summary")
    run(page)
    summary = download(page, "Summary").decode()
    assert 0 < len(summary) < len(ARTICLE) * 0.8
    points = [line.strip() for line in summary.splitlines() if line.strip()]
    assert max(points.count(point) for point in points) <= 3
    assert metric(page, "Source text") == f"{len(ARTICLE):,}"
    assert metric(page, "Summary") == f"{len(summary):,}"
    result(page).get_by_text("System model calls").click()
    expect(result(page).get_by_test_id("stExpanderDetails").filter(has_text="Messages of segment")).to_be_visible()


def test_texts_become_vectors_with_a_matrix_and_three_downloads(page: Page, app: Served) -> None:
    visit(page, app.url, "text_embedding")
    run(page)
    expect(result(page)).to_contain_text(f"{len(TEXTS)} × 384 dimensions")
    expect(result(page).get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    assert (metric(page, "Vectors"), metric(page, "Dimensions")) == ("5", "384")
    result(page).get_by_text("Raw vectors").click()
    rows = json.loads(download(page, "JSON"))
    written = list(csv.reader(io.StringIO(download(page, "CSV").decode())))
    array = np.load(io.BytesIO(download(page, "NPY")))
    assert array.shape == (len(TEXTS), 384)
    assert np.allclose(array, rows, atol=1e-6)
    assert [row[0] for row in written[1:]] == TEXTS
    alike = array @ array.T
    assert alike[0, 1] > alike[0, 2] and alike[2, 3] > alike[1, 3]


def test_the_document_that_answers_the_query_comes_first(page: Page, app: Served) -> None:
    visit(page, app.url, "rerank")
    run(page)
    docs = json.loads(download(page, "JSON"))["docs"]
    assert docs[0]["text"] == DOCUMENTS[3]
    assert sorted(doc["index"] for doc in docs) == list(range(len(DOCUMENTS)))
    first = result(page).locator("[role=row][aria-rowindex='2']")
    expect(first).to_contain_text(DOCUMENTS[3])
    expect(first).to_contain_text("▲ 3")


def test_moderation_flags_the_threat_and_neither_the_parcel_nor_the_chess_game(page: Page, app: Served) -> None:
    visit(page, app.url, "moderation")
    flagged = []
    for label in MODERATION:
        chip(page, label)
        expect(page.get_by_label("Text", exact=True)).to_have_value(MODERATION[label])
        run_button(page).click()
        page.get_by_role("tab", name="Sent").click()
        expect(page.locator(".json-tree")).to_contain_text(MODERATION[label][:30])
        state(page, "done")
        settled(page)
        flagged.append("result = True" in result(page).inner_text())
        shown = "Sensitive" if flagged[-1] else "Not sensitive"
        expect(result(page).get_by_role("heading", level=2)).to_contain_text(shown)
    assert flagged == [False, False, True]


@pytest.mark.slow
def test_two_tools_are_called_and_their_results_become_an_answer(page: Page, app: Served) -> None:
    visit(page, app.url, "llm")
    chip(page, "Two tools")
    expect(page.get_by_label("Text of message 2")).to_have_count(0)
    settled(page)
    open_parameters(page)
    page.get_by_role("slider", name="temperature").press("Home")  # the same answer each time
    expect(code_of_config(page)).to_contain_text('"temperature": 0')
    settled(page)
    run(page)
    cards = [page.locator(f".st-key-llm-call-{number}") for number in (1, 2)]
    expect(cards[0]).to_contain_text("get_weather")
    expect(cards[0]).to_contain_text("Oslo")
    expect(cards[1]).to_contain_text("add")
    expect(page.get_by_label("Result of call 1")).to_have_value("18 °C, light rain")
    expect(page.get_by_label("Result of call 2")).to_have_value("42")
    result(page).get_by_role("button", name="Send results").first.click()
    expect(page.get_by_label("Text of message 4")).to_have_value("42")
    state(page, "running")
    state(page, "done")
    settled(page)
    assert re.search("42|18|rain", answer(page))


def test_a_run_is_stopped_within_a_second_while_the_model_is_still_reading(page: Page, app: Served) -> None:
    ask(page, app, LONG_TEXT)
    expect(status(page)).to_contain_text("processing the prompt", timeout=60_000)
    watch(page)
    stop_button(page).click()
    state(page, "stopped")
    assert seen(page).seconds < stop_seconds()
    settled(page)
    assert answer(page) == ""
    expect(user_text(page)).to_have_value(LONG_TEXT)
    user_text(page).fill("Say hello.")  # the model is free at once
    run_button(page).click()
    state(page, "running")
    state(page, "done", timeout=30_000)
    assert answer(page) != ""


def test_a_second_run_on_the_same_model_waits_for_the_first_and_says_so(app: Served, visitors: Callable[[], Visitor]) -> None:
    one, two = visitors().tab(), visitors().tab()
    ask_at_length(one, app)
    flowing(one)
    ask(two, app, "Say hello.")
    expect(status(two)).to_contain_text("queued")
    stop_button(one).click()
    state(two, "done")
    assert answer(two) != ""


def test_a_run_ends_when_its_tab_is_closed(app: Served, visitors: Callable[[], Visitor]) -> None:
    visitor = visitors()
    one, two = visitor.tab(), visitor.tab()
    ask_at_length(one, app)
    flowing(one)
    one.close()
    ask(two, app, "Say hello.")
    expect(status(two)).to_contain_text("queued")
    state(two, "done", timeout=25_000)
    assert answer(two) != ""


@pytest.mark.slow
def test_a_batch_ends_in_a_confusion_matrix_and_a_file(page: Page, app: Served) -> None:
    visit(page, app.url, "moderation")
    place = page.locator(".st-key-experiments")
    place.get_by_text("Batch").click()
    settled(page)
    page.get_by_role("button", name="Run experiment").click()
    state(page, "done-try-batch")
    settled(page)
    for text in ("8 / 8", "Precision", "Recall", "Expected vs. predicted"):
        expect(place).to_contain_text(text)
    expect(place.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    with page.expect_download() as waiting:
        place.get_by_test_id("stDownloadButton").get_by_role("button").first.click()
    rows = list(csv.DictReader(io.StringIO(waiting.value.path().read_text("utf-8"))))
    assert [row["text"] for row in rows] == list(MODERATION_BATCH)
    assert {row["result"] for row in rows} == {"true", "false"}


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_schema_from_an_example_is_followed_each_time(page: Page, app: Served) -> None:
    page.goto(f"{app.url}/llm_structured_output?experiment=stability&try-stability.times=2")
    settled(page)
    page.get_by_role("button", name="From an example").click()
    field = page.get_by_label("Example (JSON object)")
    field.fill('{"city": "Lisbon", "degrees": 24}')
    field.press("Tab")
    settled(page)
    page.get_by_role("button", name="Generate schema").click()
    expect(page.get_by_label("JSON schema", exact=True)).to_have_value(re.compile("degrees"))
    page.keyboard.press("Escape")
    settled(page)
    page.get_by_role("button", name="Run experiment").click()
    expect(page.locator(".st-key-state-done-try-stability")).to_be_attached(timeout=60_000)
    settled(page)
    numbers = page.locator(".st-key-llm_structured_output-try-stability-numbers")
    expect(numbers).to_contain_text("100%")


@pytest.mark.slow
def test_an_experiment_finds_that_queries_and_documents_are_alike_to_this_model(page: Page, app: Served) -> None:
    visit(page, app.url, "text_embedding")
    page.locator(".st-key-experiments").get_by_text("Query vs. document").click()
    settled(page)
    page.get_by_role("button", name="Run experiment").click()
    state(page, "done-try-two-types")
    settled(page)
    expect(page.locator(".st-key-experiments")).to_contain_text("No difference")


@pytest.mark.slow
def test_calls_answer_themselves_until_the_model_speaks(page: Page, app: Served) -> None:
    page.goto(f"{app.url}/llm?tools.auto=true&qwen2.5-coder-0.5b-instruct.temperature=0.0")
    settled(page)
    chip(page, "Two tools")
    run_button(page).click()
    answer = page.get_by_text("Earlier runs · 1")
    expect(answer).to_be_visible(timeout=60_000)
    state(page, "done")
    expect(page.get_by_label("Role of message")).to_have_count(4)
    expect(result(page)).to_contain_text("18")
