"""Text in labels and markdown: whatever it holds, it stays text."""

from __future__ import annotations

import re

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|!$:~])")


def plain(text: str) -> str:
    """Escape a text so that markdown draws it as it is: no formatting, no directive, nothing loaded."""
    return _MARKUP.sub(r"\\\1", text)
