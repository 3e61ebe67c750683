"""Tests for credentials in a streamed text: masked as in the whole text, and harmless text is never delayed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from boomerang.invoker.http.redaction.masking import MASK, Hiding, StreamMask
from boomerang.invoker.http.redaction.text_search import ANY, JSON, Finder, Needles, Notation

KEY = "sk-Abc/def+ghi=0123456789"
ESCAPE = re.compile(r"\\{1,4}(?:u([0-9a-fA-F]{4})|([!-/:-@\[\]-`{-~]))")


def fed(mask: StreamMask, pieces: Sequence[str]) -> list[str]:
    """Return the output for each piece, and the rest."""
    return [*map(mask.feed, pieces), mask.rest()]


def cut(text: str, places: Sequence[int]) -> list[str]:
    """Split a text at some positions."""
    ends = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[begin:end] for begin, end in pairwise(ends)]


def occurrences(needles: Sequence[str], text: str) -> set[tuple[int, int]]:
    """Find every occurrence by brute force: in the text as it is, and with its escapes decoded."""
    units, place = [], 0
    for result in ESCAPE.finditer(text):
        units += [(text[at], at, at + 1) for at in range(place, result.start())]
        units.append((result[2] or chr(int(result[1], 16)), result.start(), result.end()))
        place = result.end()
    units += [(text[at], at, at + 1) for at in range(place, len(text))]
    spans = set()
    for needle in needles:
        for cells in ([(char, at, at + 1) for at, char in enumerate(text)], units):
            for at in range(len(cells) - len(needle) + 1):
                if all(cell[0] == char for cell, char in zip(cells[at:], needle, strict=False)):
                    spans.add((cells[at][1], cells[at + len(needle) - 1][2]))
    return spans


def masked(needles: Sequence[str], text: str) -> str:
    """Mask by brute force: each run of overlapping occurrences becomes one mask."""
    spans = sorted(occurrences(needles, text))
    parts, place, end = [], 0, -1
    for begin, behind in spans:
        if begin >= end:
            parts += [text[place:begin], MASK]
        place = end = max(end, behind)
    return "".join([*parts, text[place:]])


NEEDLES = st.lists(st.text("ab-", min_size=2, max_size=6), min_size=1, max_size=3)
TEXTS = st.lists(st.sampled_from(["a", "b", "-", "\\", "u", "0061", "\\u0061", "\\u0062", "\\-", "\\u4e2d", "é"])).map("".join)


@given(NEEDLES, TEXTS, st.lists(st.integers(0, 200)))
@example(["abab"], "abababab", [1, 2, 3, 4, 5, 6])
@example(["aab", "ab-", "b"], "aab-ab", [2, 3])
@example(["ab"], "\\u0061\\u0062", list(range(12)))
@example(["ab"], "\\\\\\\\\\u0061b", list(range(12)))
def test_pieces_give_what_the_whole_text_gives(needles: list[str], text: str, places: list[int]) -> None:
    for pieces in ([text], cut(text, places), list(text)):
        assert "".join(fed(StreamMask(needles=Needles(needles)), pieces)) == masked(needles, text)


@given(NEEDLES, TEXTS, st.lists(st.integers(0, 200)))
def test_only_what_may_go_on_as_a_credential_waits(needles: list[str], text: str, places: list[int]) -> None:
    finder, read = Finder(Needles(needles), JSON), ""
    for piece in cut(text, places):
        finder.feed(piece)
        read += piece
        waiting = read[finder.settled :]
        begun = re.sub(r"\\{1,4}(u[0-9a-f]{0,3})?\Z", "", waiting)
        plain = ESCAPE.sub(lambda result: result[2] or chr(int(result[1], 16)), begun)
        proper = {needle[:size] for needle in needles for size in range(len(needle))}
        assert {begun, plain} & proper, "nothing that cannot become a credential"


@given(st.text("ab-\\u0", max_size=30), st.lists(st.integers(0, 200)), st.sampled_from([JSON, ANY]))
def test_a_text_without_a_credential_comes_as_it_is(text: str, places: list[int], notation: Notation) -> None:
    assert "".join(fed(StreamMask([KEY], notation=notation), cut(text, places))) == text


def spelled(draw: Any, ways: Sequence[Any]) -> str:
    return "".join(draw(st.sampled_from(ways))(char) for char in KEY)


@given(st.data(), st.lists(st.integers(0, 500)))
def test_any_mixture_of_escapes_is_found(data: st.DataObject, places: list[int]) -> None:
    ways = [
        str,
        str,
        lambda char: f"\\u{ord(char):04x}",
        lambda char: f"\\u{ord(char):04X}",
        lambda char: f"\\\\u{ord(char):04x}",
        lambda char: char if char.isalnum() else f"\\{char}",
    ]
    content = f'{{"key": "{spelled(data.draw, ways)}", "again": "{spelled(data.draw, ways)}"}}'
    expected = f'{{"key": "{MASK}", "again": "{MASK}"}}'
    assert "".join(fed(StreamMask([KEY]), cut(content, places))) == expected
    assert Hiding([KEY])(content.encode()).decode() == expected


def test_no_token_waits_longer_than_it_must() -> None:
    mask = StreamMask([KEY])
    given_back = [mask.feed(piece) for piece in ("It is", " sk-", "ipped, sk", "-Abc/def+ghi=0123", "456789", " so")]
    assert given_back == ["It i", "s ", "sk-ipped, ", "", MASK, " so"]
    assert mask.rest() == ""


def test_a_beginning_that_the_text_ends_with_is_kept() -> None:
    assert fed(StreamMask([KEY]), ["the word sk", "-A"]) == ["the word ", "", "sk-A"]


@pytest.mark.parametrize("word", ["ollama", "lm-studio", "not-needed", "EMPTY", "none"])
def test_a_word_in_place_of_a_key_is_no_credential_of_an_answer(word: str) -> None:
    assert fed(StreamMask([word]), [f"I am {word}."]) == [f"I am {word}.", ""]


def test_the_work_is_linear_in_the_text() -> None:
    """Count the automaton's steps, with a needle whose every prefix is the start of another match."""
    needle = "a" * 2000 + "b"
    needles = Needles([needle])
    steps = 0

    class Counting(dict[str, int]):
        def get(self, key: str, default: Any = None) -> Any:
            nonlocal steps
            steps += 1
            return super().get(key, default)

        def __contains__(self, key: object) -> bool:
            nonlocal steps
            steps += 1
            return super().__contains__(key)

    needles.next = [Counting(inner) for inner in needles.next]
    mask, text = StreamMask(needles=needles), ("a" * 1999 + "c") * 5
    assert "".join(fed(mask, list(text))) == text
    assert steps < 8 * len(text)
