"""External text in a form that browsers can display."""

from __future__ import annotations


def drawable(text: str) -> str:
    """Replace unpaired surrogates, which servers may send but browsers reject."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
