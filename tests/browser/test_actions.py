"""What needs a browser around a result: copying, the title of the tab, and marks in the menu."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from .driving import Visitor, answer, flowing, go, result, run, settled, state, stop_button, visit
from .serving import Served
from .test_share import NO_CLIPBOARD
from .test_stop import LONG_ANSWER, ask


def test_a_result_is_copied_without_the_clipboards_interface(app: Served, visitors: Callable[[], Visitor]) -> None:
    page = visitors().tab()
    page.add_init_script(NO_CLIPBOARD)
    visit(page, app.url, "llm")
    run(page)
    result(page).get_by_role("button", name="Copy", exact=True).click()
    expect(result(page).get_by_role("button", name="Copied")).to_be_visible()
    field = page.get_by_label("Text of message 2")
    field.fill("")
    field.press("Control+v")
    assert " ".join(field.input_value().split()) == " ".join(answer(page).split())


def test_title_and_menu_name_the_state_of_a_page(page: Page, app: Served) -> None:
    ask(page, app, LONG_ANSWER)
    flowing(page, 20)
    expect(page).to_have_title("LLM · running – Boomerang")
    go(page, "rerank")
    expect(page).to_have_title("Rerank – Boomerang")
    link = page.get_by_test_id("stSidebarNav").get_by_role("link", name="LLM · running")
    expect(link).to_be_visible()
    expect(link).to_have_attribute("href", re.compile("/llm$"))
    go(page, "llm")
    expect(page.get_by_test_id("stSidebarNav").get_by_role("link", name="LLM", exact=True)).to_be_visible()
    stop_button(page).click()
    state(page, "stopped")
    settled(page)
    expect(page).to_have_title("LLM · stopped – Boomerang")
    go(page, "connections")
    expect(page).to_have_title("Connections – Boomerang")
