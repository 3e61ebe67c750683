"""Align the words or characters of two texts, and compute error rates of speech recognition.

Source: the word error rate is the edit distance (Levenshtein 1966) between the words of a reference and those of a result,
divided by the number of words in the reference; the character error rate does the same for characters. A rate can exceed 1.
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
"""Most pairs compared: 100,000 by 100,000 characters, more than an hour of speech. They take half a second, during which
nothing else runs in the process."""
FEW_KINDS = 256
"""Most distinct words or characters for which `MOST_PAIRS` applies."""
MOST_PAIRS_OF_MANY = 2_500_000_000
"""The limit above `FEW_KINDS`: 50,000 by 50,000 words."""

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
"""A private-use character that stands for a decimal point while punctuation is removed."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Differences to ignore. Forms of one character (NFKC) and invisible characters are always ignored."""

    ignore_case: bool = True
    ignore_punctuation: bool = True
    """Remove punctuation and symbols. An apostrophe inside a word leaves no gap (don't = dont), nor does a comma
    between thousands; a decimal point stays; anything else separates words (well-known = well known)."""
    ignore_digits: bool = False
    """Remove digits, for languages whose spelled-out numbers are not recognised here."""
    numbers_in_digits: bool = True
    """Convert spelled-out English numbers to digits, so that "seven" equals "7", "forty-two" equals "42" and "third"
    equals "3rd". Recognisers write either form."""


class StepKind(StrEnum):
    """The edit of one word or character from the reference to the result."""

    EQUAL = "equal"
    INSERT = "insert"
    DELETE = "delete"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Step:
    """One word or character of an alignment."""

    kind: StepKind
    reference: str | None
    """The reference here; `None` if inserted."""
    result: str | None
    """The result here; `None` if deleted."""


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """Error counts by kind, in words or characters."""

    equal: int
    inserted: int
    deleted: int
    replaced: int

    @property
    def errors(self) -> int:
        """The edit distance: the minimum number of insertions, deletions and replacements."""
        return self.inserted + self.deleted + self.replaced

    @property
    def reference_length(self) -> int:
        """Words or characters of the reference."""
        return self.equal + self.deleted + self.replaced

    @property
    def rate(self) -> float | None:
        """Errors divided by reference length, 0 or more; `None` if the reference is empty."""
        return self.errors / self.reference_length if self.reference_length else None


def word_errors(reference: str, result: str, rules: Rules | None = None) -> ErrorRate:
    """Count the errors of a result in words, or in characters for scripts without spaces. Raises as `align`."""
    return error_rate(align(split_words(reference, rules), split_words(result, rules)))


def character_errors(reference: str, result: str, rules: Rules | None = None) -> ErrorRate:
    """Count the errors of a result in characters, including one for the space between two words. Raises as `align`."""
    return error_rate(align(normalised(reference, rules), normalised(result, rules)))


def split_words(text: str, rules: Rules | None = None) -> list[str]:
    """Return the normalised words of a text; each character of Chinese, Japanese, Thai and the like is a word."""
    return [piece for spaced in normalised(text, rules).split() for piece in pieces(spaced)]


def normalised(text: str, rules: Rules | None = None) -> str:
    """Normalise a text, so that ignored differences disappear: one space between words, none at the ends."""
    rules = rules or Rules()
    text = unicodedata.normalize("NFKC", text)
    if rules.ignore_case:
        # Case folding can undo the composition of characters (the Turkish İ), so it precedes the last normalisation.
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
    """Convert spelled-out numbers to digits.

    The library takes quadratic time on a run of number words, so a long run is cut where no number continues, or at the latest
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
    """Put one space between words, and none beside a character of a script without spaces."""
    text = " ".join(text.split())
    return re.sub(f"(?<=[{_UNSPACED_RANGES}]) | (?=[{_UNSPACED_RANGES}])", "", text)


def pieces(word: str) -> list[str]:
    """Split a space-delimited string into words: characters of scripts without spaces one by one, with their marks."""
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
        result: The words or characters to score.

    Returns:
        Steps in order. Without the inserted ones they form the reference, without the deleted ones the result. If there are
        several shortest ways, it always picks the same one, which may have fewer equal words than another. Two texts of 5,000
        different words take about 0.01 s.

    Raises:
        InvokeBadRequestError: The texts are so long that it would take many seconds (see `MOST_PAIRS`).
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
        # A replaced range has equal lengths on both sides; for an insertion or a deletion, one side is empty.
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
