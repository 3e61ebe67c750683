"""What the inspector shows of long values, and of each kind of chunk."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from invoker.backends.scripted import llm_chunks
from invoker.entities.moderation import ModerationResult
from invoker.entities.tts import TTSResult
from playground.inspector import LONGEST_HEX, LONGEST_LIST, LONGEST_TEXT, describe, found, shortened

from .scripted import USAGE, call_chunk, embedded, structured_chunks
from .test_jsontext import VALUES

REMARK = 64
"""Characters that the remark behind a cut value has at most: its length and its hash."""


def longest(value: Any) -> int:
    """Give the length of the longest text in a value."""
    match value:
        case str():
            return len(value)
        case list():
            return max(map(longest, value), default=0)
        case dict():
            return max(map(longest, value.values()), default=0)
    return 0


LONG = (
    VALUES
    | st.text(max_size=2_000)
    | st.text("0123456789abcdef", max_size=2_000)
    | st.lists(st.floats(allow_nan=False) | st.integers(), max_size=60)
    | st.lists(st.lists(st.integers(), max_size=30), max_size=4)
    | st.tuples(st.integers(), st.text("x", min_size=700, max_size=800)).map(lambda pair: [pair[0], *[pair[1]] * 20])
)


@given(LONG)
@example([1, "x" * 5_000, *range(20)])
@example({"file": "ff" * 5_000_000})
@example("\ud800" * 2_000)
@example([True] * 100)
def test_no_text_is_longer_than_the_limit(value: Any) -> None:
    short = shortened(value)
    assert longest(short) <= LONGEST_TEXT + REMARK
    json.dumps(short)


@given(st.lists(st.floats(allow_nan=False) | st.integers(), min_size=LONGEST_LIST + 1, max_size=100))
def test_a_long_vector_keeps_its_first_numbers_and_says_how_many_there_are(numbers: list[float]) -> None:
    *kept, remark = shortened(numbers)
    assert kept == numbers[:LONGEST_LIST]
    assert f"{len(numbers):,} numbers, sha256 " in remark


@given(st.text("0123456789abcdef", min_size=LONGEST_HEX + 1, max_size=3_000))
def test_bytes_in_hex_are_cut_earlier_than_words(text: str) -> None:
    short = shortened(text)
    assert short.startswith(text[:LONGEST_HEX] + "…") and f"({len(text):,} characters, sha256 " in short


SMALL = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=LONGEST_HEX),
    lambda inner: st.lists(inner, max_size=LONGEST_LIST) | st.dictionaries(st.text(max_size=9), inner, max_size=5),
    max_leaves=15,
)


@given(SMALL)
def test_small_values_are_unchanged(value: Any) -> None:
    assert shortened(value) == value


def test_many_texts_stay_many_texts() -> None:
    texts = [f"document {number}" for number in range(50)]
    assert shortened(texts) == texts


def test_two_long_values_that_differ_at_the_end_do_not_look_the_same() -> None:
    assert shortened("x" * 1000 + "a") != shortened("x" * 1000 + "b")
    assert shortened([0.0] * 20 + [1.0]) != shortened([0.0] * 20 + [2.0])


@pytest.mark.parametrize(
    ("chunk", "kind", "words"),
    [
        (next(iter(llm_chunks("Hello"))), "text", "Hello"),
        (next(iter(llm_chunks(""))), "end", "finish reason stop"),
        (next(iter(llm_chunks("", "x"))), "empty", ""),
        (call_chunk({"id": "1", "name": "add", "arguments": '{"a": 1}'}), "tool call", 'add {"a": 1}'),
        (call_chunk({"arguments": "}"}), "tool call", "… }"),
        (list(structured_chunks({"city": "Köln"}))[1], "structured output", '{"city": "Köln"}'),
        (TTSResult.of(b"x" * 2_000, "audio/mpeg"), "audio", "2,000 bytes of audio/mpeg"),
        (TTSResult.of(b"x"), "audio", "1 bytes of unknown type"),
        (ModerationResult(result=True), "result", '{"result": true}'),
    ],
)
def test_each_chunk_is_told_in_a_word_and_in_short(chunk: Any, kind: str, words: str) -> None:
    assert describe(chunk) == (kind, words)


def test_even_a_chunk_of_many_vectors_is_told_in_short() -> None:
    kind, content = describe(embedded([[0.5] * 1024] * 200))
    assert kind == "result" and len(content) <= LONGEST_TEXT + REMARK


def test_usage_alone_is_an_end() -> None:
    chunk = next(iter(llm_chunks("", usage=USAGE, finish_reason="")))
    assert describe(chunk)[0] == "end"


def test_a_search_finds_keys_and_values_wherever_they_are() -> None:
    value = {"docs": [{"text": "Köln"}, {"text": "Oslo", "score": 0.5}], "Text": None, "none": []}
    assert found(value, "oslo") == [("$.docs[1].text", '"Oslo"')]
    assert found(value, "TEXT") == [("$.docs[0].text", '"Köln"'), ("$.docs[1].text", '"Oslo"'), ("$.Text", "null")]
    assert found(value, "none") == [("$.none", "[]")]
    assert found(value, "absent") == []


@given(VALUES, st.text(max_size=3))
def test_a_search_never_raises_and_an_empty_one_finds_every_leaf(value: Any, words: str) -> None:
    assert {path for path, _ in found(value, words)} <= {path for path, _ in found(value, "")}
