"""Tests for decoding servers' text: with a charset, without one, with a wrong one, and truncated."""

from __future__ import annotations

import pytest

from boomerang.invoker.http.body.charset import is_charset, read_text


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        ("早上好".encode(), None, "早上好"),
        ("早上好".encode()[:-1], None, "早上\ufffd"),
        ("早上好".encode("gbk"), None, "早上好"),
        ("早上好".encode("gbk")[:-1], None, "早上\ufffd"),
        ("早上好".encode("gbk"), "utf-8", "早上好"),
        ("早上好".encode("gbk"), "klingon", "早上好"),
        ("無効な鍵".encode("shift_jis"), "shift_jis", "無効な鍵"),
        ("Schlüssel".encode("latin-1"), "latin-1", "Schlüssel"),
        ("Schlüssel".encode("latin-1"), None, "Schl\ufffdssel"),
        (b"\xff\xff", None, "\ufffd\ufffd"),
    ],
    ids=["UTF-8", "cut", "GBK", "cut GBK", "GBK told as UTF-8", "GBK told as none", "told", "Latin-1 told", "Latin-1", "none"],
)  # fmt: skip
def test_text_is_read_in_the_charset_that_is_reported_or_fits(data: bytes, charset: str | None, text: str) -> None:
    assert read_text(data, charset) == text


@pytest.mark.parametrize(("name", "actual"), [("UTF-8", True), ("gbk", True), ("hex", False), ("zlib", False), ("br", False)])
def test_a_charset_is_distinguished_from_a_packing(name: str, actual: bool) -> None:
    assert is_charset(name) is actual
