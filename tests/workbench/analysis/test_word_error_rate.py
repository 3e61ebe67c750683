"""Test word and character error rates: known values, languages without spaces, and the laws of an edit distance."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.workbench.analysis.word_error_rate import (
    ErrorRate,
    Rules,
    Step,
    StepKind,
    align,
    character_errors,
    error_rate,
    normalised,
    split_words,
    word_errors,
)

EXACT = Rules(ignore_case=False, ignore_punctuation=False)
SEQUENCES = st.lists(st.sampled_from(["a", "b", "c", "the"]), max_size=12)


def distance(old: list[str], new: list[str]) -> int:
    """Compute the textbook's table row by row, as an independent count of the fewest steps."""
    row = list(range(len(new) + 1))
    for i, left in enumerate(old, 1):
        diagonal, row[0] = row[0], i
        for j, right in enumerate(new, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (left != right))
    return row[-1]


def test_errors_are_counted_by_kind() -> None:
    rate = word_errors("we saw the old cat sit on mats", "we met the cat sit on my mats")
    assert rate == ErrorRate(equal=6, inserted=1, deleted=1, replaced=1)
    assert (rate.errors, rate.reference_length, rate.rate) == (3, 8, 3 / 8)


def test_steps_show_both_sides() -> None:
    assert align(["we", "saw", "it"], ["saw", "it", "all"]) == [
        Step(StepKind.DELETE, "we", None),
        Step(StepKind.EQUAL, "saw", "saw"),
        Step(StepKind.EQUAL, "it", "it"),
        Step(StepKind.INSERT, None, "all"),
    ]


def test_a_rate_can_be_above_one() -> None:
    assert word_errors("no", "oh no not again please").rate == 4


@pytest.mark.parametrize("reference", ["", "   ", "…!", "\u200b"])
@pytest.mark.parametrize("result", ["", "some words"])
def test_an_empty_reference_has_no_rate(reference: str, result: str) -> None:
    assert word_errors(reference, result).rate is None
    assert character_errors(reference, result).rate is None
    assert word_errors(reference, result).inserted == len(result.split())


def test_an_empty_result_is_all_deletions() -> None:
    assert word_errors("three words here", "") == ErrorRate(0, 0, 3, 0)


def test_characters_count_the_space_between_words() -> None:
    assert character_errors("an ant", "a nant") == ErrorRate(equal=5, inserted=1, deleted=1, replaced=0)
    assert character_errors("kitten", "sitting").rate == 3 / 6


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hello, World!", "hello world"),
        ("don't", "dont"),
        ("don’t", "don't"),
        ("well-known", "well known"),
        ("1,200,000", "1200000"),
        ("3,5", "3.5"),
        ("ＡＢＣ　１２", "abc 12"),
        ("caf\u00e9", "cafe\u0301"),
        ("STRASSE", "straße"),
        ("ex\u00adam\u200bple", "example"),
        ("你好，世界。", "你好 世界"),
        ("  a \n\t b ", "a b"),
    ],
)
def test_what_does_not_count_is_the_same(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(("one", "other"), [("3.5", "35"), ("re sign", "resign"), ("naïve", "naive"), ("かき", "がき")])
def test_what_counts_is_different(one: str, other: str) -> None:
    assert split_words(one) != split_words(other)


def test_each_switch_turns_one_rule_off() -> None:
    assert split_words("Ah, Ah", Rules(ignore_case=False)) == ["Ah", "Ah"]
    assert split_words("Ah, ah", Rules(ignore_punctuation=False)) == ["ah,", "ah"]
    assert split_words("Room 12b at 3.5", Rules(ignore_digits=True)) == ["room", "b", "at"]
    assert split_words("room 12b at 3.5") == ["room", "12b", "at", "3.5"]
    assert split_words("Don't 3,5", EXACT) == ["Don't", "3,5"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("It has seven legs.", "It has 7 legs"),
        ("Forty-two cats", "42 cats"),
        ("a hundred and five thousand", "105,000"),
        ("three point five", "3.5"),
        ("the third man", "the 3rd man"),
        ("one of two", "1 of 2"),
    ],
)
def test_a_number_in_words_is_the_number_in_digits(one: str, other: str) -> None:
    assert word_errors(one, other).errors == 0 and character_errors(one, other).errors == 0
    assert word_errors(one, other, Rules(numbers_in_digits=False)).errors > 0


def test_a_million_number_words_are_read_in_a_moment() -> None:
    """Read a run that would take the library days in quadratic time."""
    assert len(split_words("one hundred and twenty three thousand " * 150_000)) > 1_000


def test_languages_without_spaces_are_compared_by_character() -> None:
    assert split_words("我喜欢Python 3 编程") == ["我", "喜", "欢", "python", "3", "编", "程"]
    assert split_words("ありがとう") == list("ありがとう")
    assert split_words("กำ") == ["กํ", "า"]  # NFKC splits the vowel into a mark and a letter
    assert split_words("ที่นี่") == ["ที่", "นี่"]
    assert split_words("नमस्ते दुनिया") == ["नमस्ते", "दुनिया"]
    assert split_words("안녕 세계") == ["안녕", "세계"]
    assert character_errors("我 喜欢", "我喜欢").errors == 0
    assert word_errors("今天天气很好", "今天天汽很好").rate == pytest.approx(1 / 6)


def test_five_thousand_words_are_aligned_in_a_moment() -> None:
    chance = random.Random(1)
    old, new = ([chance.choice("abcdefghij") * chance.randint(1, 90) for _ in range(5000)] for _ in range(2))
    began = time.perf_counter()
    steps = align(old, new)
    assert time.perf_counter() - began < 2
    assert [step.reference for step in steps if step.reference is not None] == old


def test_what_would_take_very_long_is_refused() -> None:
    with pytest.raises(InvokeBadRequestError, match="200,000 words or characters against 100,000"):
        character_errors("a" * 200_000, "b" * 100_000)
    assert character_errors("a" * 200_000, "").deleted == 200_000


@given(SEQUENCES, SEQUENCES)
def test_an_alignment_spells_both_sides_in_the_fewest_steps(old: list[str], new: list[str]) -> None:
    steps = align(old, new)
    assert [step.reference for step in steps if step.kind is not StepKind.INSERT] == old
    assert [step.result for step in steps if step.kind is not StepKind.DELETE] == new
    assert all((step.kind is StepKind.EQUAL) == (step.reference == step.result) for step in steps)
    assert error_rate(steps).errors == distance(old, new)
    assert error_rate(steps).reference_length == len(old)


@given(st.text())
def test_a_text_has_no_errors_against_itself(text: str) -> None:
    for rate in (word_errors(text, text), character_errors(text, text), word_errors(text, text, EXACT)):
        assert rate.errors == 0
        assert rate.rate in (0, None)


@given(st.text(), st.text())
def test_errors_are_the_same_from_either_side(one: str, other: str) -> None:
    assert word_errors(one, other).errors == word_errors(other, one).errors


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)
