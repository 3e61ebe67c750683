"""Text in labels and markdown: whatever it holds, it stays text."""

from __future__ import annotations

import re

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|!$:~&=])")
# Markdown makes a link of a bare address, escaped or not; an invisible joiner in it keeps it a text.
_LINK = re.compile(r"(\w:(?=//)|\bwww(?=\.)|@)", re.IGNORECASE)
_LIST = re.compile(r"^(\d*)([.)+-])")


def plain(text: str) -> str:
    """Escape a text so that markdown draws it as it is, in one line: no formatting, no directive, nothing loaded."""
    return _LIST.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", _LINK.sub("\\1\u2060", " ".join(drawable(text).split()))))


def drawable(text: str) -> str:
    """Put a sign of replacement where half of a character stands alone, as a server may send it: a browser takes no halves."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
