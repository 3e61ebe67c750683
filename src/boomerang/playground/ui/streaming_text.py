"""Text of a model: markdown that can load nothing, drawn in pieces so that a long stream costs linear work."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Protocol

import streamlit as st

from boomerang.workbench.i18n.translate import _
from boomerang.workbench.results.drawable_text import drawable

from .commonmark import Code, Part, parts
from .escape import whole

FREEZE_AFTER = 2000
"""Characters of the tail from which its settled part becomes an element of its own and is not sent again."""
LEAST_SHARE = 64
"""A tail is sent again when this part of it is new, so that a text that never settles, as one long block of code, costs
linear work too. The rest of it shows on the next tick that brings nothing, or at the end."""
EACH_TICK = 1250
"""Characters that each tick allows to be sent again whatever is new in them: 16 kB a second. A slow answer then flows, where
waiting for a share of it would show it in jerks; and what that costs grows with the time, not with the text."""
MOST_DRAWN = 60_000
"""Characters of one text that are drawn, some 15,000 tokens: with a few times as many a browser takes seconds for each click,
wherever on the page. The rest is in the record and in the downloads."""

# A line with a fence of code; or a blank line whose next block is no list, table, quote or indented code: what stands before
# it does not change any more.
_FENCE_OR_BREAK = re.compile(
    r"^(?:[ \t>]|[-*+] |\d+[.)] )*(?P<fence>`{3,}|~{3,})(?P<after>[^\n]*)$|\n\n(?=[A-Za-z#`~(\[\u3040-\uffdc])", re.MULTILINE
)
# What the rest of the text may point to, so that its pieces are not to be read one by one: a footnote, the address of a link.
_REFERENCE = re.compile(r"^ {0,3}\[[^\]\n]+\]:", re.MULTILINE)


class Slot(Protocol):
    """A place on the page whose content can be replaced, as `st.empty()`."""

    def html(self, body: str) -> Any:
        """Show HTML."""
        ...

    def code(self, body: str, *, language: str | None, wrap_lines: bool) -> Any:
        """Show a text as it is."""
        ...

    def markdown(self, body: str) -> Any:
        """Show words of our own."""
        ...

    def empty(self) -> Any:
        """Show nothing."""
        ...


def draw(text: str, as_markdown: bool = True) -> None:
    """Draw a finished text, as much of it as a browser bears; in the pieces of its stream, which the browser then has drawn."""
    place = st.container()
    for piece in pieces(text[:MOST_DRAWN], as_markdown):
        for part in _finished(piece, as_markdown):
            show(place, part)
    if len(text) > MOST_DRAWN:
        place.markdown(_remark(len(text)))


class TextStream:
    """Draws a growing text.

    Args:
        as_markdown: Whether to format it.
        new_slot: Gives the place of the next piece, below the one before; by default on the page, where it stands now.
    """

    def __init__(self, as_markdown: bool = True, new_slot: Callable[[], Slot] | None = None) -> None:
        self._as_markdown = as_markdown
        self._new_slot = new_slot or st.container().empty
        self._piece = _Piece(self._new_slot)
        self._tail = ""
        self._new: list[str] = []
        self._new_size = 0
        self._allowed = 0
        self._size = 0
        self._remark: Slot | None = None

    def write(self, new: str) -> None:
        """Append what is new, once a tick; nothing on a tick that brings nothing."""
        room = MOST_DRAWN - self._size
        self._size += len(new)
        if len(new) <= room:
            self._draw(new)
        elif self._remark is None:
            self._draw(new[:room])
            self._draw("")  # what was held back
            self._remark = self._new_slot()
        if new and self._remark is not None:
            self._remark.markdown(_remark(self._size))

    def _draw(self, new: str) -> None:
        if new:
            self._new.append(new)
            self._new_size += len(new)
        if not self._new:
            return
        self._allowed += EACH_TICK
        size = len(self._tail)
        if new and self._new_size * LEAST_SHARE < size and self._allowed < size:
            return
        self._allowed = 0
        self._tail += "".join(self._new)
        self._new, self._new_size = [], 0
        while self._as_markdown and (cut := settled_part(self._tail)):
            self._piece.show(_parts(self._tail[:cut], self._as_markdown))
            self._tail = self._tail[cut:].lstrip("\n")
            self._piece = _Piece(self._new_slot)
        if self._tail:
            self._piece.show(_parts(self._tail, self._as_markdown))


class _Piece:
    """A growing piece of a text: each of its parts in a slot that is sent again only when the part has changed."""

    def __init__(self, new_slot: Callable[[], Slot]) -> None:
        self._new_slot = new_slot
        self._slots: list[Slot] = []
        self._shown: Sequence[Part] = ()

    def show(self, parts: Sequence[Part]) -> None:
        """Replace what is shown."""
        for number, part in enumerate(parts):
            if number == len(self._slots):
                self._slots.append(self._new_slot())
            if number >= len(self._shown) or self._shown[number] != part:
                show(self._slots[number], part)
        for slot in self._slots[len(parts) : len(self._shown)]:
            slot.empty()
        self._shown = parts


def pieces(text: str, as_markdown: bool = True) -> Iterator[str]:
    """Cut a finished text into the pieces that its stream came to, however that came; whole if a part of it needs another."""
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
"""A finished text is drawn again at every click."""


def show(slot: Slot, part: Part) -> None:
    """Draw a part into a slot."""
    if isinstance(part, Code):
        slot.code(whole(part.text), language=part.language, wrap_lines=True)
    else:
        slot.html(part.body)
