"""Accessibility: keyboard only, without colours, light and dark; and axe-core finds nothing serious on any page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from .driving import PAGES, choose, go, model_box, result, run, run_button, settled, state, visit
from .serving import Served

CONTROLS = {"button", "textbox", "combobox", "checkbox", "switch", "slider", "spinbutton", "radio", "tab", "link", "menuitem"}
NOT_OURS = (
    ("list", "stSidebarNav"),
    ("listitem", "stSidebarNav"),
    ("presentation-role-conflict", "stFileUploader"),
    ("color-contrast", "token"),
)
"""Rule → elements of Streamlit's own that violate it: its menu, its drop zone, its syntax colours."""

_WITHIN = """([target, part]) => {
  const found = document.querySelector(target)
  return Boolean(found?.closest(`[data-testid^='${part}'], .${part}`) || found?.querySelector(`.${part}`))
}"""


def controls(page: Page) -> list[tuple[str, str]]:
    """Return role and accessible name of every control exposed to assistive technology."""
    tree: list[dict[str, Any]] = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    result = [(node["role"]["value"], node.get("name", {}).get("value", "").strip()) for node in tree if not node["ignored"]]
    return [(role, name) for role, name in result if role in CONTROLS]


def test_every_control_has_a_name(page: Page, app: Served) -> None:
    nameless = {}
    visit(page, app.url, "")
    for name in ("", *PAGES):
        settled(go(page, name))
        for expander in page.get_by_test_id("stExpander").all():
            if expander.locator("details[open]").count() == 0:
                expander.locator("summary").click()
        settled(page)
        result = controls(page)
        assert len(result) > 8
        nameless[name] = [role for role, label in result if not label]
    assert not any(nameless.values()), nameless


def test_a_button_with_an_icon_alone_says_in_words_what_it_does(page: Page, app: Served) -> None:
    visit(page, app.url, "llm")
    choose(page, page.get_by_role("combobox", name="Role of message 1"), "user")
    page.get_by_test_id("stPopoverButton").filter(has_text="Attach files").first.click()
    page.get_by_role("button", name="Image", exact=True).first.click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Remove file")).to_be_visible()
    settled(page)
    names = [name for role, name in controls(page) if role == "button"]
    assert not [name for name in names if re.search(r"\bicon$|_|^[a-z]+$", name)], names
    for name in ("Attach files", "Move up", "Move down", "Remove message", "Remove file"):
        assert name in names
    shown = page.locator("[class*='st-key-icons-'] button").filter(visible=True)
    assert max(button.evaluate("(one) => one.offsetWidth") for button in shown.all()) < 60  # only the icon is visible


def test_run_is_reached_with_the_tab_key_and_pressed_with_enter_and_its_result_is_in_words(page: Page, app: Served) -> None:
    visit(page, app.url, "moderation")
    toolbar = page.locator(".st-key-toolbar")
    expect(toolbar).to_contain_text("Ctrl + Enter")
    expect(toolbar).to_contain_text("Esc")
    model_box(page).focus()
    for _ in range(12):
        page.keyboard.press("Tab")
        if run_button(page).evaluate("(button) => button === document.activeElement"):
            break
    else:
        raise AssertionError("Run was not reached with twelve presses of the Tab key")
    page.keyboard.press("Enter")
    state(page, "done")
    expect(result(page).get_by_role("heading", name="Not sensitive")).to_be_visible()  # not by colour alone
    expect(result(page)).to_contain_text("result = False")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_browser_decides_between_light_and_dark_and_nothing_complains(page: Page, app: Served, dark: bool) -> None:
    page.emulate_media(color_scheme="dark" if dark else "light")
    visit(page, app.url, "text_embedding")
    run(page)
    expect(result(page).get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    background = page.get_by_test_id("stApp").evaluate("(app) => getComputedStyle(app).backgroundColor")
    assert background == ("rgb(18, 20, 28)" if dark else "rgb(255, 255, 255)")


def test_at_1024_pixels_nothing_sticks_out(page: Page, app: Served) -> None:
    page.set_viewport_size({"width": 1024, "height": 768})
    visit(page, app.url, "")
    for name in ("", *PAGES):
        settled(go(page, name))
        main = page.get_by_test_id("stMain")
        assert main.evaluate("(main) => main.scrollWidth - main.clientWidth") <= 1, name
        if name:
            expect(run_button(page)).to_be_in_viewport()


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name == "llm" else pytest.mark.slow) for name in PAGES])
def test_axe_finds_nothing_serious_on_a_page(page: Page, app: Served, name: str) -> None:
    visit(page, app.url, name)
    findings = serious(page)  # dark only after the run: what exists before it still exists then
    run(page)
    findings += by_day_and_by_night(page)
    assert not findings, "\n".join(dict.fromkeys(findings))


@pytest.mark.parametrize("name", ["", "connections"])
def test_axe_finds_nothing_serious_on_a_page_without_runs(page: Page, app: Served, name: str) -> None:
    visit(page, app.url, name)
    findings = by_day_and_by_night(page)
    assert not findings, "\n".join(dict.fromkeys(findings))


@pytest.mark.slow
def test_axe_finds_nothing_serious_in_a_comparison(page: Page, app: Served) -> None:
    visit(page, app.url, "moderation")
    run(page)
    page.locator(".st-key-moderation-panes").get_by_text("3", exact=True).click()
    settled(page)
    findings = by_day_and_by_night(page)
    assert not findings, "\n".join(dict.fromkeys(findings))


def by_day_and_by_night(page: Page) -> list[str]:
    """Return axe-core's findings in light and in dark mode."""
    result = serious(page)
    page.emulate_media(color_scheme="dark")
    expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", "dark")
    settled(page)
    result += serious(page)
    page.emulate_media(color_scheme="light")
    expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", "light")
    settled(page)
    return result


def serious(page: Page) -> list[str]:
    """Return axe-core's serious and critical findings, as rule, target and reason."""
    result: list[dict[str, Any]] = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{page.url}: {violation['id']}: {node['html'][:200]} {node['failureSummary'][:200]}"
        for violation in result
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
        if not any(violation["id"] == rule and _within(page, node, part) for rule, part in NOT_OURS)
    ]


def _within(page: Page, node: dict[str, Any], part: str) -> bool:
    return part in node["html"] or bool(page.evaluate(_WITHIN, [node["target"][0], part]))
