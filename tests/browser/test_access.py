"""Without a mouse, without sight of colours, by day and by night."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from .driving import PAGES, Visitor, choose, go, result, run, run_button, settled, state, visit
from .serving import Served

CONTROLS = {"button", "textbox", "combobox", "checkbox", "switch", "slider", "spinbutton", "radio", "tab", "link", "menuitem"}


def controls(page: Page) -> list[tuple[str, str]]:
    """Give role and accessible name of every control that assistive technology finds."""
    tree: list[dict[str, Any]] = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    found = [(node["role"]["value"], node.get("name", {}).get("value", "").strip()) for node in tree if not node["ignored"]]
    return [(role, name) for role, name in found if role in CONTROLS]


def test_every_control_has_a_name(page: Page, app: Served) -> None:
    nameless = {}
    visit(page, app.url, "")
    for name in ("", *PAGES):
        settled(go(page, name))
        for expander in page.get_by_test_id("stExpander").all():
            if expander.locator("details[open]").count() == 0:
                expander.locator("summary").click()
        settled(page)
        found = controls(page)
        assert len(found) > 8
        nameless[name] = [role for role, label in found if not label]
    assert not any(nameless.values()), nameless


def test_a_button_with_an_icon_alone_says_in_words_what_it_does(page: Page, app: Served) -> None:
    visit(page, app.url, "llm")
    choose(page, page.get_by_role("combobox", name="Role of message 1"), "user")
    page.get_by_test_id("stPopoverButton").filter(has_text="Attach files").first.click()
    page.get_by_role("button", name="Image", exact=True).first.click()
    page.keyboard.press("Escape")
    settled(page)
    names = [name for role, name in controls(page) if role == "button"]
    assert not [name for name in names if re.search(r"\bicon$|_|^[a-z]+$", name)], names
    for name in ("Attach files", "Move up", "Move down", "Remove message", "Take this file away"):
        assert name in names
    shown = page.locator("[class*='st-key-icons-'] button").filter(visible=True)
    assert max(button.evaluate("(one) => one.offsetWidth") for button in shown.all()) < 60  # seen is the icon alone


def test_run_is_reached_with_the_tab_key_and_pressed_with_enter(page: Page, app: Served) -> None:
    visit(page, app.url, "moderation")
    page.locator(".st-key-toolbar").get_by_role("combobox").focus()
    for _ in range(12):
        page.keyboard.press("Tab")
        if run_button(page).evaluate("(button) => button === document.activeElement"):
            break
    else:
        raise AssertionError("Run was not reached with twelve presses of the Tab key")
    page.keyboard.press("Enter")
    state(page, "done")


def test_run_and_stop_name_their_keys(page: Page, app: Served) -> None:
    visit(page, app.url, "llm")
    toolbar = page.locator(".st-key-toolbar")
    expect(toolbar).to_contain_text("Ctrl + Enter")
    expect(toolbar).to_contain_text("Esc")


def test_the_result_of_moderation_is_told_in_words_and_not_by_colour_alone(page: Page, app: Served) -> None:
    visit(page, app.url, "moderation")
    run(page)
    expect(result(page).get_by_role("heading", name="Not sensitive")).to_be_visible()
    expect(result(page)).to_contain_text("result = False")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_browser_decides_between_light_and_dark_and_nothing_complains(browser: Browser, app: Served, dark: bool) -> None:
    with Visitor(browser, dark=dark) as visitor:
        page = visit(visitor.tab(), app.url, "text_embedding")
        run(page)
        expect(result(page).get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
        background = page.get_by_test_id("stApp").evaluate("(app) => getComputedStyle(app).backgroundColor")
        assert background == ("rgb(18, 20, 28)" if dark else "rgb(255, 255, 255)")


def test_at_1024_pixels_nothing_sticks_out(browser: Browser, app: Served) -> None:
    with Visitor(browser, width=1024, height=768) as visitor:
        page = visit(visitor.tab(), app.url, "")
        for name in ("", *PAGES):
            settled(go(page, name))
            main = page.get_by_test_id("stMain")
            assert main.evaluate("(main) => main.scrollWidth - main.clientWidth") <= 1, name
            if name:
                expect(run_button(page)).to_be_in_viewport()
