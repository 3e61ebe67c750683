"""Runs belong to their tab: isolated from other tabs, they survive clicks and page changes, and end with the tab."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from .driving import (
    SMALL,
    Visitor,
    answer,
    choose_model,
    flowing,
    go,
    result,
    run,
    run_button,
    seen,
    settled,
    state,
    stop_button,
    visit,
    watch,
)
from .serving import Served
from .test_stop import LONG_ANSWER, ask, user_text


def test_two_tabs_run_at_once_and_neither_sees_the_other(app: Served, visitors: Callable[[], Visitor]) -> None:
    visitor = visitors()
    one, two = visitor.tab(), visitor.tab()
    ask(one, app, LONG_ANSWER)
    visit(two, app.url, "llm")
    expect(two.locator(".st-key-state-idle")).to_be_attached()
    choose_model(two, SMALL)
    user_text(two).fill("What is the capital of France?")
    run_button(two).click()
    state(two, "done")
    settled(two)
    assert one.locator(".st-key-state-running").count() == 1
    assert "Paris" in answer(two)
    assert "Paris" not in flowing(one)
    stop_button(one).click()
    state(one, "stopped")
    assert two.locator(".st-key-state-done").count() == 1


def test_twenty_clicks_on_run_make_one_run(page: Page, app: Served) -> None:
    visit(page, app.url, "llm")
    user_text(page).fill(LONG_ANSWER)
    user_text(page).press("Tab")
    settled(page)
    watch(page)
    run_button(page).evaluate("(button) => { for (let i = 0; i < 20; i += 1) button.click() }")
    flowing(page)
    stop_button(page).click()
    state(page, "stopped")
    settled(page)
    assert seen(page).states == ["idle", "running", "stopped"]
    expect(run_button(page)).to_be_enabled()


def test_twenty_hasty_clicks_never_leave_two_runs_or_a_false_state(page: Page, app: Served) -> None:
    visit(page, app.url, "moderation")
    watch(page)
    for _ in range(20):
        run_button(page).dispatch_event("click")
    state(page, "done")
    settled(page)
    assert set(seen(page).states) <= {"idle", "running", "done"}
    assert page.locator("[class*='st-key-state-']").count() == 1
    expect(run_button(page)).to_be_enabled()


def test_a_run_goes_on_while_another_page_is_open(page: Page, app: Served) -> None:
    ask(page, app, LONG_ANSWER)
    before = flowing(page, 20)
    go(page, "moderation")
    run(page)
    go(page, "")
    expect(page.locator(".st-key-card-llm")).to_contain_text("Running")
    go(page, "llm")
    state(page, "running")
    expect(user_text(page)).to_have_value(LONG_ANSWER)
    after = flowing(page, len(before) + 40)
    assert after.startswith(before[:20])
    stop_button(page).click()
    state(page, "stopped")


def test_another_control_that_is_used_in_mid_stream_does_not_disturb_it(page: Page, app: Served) -> None:
    ask(page, app, LONG_ANSWER)
    before = flowing(page, 20)
    page.get_by_text("Stream", exact=True).click()
    page.get_by_role("tab", name="Chunks").click()
    page.get_by_role("button", name="Add message").click()
    expect(page.get_by_label("Text of message 3")).to_be_visible()
    after = flowing(page, len(before) + 40)
    assert after.startswith(before[:20])
    stop_button(page).click()
    state(page, "stopped")
    settled(page)
    assert answer(page).startswith(before[:20])


def test_while_a_run_is_under_way_nothing_of_the_last_one_is_shown(page: Page, app: Served) -> None:
    visit(page, app.url, "llm")
    choose_model(page, SMALL)
    run(page)
    expect(result(page)).to_contain_text("first token")
    choose_model(page, "talker")
    user_text(page).fill(LONG_ANSWER)
    run_button(page).click()
    flowing(page)
    expect(result(page)).not_to_contain_text("first token")
    expect(result(page).get_by_role("button")).to_have_count(0)
    stop_button(page).click()
    state(page, "stopped")
    expect(result(page)).to_contain_text("first token")
