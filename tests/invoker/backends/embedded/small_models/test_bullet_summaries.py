"""Tests for summaries with the requested number of bullets."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.backends.embedded.models import llm
from boomerang.invoker.backends.embedded.small_models.bullet_summaries import Points, requested_points, spread
from boomerang.invoker.backends.embedded.tasks.llm import Llama
from boomerang.invoker.entities.summary import RequestInvokeSummary
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.events import Event, ModelExchange
from boomerang.invoker.request import InvokeType
from boomerang.invoker.run import Run
from boomerang.workbench.samples import inputs
from tests.invoker.backends.embedded.texts import COFFEE, LIBRARY, MOON


@pytest.mark.parametrize(
    ("instruction", "count", "listed", "single"),
    [
        ("Three bullet points, keep the dates.", 3, True, "One sentence, keep the dates."),
        ("Summarise in 4 short sentences.", 4, False, "Summarise in one sentence."),
        ("One sentence.", 1, False, "One sentence."),
        ("A sentence for children", 1, False, "One sentence for children"),
        ("At most five key points", 5, True, "At most one sentence"),
        ("用三句话概括，保留年份。", 3, False, "用一句话概括，保留年份。"),
        ("列出两个要点", 2, True, "列出一句话"),
        ("", None, False, "One sentence."),
        ("A few sentences", None, False, "One sentence. A few sentences"),
        ("As a bullet list.", None, True, "One sentence. As a bullet list."),
        ("99 points", None, False, "One sentence. 99 points"),
        ("Keep the 3 dates.", None, False, "One sentence. Keep the 3 dates."),
    ],
)
def test_the_number_of_points_is_read_out_of_the_instruction(
    instruction: str, count: int | None, listed: bool, single: str
) -> None:
    assert requested_points(instruction, "A text.") == Points(count, listed, single)


def test_a_chinese_text_without_instruction_is_summarised_in_chinese() -> None:
    assert requested_points("", LIBRARY).instruction == "用一句话概括。"


@given(st.text(st.sampled_from("ab .!\n。é"), max_size=200), st.integers(1, 8))
def test_parts_joined_are_the_text(text: str, count: int) -> None:
    parts = spread(text, count)
    assert "".join(parts) == text
    assert len(parts) <= count
    assert all(parts) or parts == [""]


def test_parts_end_with_sentences_and_are_of_like_length() -> None:
    sentences = [f"Sentence number {number} is here. " for number in range(10, 40)]
    parts = spread("".join(sentences), 3)
    assert [len(part) for part in parts] == [280, 280, 280]
    assert all(part.endswith(". ") for part in parts)


def summary(qwen: Llama, text: str, instruction: str, notes: list[Event] | None = None) -> str:
    request = RequestInvokeSummary.of(text, instruction, 1)
    (result,) = llm(qwen).routes[InvokeType.SYSTEM_SUMMARY](request, Run((notes if notes is not None else []).append))
    actual: str = result.summary
    return actual


def sentences(text: str) -> list[str]:
    return re.findall(r"[^.!?。！？]+(?:\.\d[^.!?。！？]*)*[.!?。！？]", text)


@pytest.mark.slow
def test_the_bundled_article_becomes_three_points_with_their_dates(qwen: Llama) -> None:
    notes: list[Event] = []
    lines = summary(qwen, inputs.ARTICLE, inputs.INSTRUCTION, notes).splitlines()
    assert len(set(lines)) == 3
    assert all(line.startswith("- ") and line.endswith(".") for line in lines)
    assert "1786" in lines[0]
    assert "2023" in lines[-1]
    exchanges = [note.name for note in notes if isinstance(note, ModelExchange)]
    assert exchanges == [f"piece 1 of 1, part {number} of 3" for number in (1, 2, 3)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "instruction", "count", "phrase"),
    [
        (inputs.ARTICLE, "One sentence.", 1, ["Elmford"]),
        (MOON, "Two sentences, for children.", 2, []),
        (COFFEE, "List what employees have to do.", 3, ["lockers"]),
        (LIBRARY, "用三句话概括，保留年份。", 3, ["图书馆", "2022"]),
    ],
)
def test_summaries_have_the_sentences_that_were_asked_for_and_repeat_none(
    qwen: Llama, text: str, instruction: str, count: int, phrase: list[str]
) -> None:
    answer = summary(qwen, text, instruction)
    assert len(set(sentences(answer))) == count
    assert len(answer) < len(text) / 2
    assert all(word in answer for word in phrase)
    assert bool(re.search("[\u4e00-\u9fff]", answer)) is (text is LIBRARY)


@pytest.mark.slow
def test_the_same_text_gives_the_same_summary(qwen: Llama) -> None:
    assert summary(qwen, COFFEE, "One sentence.") == summary(qwen, COFFEE, "One sentence.")


def test_an_empty_text_is_refused(qwen: Llama) -> None:
    with pytest.raises(InvokeBadRequestError, match="empty") as caught:
        summary(qwen, "  \n ", "Briefly.")
    assert caught.value.field == "text"
