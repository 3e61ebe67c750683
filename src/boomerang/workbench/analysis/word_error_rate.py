"""Words and characters of two texts, aligned; error rates of speech recognition.

Source: the word error rate is the edit distance (Levenshtein 1966) between the words of a reference and those of the result,
divided by the number of words in the reference; the character error rate is the same for characters. So a rate can be above 1.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import zip_longest

from rapidfuzz.distance import Levenshtein
from text_to_num import alpha2digit

from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.messages.message import Message

MOST_PAIRS = 10_000_000_000
"""Pairs that are compared: 100,000 characters against 100,000, more than an hour of speech. They take half a second, in which
nothing else runs in the process."""
FEW_KINDS = 256
"""Distinct words or characters up to which that is so."""
MOST_PAIRS_OF_MANY = 2_500_000_000
"""The same where there are more of them: 50,000 words against 50,000."""

_UNSPACED_RANGES = (
    "\u0e00-\u0e7f\u0e80-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Tibetan, Burmese, Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"  # kana and Han
    "\U00020000-\U0003ffff"
)
_UNSPACED = re.compile(f"[{_UNSPACED_RANGES}]")
_IN_WORD = re.compile(r"(?<=\w)['’ʼ](?=\w)")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_DECIMAL_POINT = re.compile(r"(?<=\d)[.,](?=\d)")
MOST_NUMBER_WORDS = 50
_ONE = re.compile(r"\ba (?=(?:hundred|thousand|million|billion)\b)", re.IGNORECASE)
_KEPT_POINT = "\ue000"
"""A private character that stands for a decimal point while punctuation is taken away."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What does not count as a difference. Forms of one character (NFKC) and invisible characters never count."""

    ignore_case: bool = True
    ignore_punctuation: bool = True
    """Take away punctuation and symbols. An apostrophe inside a word goes without a trace (don't = dont), as does a comma
    between thousands; a decimal point stays; all else parts words (well-known = well known)."""
    ignore_digits: bool = False
    """Take away digits, for languages whose spelled-out numbers are not read here."""
    numbers_in_digits: bool = True
    """Write English numbers that are spelled out in digits, so that "seven" and "7" are the same word, as are "forty-two" and
    "42", or "third" and "3rd". Recognisers write them as they like."""


class StepKind(StrEnum):
    """What happens to one word or character on the way from the reference to the result."""

    EQUAL = "equal"
    INSERT = "insert"
    DELETE = "delete"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Step:
    """One word or character of an alignment."""

    kind: StepKind
    reference: str | None
    """What the reference has here; `None` for what was inserted."""
    result: str | None
    """What the result has here; `None` for what was deleted."""


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """Errors counted by kind, in words or in characters."""

    equal: int
    inserted: int
    deleted: int
    replaced: int

    @property
    def errors(self) -> int:
        """The edit distance: the fewest insertions, deletions and replacements."""
        return self.inserted + self.deleted + self.replaced

    @property
    def reference_length(self) -> int:
        """Words or characters of the reference."""
        return self.equal + self.deleted + self.replaced

    @property
    def rate(self) -> float | None:
        """Errors by reference length, 0 or more; `None` when the reference is empty, whatever the result."""
        return self.errors / self.reference_length if self.reference_length else None


def word_errors(reference: str, result: str, rules: Rules | None = None) -> ErrorRate:
    """Count the errors of a result in words; in characters where a language puts no spaces between words. Raises as `align`."""
    return error_rate(align(split_words(reference, rules), split_words(result, rules)))


def character_errors(reference: str, result: str, rules: Rules | None = None) -> ErrorRate:
    """Count the errors of a result in characters; the space between two words is one. Raises as `align`."""
    return error_rate(align(normalised(reference, rules), normalised(result, rules)))


def split_words(text: str, rules: Rules | None = None) -> list[str]:
    """Return the words of a text as they are compared; each character of Chinese, Japanese, Thai and their like is one."""
    return [piece for spaced in normalised(text, rules).split() for piece in pieces(spaced)]


def normalised(text: str, rules: Rules | None = None) -> str:
    """Rewrite a text so that what does not count is the same in all texts: one space between words, none at the ends."""
    rules = rules or Rules()
    text = unicodedata.normalize("NFKC", text)
    if rules.ignore_case:
        # Folding can undo the composition of characters (the Turkish İ), and so comes before the final one.
        text = unicodedata.normalize("NFKC", text.casefold())
    text = "".join(char for char in text if char.isspace() or unicodedata.category(char) not in ("Cf", "Cc", "Co"))
    if rules.ignore_punctuation:
        text = _without_punctuation(text)
    if rules.numbers_in_digits:
        text = _in_digits(text.replace(_KEPT_POINT, ".")).replace(".", _KEPT_POINT if rules.ignore_digits else ".")
    if rules.ignore_digits:
        text = "".join(" " if char.isnumeric() else char for char in text.replace(_KEPT_POINT, " "))
    return _spaced(text.replace(_KEPT_POINT, "."))


def _in_digits(text: str) -> str:
    """Write spelled-out numbers in digits.

    The library's work grows with the square of a run of number words, so a long one is cut where no number goes on, or at last
    after twice as many words.
    """
    spoken, parts, start = text.split(), [], 0
    while start < len(spoken):
        end = start + MOST_NUMBER_WORDS
        while end < min(len(spoken), start + 2 * MOST_NUMBER_WORDS) and _goes_on(spoken[end]):
            end += 1
        piece = _ONE.sub("one ", " ".join(spoken[start:end]))
        parts.append(alpha2digit(piece, "en", 0.0))
        start = end
    return " ".join(parts)


@lru_cache(maxsize=1024)
def _goes_on(word: str) -> bool:
    return word in ("and", "point") or alpha2digit(word, "en", 0.0) != word


def _without_punctuation(text: str) -> str:
    text = _DECIMAL_POINT.sub(_KEPT_POINT, _THOUSANDS.sub("", _IN_WORD.sub("", text)))
    return "".join(" " if unicodedata.category(char)[0] in "PS" else char for char in text)


def _spaced(text: str) -> str:
    """Put one space between words, and none beside a character of a script that has none."""
    text = " ".join(text.split())
    return re.sub(f"(?<=[{_UNSPACED_RANGES}]) | (?=[{_UNSPACED_RANGES}])", "", text)


def pieces(word: str) -> list[str]:
    """Part what stands between two spaces into words: characters without spaces between them one by one, with their marks."""
    parts: list[str] = []
    start, alone = 0, False
    for at, char in enumerate(word):
        mark = unicodedata.category(char)[0] == "M"
        unspaced = _UNSPACED.match(char) is not None
        if at and not mark and (unspaced or alone):
            parts.append(word[start:at])
            start = at
        alone = alone if mark else unspaced
    return [*parts, word[start:]] if word else parts


def align(reference: Sequence[str], result: Sequence[str]) -> list[Step]:
    """Find the fewest steps from one sequence to another.

    Args:
        reference: Words, or a text as its characters.
        result: The same of what is to be judged.

    Returns:
        Steps in order. Without the inserted ones they spell the reference, without the deleted ones the result. Where several
        shortest ways exist, one of them, always the same; it may have fewer equal words than another. 5,000 words against
        5,000 others take some 0.01 s.

    Raises:
        InvokeBadRequestError: Both are so long that it would take many seconds (see `MOST_PAIRS`).
    """
    most = MOST_PAIRS if len({*reference, *result}) <= FEW_KINDS else MOST_PAIRS_OF_MANY
    if len(reference) * len(result) > most:
        raise InvokeBadRequestError(
            Message("runs.too_long_to_compare", reference=len(reference), result=len(result)),
            hint=Message("runs.compare_in_parts"),
        )
    steps: list[Step] = []
    for part in Levenshtein.opcodes(reference, result):
        kind = StepKind(part.tag)
        # A replaced stretch is as long on both sides; of what was inserted or deleted, one side is empty.
        old, new = reference[part.src_start : part.src_end], result[part.dest_start : part.dest_end]
        steps += [Step(kind, left, right) for left, right in zip_longest(old, new)]
    return steps


def error_rate(steps: Sequence[Step]) -> ErrorRate:
    """Count the steps of an alignment by kind."""
    counts = Counter(step.kind for step in steps)
    return ErrorRate(
        equal=counts[StepKind.EQUAL],
        inserted=counts[StepKind.INSERT],
        deleted=counts[StepKind.DELETE],
        replaced=counts[StepKind.REPLACE],
    )
