"""The interface language follows the visitor: at once, on every page, after a reload, and for this visitor only."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from .driving import PAGES, Visitor, result, run, run_button, settled, visit
from .serving import Served

TITLES = {
    "": "Boomerang",
    "llm": "LLM",
    "llm_structured_output": "结构化输出",
    "summary": "摘要",
    "text_embedding": "文本嵌入",
    "rerank": "重排序",
    "tts": "文字转语音",
    "speech2text": "语音转文字",
    "moderation": "内容审核",
}
"""Path → Chinese title of the nine pages."""


@pytest.fixture(scope="module")
def chinese(browser: Browser) -> Iterator[Visitor]:
    """A visitor whose browser requests Chinese."""
    with Visitor(browser, locale="zh-CN") as visitor:
        yield visitor


def open_in_chinese(page: Page, app: Served, name: str) -> None:
    """Open a page by its URL, and wait for its Chinese title."""
    page.goto(f"{app.url}/{name}")
    settled(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLES[name])


def switch(page: Page, language: str) -> None:
    """Choose a language in the sidebar."""
    page.get_by_test_id("stSidebar").get_by_role("radio", name=language).click()
    settled(page)


def test_a_visitor_is_answered_in_the_language_of_the_browser(page: Page, app: Served, chinese: Visitor) -> None:
    tab = chinese.tab()
    open_in_chinese(tab, app, "moderation")
    expect(run_button(tab)).to_contain_text("运行")
    expect(tab.locator(".st-key-state-idle")).to_contain_text("尚未运行")
    expect(tab.locator("html")).to_have_attribute("lang", "zh-Hans")
    run(tab)
    expect(result(tab)).to_contain_text("完成，用时")
    visit(page, app.url, "moderation")
    expect(run_button(page)).to_contain_text("Run")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_switch_changes_every_page_and_lasts_and_is_the_visitors_own(app: Served, visitors: Callable[[], Visitor]) -> None:
    ann, ben = visitors(), visitors()
    page = visit(ann.tab(), app.url, "moderation")
    page.get_by_label("Text", exact=True).fill("A text of my own.")
    switch(page, "简体中文")
    expect(page.get_by_label("文本", exact=True)).to_have_value("A text of my own.")
    for name, title in TITLES.items():
        page.get_by_test_id("stSidebarNav").get_by_role("link", name="首页" if not name else title).first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        settled(page)
    expect(run_button(page)).to_contain_text("运行")
    page.reload()
    settled(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLES["moderation"])
    open_in_chinese(ann.tab(), app, "rerank")
    visit(ben.tab(), app.url, "moderation")
    switch(page, "English")
    expect(page.get_by_role("heading", level=1)).to_have_text(PAGES["moderation"])
