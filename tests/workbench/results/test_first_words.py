"""Test the first words of an answer, for each call."""

from __future__ import annotations

import pytest

from boomerang.invoker.backends.scripted import llm_chunks
from boomerang.workbench.results.first_words import MOST_CHARACTERS, first_words, shortened
from tests.runs import run
from tests.scripted import call_chunk

WORDS = {
    "llm": "Hello there.",
    "llm_structured_output": '{"city": "Lisbon", "temperature_c": 24, "sunny": true}',
    "summary": "In short: a bridge.",
    "text_embedding": "2 vectors · a",
    "rerank": "c",
    "tts": "Hello.",
    "speech2text": "The quick test.",
    "moderation": "Sensitive · Hello.",
}


@pytest.mark.parametrize(("name", "expected"), WORDS.items())
def test_each_call_has_first_words(name: str, expected: str) -> None:
    record = run(name).record
    assert record is not None and first_words(record) == expected


def test_tool_calls_and_thinking_replace_a_missing_text() -> None:
    record = run("llm", lambda request, _run: [call_chunk({"id": "1", "name": "add", "arguments": '{"a": 1}'})]).record
    assert record is not None and first_words(record) == 'add({"a": 1})'
    record = run("llm", lambda request, _run: llm_chunks("<think>Let me see</think>")).record
    assert record is not None and first_words(record) == "Let me see"


def test_a_run_without_an_answer_has_none() -> None:
    record = run("llm", lambda request, _run: []).record
    assert record is not None and first_words(record) == ""


@pytest.mark.parametrize("text", ["x" * 1000, "word\n\n " * 200, " " * 600])
def test_a_long_text_is_cut_on_one_line(text: str) -> None:
    line = shortened(text)
    assert len(line) <= MOST_CHARACTERS and "\n" not in line and line.endswith("…")


def test_a_short_text_is_whole() -> None:
    assert shortened(" a\n b ") == "a b"
