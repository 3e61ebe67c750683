"""The page speaks the visitor's language: at once, on every page, after a reload, and nobody else's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from .driving import PAGES, Visitor, download, look, result, run, run_button, settled, visit
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
"""Path → title in Chinese of the nine pages."""
TABS = ("指标", "发送", "接收", "数据块", "日志", "代码")
ANSWERS = {"llm": "文本", "summary": "摘要"}
"""Page → download of the text that its model writes in English into the result."""
SENTENCE = re.compile(r"[A-Za-z][a-z'’]+(?:[ ,;]+[A-Za-z][a-z'’]*){2,}")
"""Three English words and more."""
ALLOWED = (
    re.compile(r"MB per file"),  # Streamlit's own, in its box for files
)

# Not: what is typed, code, JSON, and cells and `st.text`, which hold contents.
_TEXTS = """() => {
  const skip = "input, textarea, code, pre, kbd, svg, canvas, style, script, [data-testid=stIconMaterial], .vega-embed,"
    + ".json-tree, .model-text, [data-testid=stCode], [data-testid=stText], [data-testid=stDataFrame]"
  const found = []
  for (const part of document.querySelectorAll("[data-testid=stMain], [data-testid=stPopoverBody]")) {
    const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode())
      if (!node.parentElement.closest(skip)) found.push(node.data.trim())
  }
  return found
}"""


@pytest.fixture(scope="module")
def chinese(browser: Browser) -> Iterator[Visitor]:
    """A visitor whose browser asks for Chinese."""
    with Visitor(browser, locale="zh-CN") as visitor:
        yield visitor


FASTER = {"summary": urlencode({"instruction": "用一句话概括。"})}
"""Page → what its address says, so that its run takes a third of the time."""


def open_in_chinese(page: Page, app: Served, name: str, query: str = "") -> None:
    """Open a page by its address, and wait until its Chinese title stands there."""
    page.goto(f"{app.url}/{name}?{query}")
    settled(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLES[name])


def switch(page: Page, language: str) -> None:
    """Choose a language in the sidebar."""
    page.get_by_test_id("stSidebar").get_by_role("radio", name=language).click()
    settled(page)


def english(page: Page, *allowed: str) -> list[str]:
    """Give the English sentences that stand on the page, without those that may.

    Args:
        page: Where to look.
        *allowed: What a model said, letters only.
    """
    found = [text for text in page.evaluate(_TEXTS) if SENTENCE.search(text)]
    return [
        text
        for text in found
        if not any(pattern.search(text) for pattern in ALLOWED) and not any(_letters(text) in said for said in allowed)
    ]


def _letters(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())


def test_a_visitor_is_answered_in_the_language_of_the_browser(app: Served, browser: Browser, chinese: Visitor) -> None:
    page = chinese.tab()
    open_in_chinese(page, app, "moderation")
    expect(run_button(page)).to_contain_text("运行")
    expect(page.locator(".st-key-state-idle")).to_contain_text("尚未运行")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    page.close()
    with Visitor(browser, locale="fr-FR") as other:
        tab = visit(other.tab(), app.url, "moderation")
        expect(run_button(tab)).to_contain_text("Run")
        expect(tab.locator("html")).to_have_attribute("lang", "en")


def test_the_switch_changes_every_page_and_lasts_and_is_the_visitors_own(app: Served, browser: Browser) -> None:
    with Visitor(browser) as ann, Visitor(browser) as ben:
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


@pytest.mark.parametrize("name", TITLES, ids=lambda name: name or "start")
def test_no_sentence_of_ours_is_left_in_english_and_a_run_works(app: Served, chinese: Visitor, name: str) -> None:
    page = chinese.tab()
    open_in_chinese(page, app, name, FASTER.get(name, ""))
    unfold(page)
    left = english(page)
    for button in page.get_by_test_id("stMain").get_by_test_id("stPopoverButton").all():
        if button.is_visible() and button.is_enabled():
            button.click()
            expect(page.get_by_test_id("stPopoverBody")).to_be_visible()
            left += english(page)
            button.click()
            expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)
    if name:
        run(page)
        said = _letters(download(page, ANSWERS[name]).decode()) if name in ANSWERS else ""
        expect(result(page)).to_contain_text("完成，用时")
        unfold(page)
        for tab in TABS:
            look(page, tab)
            left += english(page, said)
    assert not sorted(set(left))
    page.close()


def unfold(page: Page) -> None:
    """Open whatever is folded."""
    for folded in page.get_by_test_id("stMain").locator("details:not([open]) > summary").all()[::-1]:
        folded.click()
    settled(page)
