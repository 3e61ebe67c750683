"""What the form makes of a conversation: tools, parameters, a ModelConfig by hand; and what it refuses, with the reason."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from .driving import SMALL, answer, chip, choose_model, look, result, run, run_button, settled, state, stop_button, visit
from .serving import Served
from .test_stop import user_text


def shown_config(page: Page) -> dict[str, Any]:
    """Give the ModelConfig that the page shows."""
    found: dict[str, Any] = json.loads(code_of_config(page).inner_text())
    return found


def code_of_config(page: Page) -> Locator:
    """Give where the page shows the ModelConfig."""
    return page.get_by_test_id("stExpander").filter(has_text="ModelConfig · ").get_by_test_id("stCode")


def parameter(page: Page, name: str) -> Locator:
    """Give the checkbox that sends a parameter."""
    return page.get_by_test_id("stCheckbox").filter(has_text=re.compile(rf"\b{name}\b"))


def open_parameters(page: Page) -> None:
    """Unfold the parameters."""
    page.get_by_test_id("stExpander").get_by_text("Parameters", exact=True).click()
    expect(parameter(page, "top_p")).to_be_visible()


def by_hand(page: Page, config: str) -> None:
    """Write the ModelConfig by hand."""
    page.get_by_text("Write it by hand").click()
    field = page.get_by_label("ModelConfig as JSON")
    expect(field).to_be_visible()
    settled(page)
    field.fill(config)
    field.press("Tab")


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


def test_the_answer_becomes_a_message_and_the_next_turn_can_be_typed(page: Page, app: Served) -> None:
    visit(page, app.url, "llm")
    choose_model(page, SMALL)
    run(page)
    said = answer(page)
    result(page).get_by_role("button", name="Continue").first.click()
    expect(page.get_by_label("Text of message 4")).to_have_value("")
    assert page.get_by_label("Text of message 3").input_value()[:40] in said
    expect(page.get_by_role("combobox", name="Role of message 3")).to_have_value("assistant")


def test_a_ticked_parameter_stands_in_the_model_config_and_an_unticked_one_does_not(page: Page, app: Served) -> None:
    visit(page, app.url, "llm")
    assert set(shown_config(page)["completion_params"]) == {"temperature", "max_tokens"}
    open_parameters(page)
    parameter(page, "top_p").locator("label").click()
    expect(page.get_by_role("slider", name="top_p")).to_be_visible()
    parameter(page, "temperature").locator("label").click()
    expect(page.get_by_role("slider", name="temperature")).to_have_count(0)
    settled(page)
    assert set(shown_config(page)["completion_params"]) == {"top_p", "max_tokens"}
    page.get_by_role("slider", name="top_p").press("ArrowLeft")
    expect(code_of_config(page)).to_contain_text('"top_p": 0.89')


def test_broken_json_is_refused_with_line_and_column(page: Page, app: Served) -> None:
    visit(page, app.url, "llm")
    by_hand(page, '{\n  "provider": "embedded",\n  "model" "x"\n}')
    expect(page.get_by_test_id("stMain")).to_contain_text("line 3, column 11", ignore_case=True)
    expect(run_button(page)).to_be_disabled()
    page.get_by_label("ModelConfig as JSON").fill('{"provider": "embedded"}')
    page.get_by_label("ModelConfig as JSON").press("Tab")
    expect(page.get_by_test_id("stMain")).to_contain_text("model: Field required", ignore_case=True)
    expect(run_button(page)).to_be_disabled()


def test_a_hand_written_config_is_sent_as_it_is(page: Page, app: Served) -> None:
    visit(page, app.url, "llm")
    by_hand(page, json.dumps({"provider": "embedded", "model": SMALL, "mode": "chat", "completion_params": {"max_tokens": 3}}))
    expect(run_button(page)).to_be_enabled()
    run(page)
    expect(page.locator(".st-key-metrics")).to_contain_text("length")
    look(page, "Sent")
    expect(page.locator(".json-tree").first).to_contain_text(SMALL)


def test_an_unknown_model_is_an_error_that_names_those_that_there_are(page: Page, app: Served) -> None:
    visit(page, app.url, "llm")
    by_hand(page, json.dumps({"provider": "embedded", "model": "gpt-9", "mode": "chat"}))
    expect(run_button(page)).to_be_enabled()
    run(page, ends="failed")
    expect(result(page)).to_contain_text("gpt-9")
    expect(result(page)).to_contain_text(SMALL)
    expect(result(page)).to_contain_text("UnsupportedRequestError")
    expect(page.get_by_label("ModelConfig as JSON")).to_have_value(re.compile("gpt-9"))


def test_a_parameter_out_of_its_rule_is_an_error_that_names_it(page: Page, app: Served) -> None:
    visit(page, app.url, "llm")
    config = {"provider": "embedded", "model": SMALL, "mode": "chat", "completion_params": {"temperature": 9}}
    by_hand(page, json.dumps(config))
    expect(run_button(page)).to_be_enabled()
    run(page, ends="failed")
    expect(result(page)).to_contain_text("temperature must be from 0 to 2, but is 9")


def test_a_text_longer_than_the_context_is_an_error_with_both_counts_and_stays(page: Page, app: Served) -> None:
    visit(page, app.url, "llm")
    choose_model(page, SMALL)
    long = "All the words of this text are counted, one by one. " * 500
    user_text(page).fill(long)
    run_button(page).click()
    state(page, "failed")
    settled(page)
    counts = re.findall(r"[\d,]{4,}", result(page).inner_text())
    assert "2,048" in counts and any(int(count.replace(",", "")) > 5000 for count in counts), counts
    assert user_text(page).input_value() == long


def test_a_stop_sequence_ends_the_answer_where_it_would_begin(page: Page, app: Served) -> None:
    visit(page, app.url, "llm")
    words = page.get_by_role("combobox", name="Stop sequences")
    words.click()
    words.press_sequentially("five")
    words.press("Enter")
    settled(page)
    user_text(page).fill("Count from one to ten in words, in lower case.")
    run(page)
    assert "four" in answer(page).lower() and "five" not in answer(page)
    look(page, "Sent")
    expect(page.locator(".json-tree").first).to_contain_text('"five"')


def test_without_streaming_the_answer_comes_in_one_piece(page: Page, app: Served) -> None:
    visit(page, app.url, "llm")
    choose_model(page, SMALL)
    page.get_by_text("Stream", exact=True).click()
    settled(page)
    run(page)
    assert answer(page) != ""
    expect(page.locator(".st-key-metrics")).to_contain_text("Finish reason")


def test_an_empty_prompt_keeps_run_disabled_and_says_why(page: Page, app: Served) -> None:
    visit(page, app.url, "llm")
    chip(page, "Empty (refused)")
    expect(run_button(page)).to_be_disabled()
    expect(page.get_by_test_id("stMain")).to_contain_text("type the text of a user message")


def test_a_schema_that_is_none_is_refused_with_the_place(page: Page, app: Served) -> None:
    visit(page, app.url, "llm_structured_output")
    chip(page, "Broken schema (refused)")
    expect(run_button(page)).to_be_disabled()
    expect(page.get_by_test_id("stMain")).to_contain_text('"objekt" is not valid')


def test_all_dropped_documents_are_an_empty_result_and_not_a_failure(page: Page, app: Served) -> None:
    visit(page, app.url, "rerank")
    choose_model(page, "minilm")
    chip(page, "All dropped")
    run(page, ends="empty")
    expect(result(page)).to_contain_text("Empty result")
    expect(result(page)).to_contain_text("6 dropped")


def test_a_time_limit_stops_the_run_and_names_its_clock(page: Page, app: Served) -> None:
    visit(page, app.url, "llm")
    page.get_by_role("button", name="Limits").click()
    limit = page.get_by_label("Time limit, seconds", exact=True)
    limit.fill("2")
    limit.press("Enter")
    settled(page)
    page.keyboard.press("Escape")
    user_text(page).fill("Write the numbers from 1 to 500 in words, one on each line.")
    run_button(page).click()
    state(page, "failed", timeout=30_000)
    settled(page)
    expect(result(page)).to_contain_text("page's clock")
    expect(stop_button(page)).to_be_disabled()
