"""Diff markup: the drawn parts of an alignment contain both texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from boomerang.playground.ui.diff_markup import Part, of_spans, of_transcript
from boomerang.workbench.analysis.text_diff import diff
from boomerang.workbench.analysis.word_error_rate import align

SAMPLE_WORDS = st.lists(st.sampled_from(["a", "bee", "sea", "猫", "在", "dee"]), max_size=8)


def test_words_are_struck_through_and_underlined_one_by_one() -> None:
    parts = of_transcript(align(["the", "quick", "test"], ["the", "quit", "test", "now"]))
    assert parts == [
        Part("", "the "),
        Part("del", "quick"),
        Part("ins", "quit"),
        Part("", " test "),
        Part("ins", "now"),
    ]


def test_chinese_has_no_spaces_put_between_its_characters() -> None:
    assert of_transcript(align(list("猫睡觉"), list("狗睡觉"))) == [Part("del", "猫"), Part("ins", "狗"), Part("", "睡觉")]


def test_two_texts_are_spelled_with_their_white_space() -> None:
    parts = of_spans(diff("one two\nthree", "one 2\nthree"))
    assert "".join(part.text for part in parts if part.kind != "ins") == "one two\nthree"
    assert "".join(part.text for part in parts if part.kind != "del") == "one 2\nthree"


@given(SAMPLE_WORDS, SAMPLE_WORDS)
def test_the_parts_spell_both_texts(reference: list[str], result: list[str]) -> None:
    parts = of_transcript(align(reference, result))
    for left_out, expected in (("ins", reference), ("del", result)):
        spelled = "".join(part.text for part in parts if part.kind != left_out)
        assert "".join(spelled.split()) == "".join(expected)
