"""Test the word diff of two texts."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.workbench.analysis.text_diff import Span, SpanKind, diff, side

TEXTS = st.one_of(
    st.text(), st.lists(st.sampled_from(["a", "the ", " ", "\n", "cat", ". ", "我", "ते"]), max_size=15).map("".join)
)


def spelled_out(left: str, right: str) -> str:
    """Return a diff in one line: [-deleted-] and {+inserted+}."""
    forms = {SpanKind.EQUAL: "{}", SpanKind.DELETED: "[-{}-]", SpanKind.INSERTED: "{{+{}+}}"}
    return "".join(forms[span.kind].format(span.text) for span in diff(left, right))


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("", "", ""),
        ("same text", "same text", "same text"),
        ("", "new", "{+new+}"),
        ("old", "", "[-old-]"),
        ("the cat sat", "the dog sat", "the [-cat-]{+dog+} sat"),
        ("a  b\nc", "a b\nc", "a[-  -]{+ +}b\nc"),
        ("Hi, you.", "Hi you!", "Hi[-,-] you[-.-]{+!+}"),
        ("one two three", "uno dos three", "[-one two-]{+uno dos+} three"),
        ("don't go", "don’t go", "[-don't-]{+don’t+} go"),
        ("我喜欢你", "我很喜欢他", "我{+很+}喜欢[-你-]{+他+}"),
        ("नमस्ते", "नमस्कार", "[-नमस्ते-]{+नमस्कार+}"),
        ("a_b", "a_c", "a_[-b-]{+c+}"),
    ],
)
def test_words_that_differ_are_highlighted(left: str, right: str, expected: str) -> None:
    assert spelled_out(left, right) == expected


def test_each_side_is_shown_without_what_only_the_other_has() -> None:
    spans = diff("the cat sat", "the dog sat")
    assert side(spans, SpanKind.DELETED) == [
        Span(SpanKind.EQUAL, "the "),
        Span(SpanKind.DELETED, "cat"),
        Span(SpanKind.EQUAL, " sat"),
    ]
    assert "".join(span.text for span in side(spans, SpanKind.INSERTED)) == "the dog sat"


@given(TEXTS, TEXTS)
def test_the_spans_spell_both_texts(left: str, right: str) -> None:
    spans = diff(left, right)
    assert "".join(span.text for span in side(spans, SpanKind.DELETED)) == left
    assert "".join(span.text for span in side(spans, SpanKind.INSERTED)) == right
    assert all(span.text for span in spans)
    kinds = [span.kind for span in spans]
    assert all(before is not after for before, after in pairwise(kinds))
    assert (SpanKind.INSERTED, SpanKind.DELETED) not in pairwise(kinds)


@pytest.mark.parametrize("unit", ["word{} ", "word{} says so. ", "line {}\n"])
@pytest.mark.parametrize("every", [50, 2])
def test_very_long_texts_are_compared_within_bounds(unit: str, every: int) -> None:
    lines = [unit.format(number) for number in range(60_000)]
    changed = [f"{line}!" if number % every else line.upper() for number, line in enumerate(lines)]
    left, right = "".join(lines), "".join(changed)
    spans = diff(left, right)
    assert "".join(span.text for span in side(spans, SpanKind.DELETED)) == left
    assert "".join(span.text for span in side(spans, SpanKind.INSERTED)) == right


def test_in_a_very_long_text_a_changed_word_is_still_one_change() -> None:
    lines = [f"This is sentence {number}. " for number in range(30_000)]
    left = "".join(lines)
    right = left.replace("is sentence 7.", "was sentence 7.").replace("sentence 29999", "phrase 29999")
    changes = [(span.kind, span.text) for span in diff(left, right) if span.kind is not SpanKind.EQUAL]
    assert changes == [
        (SpanKind.DELETED, "is"),
        (SpanKind.INSERTED, "was"),
        (SpanKind.DELETED, "sentence"),
        (SpanKind.INSERTED, "phrase"),
    ]


@given(TEXTS)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert diff(text, text) == ([Span(SpanKind.EQUAL, text)] if text else [])
