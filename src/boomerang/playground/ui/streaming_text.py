"""A model's text as safe markdown, drawn in pieces so that a long stream costs linear work."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from time import monotonic
from typing import Any, Protocol

import streamlit as st

from boomerang.workbench.i18n.translate import _
from boomerang.workbench.results.drawable_text import drawable

from .commonmark import Code, Part, parts
from .escape import whole

FREEZE_AFTER = 2000
"""Length of the tail, in characters, from which its settled part becomes its own element and is not sent again."""
LEAST_SHARE = 64
"""A tail is resent once one part in 64 of it is new, so that a text that never settles, such as one long code block, costs
linear work too. The rest appears on the next tick without new text, or at the end.
"""
EACH_SECOND = 50_000
"""Characters per second that may be resent however little is new: a slow answer then flows instead of jerking; and the cost
grows with time, not with the length of the text.
"""
MOST_DRAWN = 60_000
"""Most characters of one text that are drawn, some 15,000 tokens: with a few times as many, a browser takes seconds for each
click anywhere on the page. The record and the downloads have the rest.
"""

# A line with a code fence; or a blank line whose next block is no list, table, quote or indented code: the text before it no
# longer changes.
_FENCE_OR_BREAK = re.compile(
    r"^(?:[ \t>]|[-*+] |\d+[.)] )*(?P<fence>`{3,}|~{3,})(?P<after>[^\n]*)$|\n\n(?=[A-Za-z#`~(\[\u3040-\uffdc])", re.MULTILINE
)
# Targets of references from anywhere in the text, which prevent parsing its pieces separately: footnotes and link definitions.
_REFERENCE = re.compile(r"^ {0,3}\[[^\]\n]+\]:", re.MULTILINE)

LEFTOVERS = 24
"""Elements of an earlier text that are cleared before a new one, some 20,000 characters."""


class Slot(Protocol):
    """A place on the page whose content can be replaced, such as `st.empty()`."""

    def html(self, body: str) -> Any:
        """Show HTML."""
        ...

    def code(self, body: str, *, language: str | None, wrap_lines: bool) -> Any:
        """Show a text verbatim."""
        ...

    def markdown(self, body: str) -> Any:
        """Show our own markdown."""
        ...

    def empty(self) -> Any:
        """Show nothing."""
        ...


def draw(text: str, as_markdown: bool = True) -> None:
    """Draw a finished text, up to `MOST_DRAWN`, in the pieces of its stream, which the browser has already drawn."""
    place = st.container()
    for piece in pieces(text[:MOST_DRAWN], as_markdown):
        Piece(lambda: place).show(_finished(piece, as_markdown))
    if len(text) > MOST_DRAWN:
        place.markdown(_remark(len(text)))


class TextStream:
    """Drawing of a growing text.

    Args:
        as_markdown: Whether to format it.
        new_slot: Returns the slot of the next piece, below the previous one; by default at the current place on the page.
        clock: Returns the time in seconds.
    """

    def __init__(
        self, as_markdown: bool = True, new_slot: Callable[[], Slot] | None = None, clock: Callable[[], float] = monotonic
    ) -> None:
        self._as_markdown = as_markdown
        self._new_slot = new_slot or st.container().empty
        self._piece = Piece(self._new_slot)
        self._tail = ""
        self._new = ""
        self._clock = clock
        self._sent_at = clock()
        """When the tail was last resent."""
        self._size = 0
        self._remark: Slot | None = None

    def write(self, new: str) -> None:
        """Append new text; call it once per tick, with an empty text if there is none."""
        shown = new[: max(0, MOST_DRAWN - self._size)]
        is_too_long = len(shown) < len(new)
        self._size += len(new)
        self._new += shown
        if self._new:
            size, now = len(self._tail), self._clock()
            allowed = EACH_SECOND * (now - self._sent_at)
            if not new or is_too_long or len(self._new) * LEAST_SHARE >= size or allowed >= size:
                self._sent_at = now
                self._tail, self._new = self._tail + self._new, ""
                while self._as_markdown and (cut := settled_part(self._tail)):
                    self._piece.show(_parts(self._tail[:cut], self._as_markdown))
                    self._tail = self._tail[cut:].lstrip("\n")
                    self._piece = Piece(self._new_slot)
                if self._tail:
                    self._piece.show(_parts(self._tail, self._as_markdown))
        if is_too_long:
            if self._remark is None:
                self._remark = self._new_slot()
            self._remark.markdown(_remark(self._size))


def cleared_slots() -> Callable[[], Slot]:
    """Return a function that returns the next slot of a text at this place, where nothing of an earlier text is left.

    Streamlit keeps the elements of a container that is drawn again until the script run ends: beside a growing text they would
    look as if they belonged to it.
    """
    place = st.container()
    slots: Iterator[Slot] = iter([place.empty() for _ in range(LEFTOVERS)])
    return lambda: next(slots, None) or place.empty()


class Piece:
    """A growing piece of a text: each of its parts has a slot that is resent only when the part has changed."""

    def __init__(self, new_slot: Callable[[], Slot]) -> None:
        self._new_slot = new_slot
        self._slots: list[Slot] = []
        self._shown: Sequence[Part] = ()

    def show(self, parts: Sequence[Part]) -> None:
        """Replace the content."""
        for number, part in enumerate(parts):
            if number == len(self._slots):
                self._slots.append(self._new_slot())
            if number >= len(self._shown) or self._shown[number] != part:
                slot = self._slots[number]
                if isinstance(part, Code):
                    slot.code(whole(part.text), language=part.language, wrap_lines=True)
                else:
                    slot.html(part.body)
        for slot in self._slots[len(parts) : len(self._shown)]:
            slot.empty()
        self._shown = parts


def pieces(text: str, as_markdown: bool = True) -> Iterator[str]:
    """Split a finished text into the pieces its stream would have; keep it whole if one part refers to another."""
    if as_markdown and not _REFERENCE.search(text):
        while cut := settled_part(text):
            yield text[:cut]
            text = text[cut:].lstrip("\n")
    yield text


def settled_part(text: str, floor: int = FREEZE_AFTER) -> int:
    """Return where a growing text can be cut, whatever follows: its first blank line outside code from `floor`; 0 if none."""
    if len(text) < floor:
        return 0
    fence = ""
    for match in _FENCE_OR_BREAK.finditer(text):
        mark = match["fence"]
        if mark is None:
            if not fence and match.start() >= max(floor, 1):
                return match.start()
        elif not fence:
            fence = mark if mark[0] == "~" or "`" not in match["after"] else ""
        elif mark.startswith(fence) and not match["after"].strip():
            fence = ""
    return 0


def _remark(size: int) -> str:
    text = _("First {drawn} of {size} characters; the record and the downloads have all of them.")
    return f":material/content_cut: :gray[{text.format(drawn=f'{MOST_DRAWN:,}', size=f'{size:,}')}]"


def _parts(text: str, as_markdown: bool) -> Sequence[Part]:
    text = drawable(text)
    return parts(text) if as_markdown else (Code(text, None),)


_finished = lru_cache(maxsize=64)(_parts)
"""Cached because a finished text is drawn again with each click."""
