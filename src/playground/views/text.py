"""Text of a model: markdown that can load nothing, drawn in pieces so that a long stream costs linear work."""

from __future__ import annotations

import re

import streamlit as st

FREEZE_AFTER = 2000
"""Characters of the tail from which its finished part becomes an element of its own and is not sent again."""

# A blank line whose next block is no list, table, quote or indented code: what stands before it does not change any more.
_BREAK = re.compile(r"\n\n(?=[A-Za-z#`(\[\u3040-\uffdc])")
# The policy header stops every remote load; this keeps the broken-image signs off the page and dollar amounts from
# turning into formulas.
_UNWANTED = re.compile(r"!(?=\[)|\$")


def safe(text: str) -> str:
    """Escape what markdown would make of a model's text beyond formatting: images and formulas."""
    return _UNWANTED.sub(lambda found: "\\" + found[0], text)


def draw(text: str, as_markdown: bool = True) -> None:
    """Draw a finished text."""
    if as_markdown:
        st.markdown(safe(text))
    else:
        st.code(text, language=None, wrap_lines=True)


class TextStream:
    """Draws a growing text."""

    def __init__(self, as_markdown: bool = True) -> None:
        self._as_markdown = as_markdown
        self._box = st.container()
        self._tail = ""
        with self._box:
            self._slot = st.empty()

    def write(self, new: str) -> None:
        """Append; the finished part of a long text is frozen."""
        if not new:
            return
        self._tail += new
        cut = frozen_part(self._tail) if self._as_markdown else 0
        if cut:
            self._draw(self._tail[:cut])
            self._tail = self._tail[cut:].lstrip("\n")
            with self._box:
                self._slot = st.empty()
        if self._tail:
            self._draw(self._tail)

    def _draw(self, text: str) -> None:
        if self._as_markdown:
            self._slot.markdown(safe(text))
        else:
            self._slot.code(text, language=None, wrap_lines=True)


def frozen_part(text: str, floor: int = FREEZE_AFTER) -> int:
    """Tell how many characters of a growing text are settled: up to a blank line outside code; 0 if none are."""
    if len(text) < floor:
        return 0
    for found in reversed(list(_BREAK.finditer(text))):
        if text.count("```", 0, found.start()) % 2 == 0:
            return found.start()
    return 0
