"""Stop reaches a run whatever it is doing; and what is sent is what stands in the field when Run is pressed."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page, expect

from .driving import answer, flowing, result, run_button, seen, settled, state, stop_button, visit, watch
from .serving import Served

LONG_ANSWER = "Write the numbers from 1 to 500 in words, one on each line."
_AT_LENGTH = {
    "max_tokens": 3900,
    "response_format": "json_schema",
    "json_schema": json.dumps({"type": "array", "items": {"type": "integer"}, "minItems": 1900}),
}
WITHOUT_END = {"extra": json.dumps(_AT_LENGTH)}
"""A list that no context has room for: held to it, the model goes on until it is stopped, or for a minute on a fast machine.
Left to itself it may say that it is done after a quarter of a minute, and another time after a whole one."""
LONG_TEXT = "The river was high, and the old bridge shook under the carts that crossed it in the rain. " * 160
"""Some 3,000 tokens: an embedded model reads at them for many seconds."""
WITHIN_SECONDS = 1.0


def user_text(page: Page) -> Locator:
    """Give the field of the user's message."""
    return page.get_by_label("Text of message 2")


def ask(page: Page, app: Served, text: str) -> None:
    """Open the LLM page and run a text; a long answer goes on until it is stopped."""
    page.goto(f"{app.url}/llm?{urlencode(WITHOUT_END if text == LONG_ANSWER else {})}")
    settled(page)
    user_text(page).fill(text)
    run_button(page).click()
    state(page, "running")


def test_the_stop_button_ends_an_answer_within_a_second_and_keeps_what_had_arrived(page: Page, app: Served) -> None:
    ask(page, app, LONG_ANSWER)
    before = flowing(page, 20)
    watch(page)
    stop_button(page).click()
    state(page, "stopped")
    assert seen(page).seconds < WITHIN_SECONDS
    settled(page)
    expect(result(page)).to_contain_text("Stopped after")
    expect(result(page)).to_contain_text("What had arrived is kept")
    assert answer(page).startswith(before[:20])
    expect(user_text(page)).to_have_value(LONG_ANSWER)
    expect(run_button(page)).to_be_enabled()
    expect(stop_button(page)).to_be_disabled()


def test_escape_ends_an_answer_within_a_second(page: Page, app: Served) -> None:
    ask(page, app, LONG_ANSWER)
    before = flowing(page, 20)
    watch(page)
    page.keyboard.press("Escape")
    state(page, "stopped")
    assert seen(page).seconds < WITHIN_SECONDS
    settled(page)
    assert answer(page).startswith(before[:20])


def test_a_run_is_stopped_within_a_second_while_the_model_is_still_reading(page: Page, app: Served) -> None:
    ask(page, app, LONG_TEXT)
    expect(result(page)).to_contain_text("reading the input", timeout=60_000)
    watch(page)
    stop_button(page).click()
    state(page, "stopped")
    assert seen(page).seconds < WITHIN_SECONDS
    settled(page)
    assert answer(page) == ""
    expect(user_text(page)).to_have_value(LONG_TEXT)
    user_text(page).fill("Say hello.")  # the model is free at once
    run_button(page).click()
    state(page, "running")
    state(page, "done", timeout=30_000)
    assert answer(page) != ""


def test_ctrl_enter_in_a_field_runs_what_was_just_typed(page: Page, app: Served) -> None:
    visit(page, app.url, "moderation")
    field = page.get_by_label("Text", exact=True)
    field.fill("I will hurt you badly tonight.")
    field.press("Control+Enter")
    expect(page.locator(".st-key-moderation-flag-sensitive")).to_be_visible(timeout=60_000)
    expect(page.locator(".st-key-metrics")).to_contain_text("30")


def test_run_that_is_clicked_straight_after_typing_runs_what_was_typed(page: Page, app: Served) -> None:
    visit(page, app.url, "moderation")
    page.get_by_label("Text", exact=True).fill("I will hurt you badly tonight.")
    run_button(page).click()
    expect(page.locator(".st-key-moderation-flag-sensitive")).to_be_visible(timeout=60_000)
