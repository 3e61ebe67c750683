"""Text from outside as a browser can show it."""

from __future__ import annotations


def drawable(text: str) -> str:
    """Put a sign of replacement where half of a character stands alone, as a server may send it: a browser takes no halves."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
