"""Separate reasoning (`<think>` … `</think>`) from an answer's text while it streams.

Dify passes on a model's reasoning as text between these tags, whatever its origin.

Source: Dify plugin SDK 0.10.2, `interfaces/model/large_language_model.py`, `_wrap_thinking_by_reasoning_content`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

OPENING = "<think>"
CLOSING = "</think>"
_CLOSING_LINE = re.compile(rf"^[^\S\n]*{CLOSING}|{CLOSING}[^\S\n]*$", re.MULTILINE)
"""A closing tag at the beginning or end of a line; elsewhere the tag is a word of the text."""


class Part(NamedTuple):
    """A piece of an answer's text."""

    text: str
    """Never empty, and without the tags."""
    reasoning: bool


class ReasoningReader:
    """Separates reasoning from the answer: feed pieces of text, get parts, flush.

    A tag may be split anywhere between two pieces. An opening tag counts at the start of a line (after whitespace, too) or
    before a line break, as Dify writes it; elsewhere in a sentence it is a word that the model is talking about.
    After an opening tag, text is reasoning until the closing tag, or to the end if that never comes. A closing tag without an
    opening one is text. The result does not depend on how the text is split into pieces.

    Args:
        opened: Whether the text begins inside reasoning, as with models whose prompt ends in the opening tag.
    """

    __slots__ = ("_fresh", "_pending", "inside")

    def __init__(self, *, opened: bool = False) -> None:
        self.inside = opened
        """Whether the next text is reasoning, as far as known."""
        self._pending = ""
        """Possible beginning of a tag."""
        self._fresh = True
        """Whether only whitespace precedes the pending text on its line."""

    def feed(self, text: str) -> list[Part]:
        """Add the next piece of text and return the parts that are certain."""
        if not self._pending and "<" not in text:  # nearly always
            return self._parts(text)
        return self._read(self._pending + text, last=False)

    def flush(self) -> list[Part]:
        """Return the pending parts at the end of the text."""
        return self._read(self._pending, last=True)

    def _read(self, text: str, *, last: bool) -> list[Part]:
        parts: list[Part] = []
        self._pending, at, search = "", 0, 0
        while True:
            tag = CLOSING if self.inside else OPENING
            start = text.find(tag, search)
            if start < 0:
                rest = len(text) if last else len(text) - _beginning(text, tag, search)
                parts += self._parts(text[at:rest])
                self._pending = text[rest:]
                return parts
            end = start + len(tag)
            parts += self._parts(text[at:start])
            at = start
            counts = self._counts(text, end, last=last)
            if counts is None:
                self._pending = text[start:]
                return parts
            if counts:
                self.inside = not self.inside
                self._fresh = False
                at = end
            search = end

    def _counts(self, text: str, end: int, *, last: bool) -> bool | None:
        """Return whether the tag that ends at `end` counts; `None` if that depends on the next character."""
        if self.inside or self._fresh:
            return True
        if end < len(text):
            return text[end] in "\r\n"
        return False if last else None

    def _parts(self, text: str) -> list[Part]:
        if not text:
            return []
        if not self.inside:
            _, line_end, line = text.rpartition("\n")
            self._fresh = (self._fresh or bool(line_end)) and (not line or line.isspace())
        return [Part(text, self.inside)]


def _beginning(text: str, tag: str, search: int) -> int:
    """Return how many of the last characters, from `search` on, may be the beginning of a tag."""
    longest = min(len(tag) - 1, len(text) - search)
    return next((size for size in range(longest, 0, -1) if text.endswith(tag[:size])), 0)


@dataclass(frozen=True, slots=True)
class Split:
    """An answer's text, split in two."""

    reasoning: str
    """All reasoning, stripped and without tags."""
    answer: str
    """The rest; without leading whitespace if there was reasoning."""
    closed: bool
    """Whether the reasoning has ended; true if there was none."""


def split(text: str, *, opened: bool = False) -> Split:
    """Split the whole text of an answer; see `ReasoningReader` for the rules."""
    reader = ReasoningReader(opened=opened)
    parts = [*reader.feed(text), *reader.flush()]
    reasoning = "".join(part.text for part in parts if part.reasoning)
    answer = "".join(part.text for part in parts if not part.reasoning)
    # Line breaks around the tags carry no meaning; an answer without reasoning is not modified.
    return Split(reasoning.strip(), answer.lstrip() if len(answer) < len(text) else answer, not reader.inside)


def split_template(text: str) -> Split:
    """Split the whole text of an answer, even if the prompt template opened the reasoning and the text has only its end."""
    return split(text, opened=_CLOSING_LINE.search(text.partition(OPENING)[0]) is not None)
