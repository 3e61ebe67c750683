"""Tests for malformed JSON: the readable part is read, and the errors are reported."""

from __future__ import annotations

import json
import math
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.http.body.tolerant_json import LARGE, NONE, memory, read_json


@pytest.mark.parametrize(
    ("data", "value", "oddities"),
    [
        (b'{"a": 1}', {"a": 1}, set()),
        (b" \r\n\t [1, null, Infinity] ", [1, None, math.inf], set()),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}, set()),
        (b'\xef\xbb\xbf\n\xef\xbb\xbf {"a": 1}', {"a": 1}, set()),
        (b'{"a": 1}\0\0\0', {"a": 1}, set()),
        (b'\x0b\x0c {"a": 1} \x0c', {"a": 1}, set()),
        ('{"a": "é"}'.encode("utf-16"), {"a": "é"}, set()),
        (b'{"a": "one\ntwo\x1b\x00"}', {"a": "one\ntwo\x1b\0"}, {"control_characters"}),
        (b'{"a": "\xe4\xbd"}', {"a": "�"}, {"bad_utf8"}),
        (b'{"a": "caf\xe9"}', {"a": "caf�"}, {"bad_utf8"}),
        (b'{"a": 1}\n\ndata: [DONE]\n\n', {"a": 1}, {"trailing"}),
        (b'{"a": 1}{"a": 2}', {"a": 1}, {"trailing"}),
        (b'[{"a": 1}] words', [{"a": 1}], {"trailing"}),
        (b"[[1.5]] words", [[1.5]], {"trailing"}),
        (b'{"a": "\t\xff"} more', {"a": "\t�"}, {"control_characters", "bad_utf8", "trailing"}),
        (b'{"a": ' + b"7" * 5000 + b"}", {"a": "7" * 5000}, {"long_integer"}),
        (b'{"a": -' + b"7" * 5000 + b', "b": 3}', {"a": "-" + "7" * 5000, "b": 3}, {"long_integer"}),
    ],
    ids=range(17),
)
def test_what_can_be_read_is_read_and_what_was_wrong_is_named(data: bytes, value: Any, oddities: set[str]) -> None:
    result, named = read_json(data)
    assert (result, named) == (value, oddities)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \n",
        b"\0\0",
        b"[DONE]",
        b"404 page not found",
        b'"quoted" words',
        b"[12345] a line of a log",
        b"[] words",
        b'{"a": 1',
        b'{"a": "one',
        b"{'a': 1}",
        b"<html>",
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"\xff\xfe",
    ],
    ids=range(15),
)
def test_what_is_not_json_is_refused_without_keeping_it(data: bytes) -> None:
    with pytest.raises(ValueError, match="not JSON") as raised:
        read_json(data)
    assert raised.value.__cause__ is raised.value.__context__ is None


def test_bytes_that_are_no_text_can_be_kept_for_the_caller_to_join() -> None:
    (first, oddities), (second, _) = (read_json(half, "surrogateescape") for half in (b'["\xe4\xbd"]', b'["\xa0"]'))
    assert oddities == {"bad_utf8"}
    assert (first[0] + second[0]).encode("utf-8", "surrogateescape").decode() == "你"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
PADDING = st.text(" \t\r\n\0\ufeff", max_size=4).map(str.encode)


@given(VALUES, st.booleans())
def test_json_is_read_as_python_reads_it(value: Any, ascii: bool) -> None:
    data = json.dumps(value, ensure_ascii=ascii).encode("utf-8", "surrogatepass")
    assert read_json(data) == (value, NONE)


@given(st.dictionaries(st.text(), st.text(), min_size=1), PADDING, st.booleans())
def test_control_characters_in_strings_are_read_as_they_are(value: dict[str, str], padding: bytes, ascii: bool) -> None:
    raw = json.dumps(value, ensure_ascii=ascii)
    for number in range(32):
        for escape in (f"\\u{number:04x}", {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r"}.get(number, "")):
            raw = raw.replace("\\\\", "\\u005c").replace(escape, chr(number)) if escape else raw
    result, oddities = read_json(raw.encode("utf-8", "surrogatepass") + padding)
    assert result == value and oddities <= {"control_characters"}


@given(st.binary(max_size=60) | st.text('{}[]",:0123abc\\\n\t ', max_size=40).map(str.encode))
def test_no_bytes_do_worse_than_a_value_error(data: bytes) -> None:
    try:
        read_json(data)
    except ValueError as error:
        assert str(error) == "not JSON"


@given(VALUES, st.booleans())
def test_a_large_text_means_the_same_as_a_small_one(value: Any, ascii: bool) -> None:
    data = json.dumps(value, ensure_ascii=ascii).encode("utf-8", "surrogatepass")
    result, oddities = read_json(data + b" " * LARGE)
    assert (result, oddities) == (value, NONE) and repr(result) == repr(value)


@pytest.mark.parametrize(
    "data", [b'{"a": "\t"}', b'{"a": 1}x', b"[1e999, -0, -0.0, NaN]", b"[" + b"7" * 5000 + b"]"], ids=range(4)
)
def test_a_large_odd_text_means_the_same_as_a_small_one(data: bytes) -> None:
    assert repr(read_json(data + b" " * LARGE)) == repr(read_json(data))


@pytest.mark.parametrize(
    ("data", "estimate"),
    [(b"1", 0), (b"[1,2,3]", 200), (b'{"a":"b"}', 280), (b"[[],{}]", 400), (b'"' + b"," * (LARGE * 3), 40 * (LARGE * 3 + 1))],
    ids=range(5),
)
def test_the_memory_of_json_is_estimated_by_its_signs(data: bytes, estimate: int) -> None:
    assert memory(data) == estimate


@pytest.mark.parametrize("item", [b"{},", b"[],", b"0.5,", b'"%d",', b'{"k%d":0},'], ids=range(5))
def test_the_estimate_is_near_what_is_needed(item: bytes) -> None:
    data = b"[" + b"".join(item % number if b"%" in item else item for number in range(20_000)) + b"0]"
    tracemalloc.start()
    try:
        value = json.loads(data.decode())
        needed, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(value) == 20_001 and needed / 2 < memory(data) < needed * 3
