"""A word-by-word diff of two texts, shown side by side."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, groupby
from operator import itemgetter
from typing import TypeVar

from rapidfuzz.distance import Indel, Levenshtein, Opcodes

from .word_error_rate import pieces

# Separate vowel signs and accents are not letters to `re`, but do not separate words.
_MARKS = "".join(char for char in map(chr, range(0x300, 0x11000)) if unicodedata.category(char)[0] == "M")
_LETTERS = rf"[^\W_]+(?:[{_MARKS}]+[^\W_]*)*"
_TOKEN = re.compile(rf"\s+|{_LETTERS}(?:['’]{_LETTERS})*|[\s\S]")
_SENTENCE_ENDS = frozenset(".!?…。！？")

MOST_PAIRS = 500_000_000
"""Most word pairs compared at once: 22,000 by 22,000. Time grows with their number, and memory by one bit per pair."""
MOST_SENTENCE_PAIRS = 2_500_000_000
"""The same for sentences of longer texts: 50,000 by 50,000. They take 0.7 s, during which nothing else runs."""
MOST_PAIRS_INSIDE = 50_000_000
"""The same for the words of one changed sentence; a text may have many of them."""


class SpanKind(StrEnum):
    """The side that a span is on."""

    EQUAL = "equal"
    INSERTED = "inserted"
    """Only on the right."""
    DELETED = "deleted"
    """Only on the left."""


@dataclass(frozen=True, slots=True)
class Span:
    """A span of one text or of both."""

    kind: SpanKind
    text: str
    """Never empty; white space is preserved."""


def diff(left: str, right: str) -> list[Span]:
    """Compare two texts word by word.

    Words, single characters of scripts without spaces, punctuation marks and runs of white space are compared exactly. Equal
    white space between two changes joins them, so that a rewritten sentence is one change.
    In very long texts, sentences and lines are compared first; a change too large for a word diff stays one change.

    Returns:
        Spans in order. Deleted text precedes the text inserted in its place, and neighbours differ in kind. Without the
        inserted spans they form the left text, without the deleted ones the right. Two empty texts give none.
    """
    return list(_spans(_merged(_parts(_tokens(left), _tokens(right)))))


def side(spans: Sequence[Span], kind: SpanKind) -> list[Span]:
    """Return the spans of one side: `DELETED` for the left text, `INSERTED` for the right."""
    return [span for span in spans if span.kind in (SpanKind.EQUAL, kind)]


_Token = TypeVar("_Token", bound=Hashable)
_Part = tuple[bool, list[_Token], list[_Token]]
"""Whether both sides are equal, the left side and the right side."""


def _tokens(text: str) -> list[str]:
    return [piece for token in _TOKEN.findall(text) for piece in ([token] if token.isascii() else pieces(token))]


def _parts(old: list[str], new: list[str]) -> Iterator[_Part[str]]:
    """Align words; if there are too many, align sentences and lines first, then the words of those that changed."""
    if _pairs(old, new) <= MOST_PAIRS:
        yield from _aligned(old, new, Indel.opcodes)
        return
    before, after = _sentences(old), _sentences(new)
    if _pairs(before, after) > MOST_SENTENCE_PAIRS:
        yield from _changed_as_a_whole(old, new)
        return
    # Pairs a sentence with its changed version, and needs little memory at any length.
    for same, some, others in _aligned(before, after, Levenshtein.opcodes):
        left, right = list(chain(*some)), list(chain(*others))
        if same or _pairs(left, right) > MOST_PAIRS_INSIDE:
            yield same, left, right
        else:
            yield from _aligned(left, right, Indel.opcodes)


def _changed_as_a_whole(old: list[str], new: list[str]) -> Iterator[_Part[str]]:
    start, end = _shared_ends(old, new)
    yield True, old[:start], new[:start]
    yield False, old[start : len(old) - end], new[start : len(new) - end]
    yield True, old[len(old) - end :], new[len(new) - end :]


def _aligned(
    old: list[_Token], new: list[_Token], steps: Callable[[list[_Token], list[_Token]], Opcodes]
) -> Iterator[_Part[_Token]]:
    for part in steps(old, new):
        yield part.tag == "equal", old[part.src_start : part.src_end], new[part.dest_start : part.dest_end]


def _pairs(old: Sequence[object], new: Sequence[object]) -> int:
    """Count the pairs an alignment must compare, without equal ends."""
    start, end = _shared_ends(old, new)
    return (len(old) - start - end) * (len(new) - start - end)


def _shared_ends(old: Sequence[object], new: Sequence[object]) -> tuple[int, int]:
    shorter = min(len(old), len(new))
    start = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    end = next((at for at in range(shorter - start) if old[-1 - at] != new[-1 - at]), shorter - start)
    return start, end


def _sentences(tokens: list[str]) -> list[tuple[str, ...]]:
    sentences: list[list[str]] = [[]]
    for token in tokens:
        sentences[-1].append(token)
        if token in _SENTENCE_ENDS or "\n" in token:
            sentences.append([])
    return [tuple(sentence) for sentence in sentences if sentence]


def _merged(parts: Iterator[_Part[str]]) -> Iterator[tuple[str, str, str]]:
    """Return equal, deleted and inserted text; merge changes across the white space between them."""
    joined = [
        (same, "".join(chain(*(part[1] for part in group))), "".join(chain(*(part[2] for part in group))))
        for same, group in ((same, list(group)) for same, group in groupby(parts, key=itemgetter(0)))
    ]
    deleted = inserted = ""
    for index, (same, left, right) in enumerate(joined):
        between = (deleted or inserted) and index + 1 < len(joined)  # equal parts and changes alternate
        if not same or (between and left.isspace()):
            deleted, inserted = deleted + left, inserted + right
        else:
            yield "", deleted, inserted
            yield left, "", ""
            deleted = inserted = ""
    yield "", deleted, inserted


def _spans(changes: Iterator[tuple[str, str, str]]) -> Iterator[Span]:
    for texts in changes:
        for kind, text in zip((SpanKind.EQUAL, SpanKind.DELETED, SpanKind.INSERTED), texts, strict=True):
            if text:
                yield Span(kind, text)
