"""The LLM page's larger ways in a browser: a file at a message, tools that answer themselves, two answers held together."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from boomerang.workbench.samples.inputs import ATTACHMENTS

from .driving import chip, result, run_button, settled, state, visit
from .serving import Served


def test_an_uploaded_file_is_a_chip_and_waits_for_a_model_that_takes_it(page: Page, app: Served) -> None:
    visit(page, app.url, "llm")
    page.locator(".st-key-llm-message-1").get_by_role("button", name="Attach files").click()
    page.locator("input[type=file]").last.set_input_files(ATTACHMENTS[0].path)
    message = page.locator(".st-key-llm-message-1")
    expect(message.get_by_text("image · 211 B")).to_be_visible()
    expect(message.get_by_text("red-square.png").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(run_button(page)).to_be_disabled()
    expect(page.get_by_text("does not declare vision").first).to_be_visible()
    settled(page)
    page.get_by_text("Send files to any model").click()
    expect(run_button(page)).to_be_enabled()
    settled(page)
    run_button(page).click()
    assert state(page, "failed") == "failed"
    expect(result(page)).to_contain_text("this model reads text only")


def test_calls_answer_themselves_until_the_model_speaks(page: Page, app: Served) -> None:
    page.goto(f"{app.url}/llm?tools.auto=true&qwen2.5-coder-0.5b-instruct.temperature=0.0")
    settled(page)
    chip(page, "Two tools")
    run_button(page).click()
    answer = page.get_by_text("Earlier answers · 1")
    expect(answer).to_be_visible(timeout=60_000)
    state(page, "done")
    expect(page.get_by_label("Role of message")).to_have_count(4)
    expect(result(page)).to_contain_text("18")


def test_what_differs_between_two_answers_is_marked(page: Page, app: Served) -> None:
    page.goto(f"{app.url}/llm?panes=2")
    settled(page)
    chip(page, "Exact echo")
    run_button(page).click()
    comparison = page.locator(".st-key-comparison")
    expect(comparison).to_be_visible(timeout=60_000)
    expect(comparison.get_by_text("of the text is the same")).to_be_visible()
    expect(comparison.locator("del, ins").first).to_be_visible()
