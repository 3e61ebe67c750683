"""Stop works in every phase of a run; and Run sends the field's current value."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from .driving import answer, flowing, result, run_button, seen, settled, state, stop_button, stop_seconds, visit, watch
from .serving import Served

LONG_ANSWER = "Write the numbers from 1 to 500 in words, one on each line."


def user_text(page: Page) -> Locator:
    """Return the user message field."""
    return page.get_by_label("Text of message 2")


def ask(page: Page, app: Served, text: str) -> None:
    """Open the LLM page and run a text; a long answer continues until it is stopped."""
    visit(page, app.url, "llm")
    user_text(page).fill(text)
    run_button(page).click()
    state(page, "running")


def test_the_stop_button_ends_an_answer_within_a_second_and_keeps_what_had_arrived(page: Page, app: Served) -> None:
    ask(page, app, LONG_ANSWER)
    before = flowing(page, 20)
    watch(page)
    stop_button(page).click()
    state(page, "stopped")
    assert seen(page).seconds < stop_seconds()
    settled(page)
    expect(result(page)).to_contain_text("Stopped after")
    expect(result(page)).to_contain_text("Partial output kept")
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
    assert seen(page).seconds < stop_seconds()
    settled(page)
    assert answer(page).startswith(before[:20])


def test_ctrl_enter_in_a_field_runs_what_was_just_typed(page: Page, app: Served) -> None:
    visit(page, app.url, "moderation")
    field = page.get_by_label("Text", exact=True)
    field.fill("I will hurt you badly tonight.")
    field.press("Control+Enter")
    expect(page.locator(".st-key-moderation-flag-sensitive")).to_be_visible(timeout=60_000)
    expect(result(page)).to_contain_text("30 characters")


def test_run_that_is_clicked_straight_after_typing_runs_what_was_typed(page: Page, app: Served) -> None:
    visit(page, app.url, "moderation")
    page.get_by_label("Text", exact=True).fill("I will hurt you badly tonight.")
    run_button(page).click()
    expect(page.locator(".st-key-moderation-flag-sensitive")).to_be_visible(timeout=60_000)
