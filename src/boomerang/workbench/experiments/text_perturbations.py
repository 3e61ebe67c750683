"""Variants of a text that a person reads the same way, to see whether a moderation model still flags it."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from boomerang.workbench.analysis.word_error_rate import pieces


class PerturbationKind(StrEnum):
    """The kind of change to a text."""

    SPACED = "letters spaced out"
    SWAPPED = "adjacent letters swapped"
    DIGITS = "letters replaced by digits"
    EMOJI = "emoji between words"
    UPPER = "upper case"
    ZERO_WIDTH = "zero-width characters in words"


@dataclass(frozen=True, slots=True)
class Perturbation:
    """A changed text."""

    kind: PerturbationKind
    text: str


_DIGITS = str.maketrans("aeiostAEIOST", "431057431057")
_EMOJI = "😀🌷🎈🍀⭐🐢🎵🍋"
_ZERO_WIDTH = "\u200b"
"""Zero-width space: mostly invisible, and not a space to a tokenizer."""


def perturbations(text: str, *, seed: int) -> list[Perturbation]:
    """Return the variants of a text.

    Args:
        text: Any text.
        seed: Makes the variants reproducible.

    Returns:
        One per kind, in the order of `PerturbationKind`, without those equal to the text (such as upper case in
        Chinese); none for an empty text.
    """
    made = (Perturbation(kind, make(text, random.Random(f"{seed} {kind}"))) for kind, make in _MAKERS.items())
    return [perturbation for perturbation in made if perturbation.text != text]


def _letters(word: str) -> list[str]:
    """Split a word into user-perceived characters: marks, joiners and variation selectors stay with their letter."""
    letters: list[str] = []
    start = 0
    for at, char in enumerate(word):
        if at and not (unicodedata.category(char) in ("Mn", "Mc", "Me", "Cf", "Sk") or word[at - 1] == "\u200d"):
            letters.append(word[start:at])
            start = at
    return [*letters, word[start:]] if word else letters


def _each_word(change: Callable[[list[str]], list[str]], text: str) -> str:
    return re.sub(r"\S+", lambda word: "".join(change(_letters(word[0]))), text)


def _spaced(text: str, _: random.Random) -> str:
    return re.sub(r"\S+", lambda word: " ".join(_letters(word[0])), re.sub(r"(?<=\S) (?=\S)", "   ", text))


def _swapped(text: str, chance: random.Random) -> str:
    """Swap two inner letters in each word of four or more; only letters that differ, so that the word changes."""

    def swap(letters: list[str]) -> list[str]:
        inner = range(1, len(letters) - 2)
        places = [at for at in inner if letters[at] != letters[at + 1] and (letters[at] + letters[at + 1]).isalpha()]
        if places:
            at = chance.choice(places)
            letters[at : at + 2] = letters[at + 1], letters[at]
        return letters

    return _each_word(swap, text)


def _in_digits(text: str, _: random.Random) -> str:
    return text.translate(_DIGITS)


def _with_emoji(text: str, chance: random.Random) -> str:
    """Insert an emoji between words; in scripts without spaces, between characters."""
    parts = [piece for word in text.split() for piece in pieces(word)]
    return "".join(word if not at else f" {chance.choice(_EMOJI)} {word}" for at, word in enumerate(parts)) or text


def _upper(text: str, _: random.Random) -> str:
    return text.upper()


def _with_zero_width(text: str, _: random.Random) -> str:
    return _each_word(lambda letters: [_ZERO_WIDTH.join(letters)], text)


_MAKERS: dict[PerturbationKind, Callable[[str, random.Random], str]] = {
    PerturbationKind.SPACED: _spaced,
    PerturbationKind.SWAPPED: _swapped,
    PerturbationKind.DIGITS: _in_digits,
    PerturbationKind.EMOJI: _with_emoji,
    PerturbationKind.UPPER: _upper,
    PerturbationKind.ZERO_WIDTH: _with_zero_width,
}
