"""State restored by a reload and by links, and keyboard shortcuts."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from .driving import (
    SMALL,
    WAIT_MILLISECONDS,
    Visitor,
    answer,
    choose_model,
    flowing,
    look,
    metric,
    model_box,
    result,
    run,
    run_button,
    settled,
    state,
    stop_button,
    visit,
)
from .serving import Served
from .test_stop import LONG_ANSWER, ask, user_text

SLOWDOWN = 4
"""At this slowdown, a browser once showed no form until the run had ended."""
ENDLESS = {"panes": "2", "mode": "completion", "completion": "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,", "pane2.model": SMALL}


def test_a_run_goes_on_while_the_page_is_reloaded_and_is_there_again(page: Page, app: Served) -> None:
    ask(page, app, LONG_ANSWER)
    before = flowing(page, 20)
    page.reload()  # does not settle before the run ends
    state(page, "running")
    expect(user_text(page)).to_have_value(LONG_ANSWER)
    after = flowing(page, len(before) + 40)
    assert after.startswith(before[:20])
    stop_button(page).click()
    state(page, "stopped")
    settled(page)
    page.reload()
    state(page, "stopped")
    settled(page)
    assert answer(page).startswith(before[:20])


def test_a_slow_browser_shows_the_form_of_a_page_reloaded_during_a_run(page: Page, app: Served) -> None:
    ask(page, app, LONG_ANSWER)
    before = flowing(page, 20)
    processor = page.context.new_cdp_session(page)
    processor.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
    page.reload()
    expect(user_text(page)).to_have_value(LONG_ANSWER, timeout=WAIT_MILLISECONDS)
    state(page, "running")
    processor.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    flowing(page, len(before) + 40)
    stop_button(page).click()
    state(page, "stopped")
    settled(page)


@pytest.mark.parametrize("after", [3, 6])  # milliseconds
def test_a_click_right_after_run_does_not_lose_the_run(page: Page, app: Served, after: int) -> None:
    visit(page, app.url, "moderation")
    page.get_by_label("Text", exact=True).fill("A text of my own.")
    page.get_by_label("Text", exact=True).blur()
    settled(page)
    sent = page.get_by_role("tab", name="Sent").element_handle()
    run_button(page).evaluate("(run, [tab, wait]) => { run.click(); setTimeout(() => tab.click(), wait) }", [sent, after])
    state(page, "done")
    settled(page)


def test_form_and_result_are_there_again_after_a_reload(page: Page, app: Served) -> None:
    visit(page, app.url, "moderation")
    page.get_by_label("Text", exact=True).fill("A text of my own.")
    run(page)
    latency = metric(page, "Latency")
    page.reload()
    settled_heading(page)
    state(page, "done")
    expect(page.get_by_label("Text", exact=True)).to_have_value("A text of my own.")
    assert metric(page, "Latency") == latency


def test_a_link_brings_the_form_to_another_visitor_and_not_the_run(app: Served, visitors: Callable[[], Visitor]) -> None:
    ann, ben = visitors().tab(), visitors().tab()
    visit(ann, app.url, "llm")
    choose_model(ann, SMALL)
    user_text(ann).fill("Say hello.")
    run(ann)
    assert "run=" in ann.url
    ben.goto(ann.url)
    settled_heading(ben)
    expect(user_text(ben)).to_have_value("Say hello.")
    expect(model_box(ben)).to_have_value(SMALL)
    expect(ben.locator(".st-key-state-idle")).to_be_attached()
    assert answer(ann) not in ben.get_by_test_id("stMain").inner_text()


def test_typing_leaves_no_steps_in_the_history_of_the_browser(page: Page, app: Served) -> None:
    visit(page, app.url, "")
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Moderation").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Moderation")
    settled(page)
    steps = page.evaluate("history.length")
    for text in ("one", "two"):
        page.get_by_label("Text", exact=True).fill(text)
        page.get_by_label("Text", exact=True).blur()
        settled(page)
        page.wait_for_url(f"**/moderation?*text={text}*")
    assert page.evaluate("history.length") == steps


def test_the_keys_repeat_the_run_show_the_code_and_list_themselves(page: Page, app: Served) -> None:
    visit(page, app.url, "moderation")
    run(page)
    first = page.locator("[class*='st-key-run-moderation-']").get_attribute("class")
    page.get_by_label("Text", exact=True).fill("Not what is repeated.")
    page.get_by_label("Text", exact=True).blur()
    settled(page)
    page.keyboard.press("Alt+r")
    expect(page.locator("[class*='st-key-run-moderation-']")).not_to_have_attribute("class", str(first))
    state(page, "done")
    settled(page)
    look(page, "Sent")
    expect(page.locator(".json-tree")).not_to_contain_text("Not what is repeated.")
    page.keyboard.press("Alt+c")
    expect(page.get_by_role("tab", name="Code", selected=True)).to_be_visible()
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Resend the last request")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).not_to_be_visible()


def test_a_question_mark_in_a_text_is_a_question_mark(page: Page, app: Served) -> None:
    visit(page, app.url, "moderation")
    page.get_by_label("Text", exact=True).press("End")
    page.keyboard.type("Why?")
    expect(page.get_by_label("Text", exact=True)).to_have_value("Thanks, the parcel arrived on time.Why?")
    expect(page.get_by_role("dialog")).not_to_be_visible()


def test_panes_of_a_comparison_run_side_by_side_and_stop_one_by_one(page: Page, app: Served) -> None:
    page.goto(f"{app.url}/llm?{urlencode(ENDLESS)}")
    settled_heading(page)
    run_button(page).click()
    for place in (result(page), page.locator(".st-key-result-2")):
        expect(place).to_contain_text("13, 14, 15")
    expect(page.locator(".st-key-state-running-pane2")).to_be_attached()
    page.locator(".st-key-llm-pane2-stop-one").get_by_role("button").click()
    expect(page.locator(".st-key-state-stopped-pane2")).to_be_attached()
    expect(page.locator(".st-key-state-running")).to_be_attached()
    stop_button(page).click()
    state(page, "stopped")
    settled(page)
    assert "Comparison" in page.locator(".st-key-comparison").inner_text()
    expect(page.locator(".st-key-result-2")).to_contain_text("13, 14, 15")


def test_simple_view_keeps_form_run_and_result_and_is_remembered(app: Served, visitors: Callable[[], Visitor]) -> None:
    page = visitors().tab()
    visit(page, app.url, "moderation")
    expect(page.get_by_role("tab", name="Sent")).to_be_visible()
    page.get_by_text("Expert view", exact=True).click()
    expect(page.get_by_role("tab", name="Sent")).to_have_count(0)
    expect(page.get_by_text("ModelConfig")).to_have_count(0)
    run(page)
    expect(result(page).get_by_role("heading", level=2)).to_be_visible()
    visit(page, app.url, "rerank")
    expect(page.get_by_role("tab", name="Sent")).to_have_count(0)


def settled_heading(page: Page) -> None:
    """Wait until a page opened by its URL has been drawn."""
    settled(page)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    settled(page)
