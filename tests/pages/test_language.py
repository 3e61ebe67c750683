"""Test that pages in Chinese contain no English sentence of ours: before a run, after it, and in each inspector tab."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from streamlit.testing.v1.element_tree import Node

from tests.pages.conftest import CONNECTION
from tests.pages.visitor import PAGES, Visitor, nodes
from tests.scripted import Desk

TABS = ("指标", "发送", "接收", "数据块", "日志", "代码")
SENTENCE = re.compile(r"[A-Za-z][a-z'’]+(?:[ ,;]+[A-Za-z][a-z'’]*){2,}")
"""Three or more English words."""
QUOTED = {"code", "json", "text", "dataframe", "arrow_data_frame", "vega_lite_chart"}
"""Elements with sent or returned content rather than our texts."""
CONTENT_TAGS = {"code", "pre", "style", "svg", "kbd", "textarea"}
CONTENT_CLASSES = {"model-text", "json-tree"}
VOID_TAGS = {"br", "hr", "img", "input", "link", "meta", "col", "wbr"}
SENTENCES = ("Hello there.", "In short: a bridge.", "The quick test.")
"""The script's answers, in English."""


class Texts(HTMLParser):
    """Collects the text of HTML, except for quotes of a model, a server or a person."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._quoted: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = set((dict(attrs).get("class") or "").split())
        if tag not in VOID_TAGS and (self._quoted or tag in CONTENT_TAGS or classes & CONTENT_CLASSES):
            self._quoted.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._quoted and tag in self._quoted:
            while self._quoted.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self._quoted:
            self.parts.append(data.strip())


def sentences(visitor: Visitor) -> set[str]:
    """Return the English sentences in labels, headings, captions and notices, but not in typed text or contents."""
    parts = [part for node in nodes(visitor.at.main) if node.type not in QUOTED for part in _texts(node)]
    return {part for part in parts if SENTENCE.search(part) and part not in SENTENCES}


def _texts(node: Node) -> Iterator[str]:
    if node.type in ("markdown", "caption", "html", "title", "header", "subheader"):
        parser = Texts()
        text = str(getattr(node, "body", "") or getattr(node, "value", ""))
        parser.feed(re.sub(r"`[^`]*`", " ", text) if node.type != "html" else text)
        yield from parser.parts
    elif node.type in ("alert", "error", "warning", "info", "success"):
        yield str(getattr(node, "value", ""))
    for field in ("label", "help", "placeholder"):
        yield str(getattr(getattr(node, "proto", None), field, "") or getattr(node, field, "") or "")


@pytest.mark.parametrize("name", ["start", *PAGES])
def test_no_sentence_of_ours_is_left_in_english_and_a_run_works(desk: Desk, name: str) -> None:
    visitor = Visitor(CONNECTION, lang="zh_Hans")
    if name != "start":
        visitor.open(name)
    left = sentences(visitor)
    if name != "start":
        assert "尚未运行" in visitor.seen
        assert "运行" in visitor.at.button(key=visitor.key("run")).label
        visitor.run()
        assert visitor.state == "done" and "完成，用时" in visitor.seen, visitor.failure()
        for tab in TABS:
            visitor.tab(tab)
            left |= sentences(visitor)
    assert not left, "\n".join(["not translated: run scripts/translations.py", *sorted(left)])
