"""What a text is written in: as the server tells it, or else as its bytes look."""

from __future__ import annotations

from codecs import getincrementaldecoder
from contextlib import suppress

_GUESSED = ("utf-8", "gb2312")
"""Tried where no charset is told. Not all of GB 18030, whose pairs fit nearly any text of Latin-1 too."""


def is_charset(name: str) -> bool:
    """Tell whether a name is that of a charset, and not of a packing."""
    try:
        "".encode(name)
    except (LookupError, ValueError):
        return False
    return True


def read_text(data: bytes, charset: str | None = None) -> str:
    """Read bytes, which may be cut in the middle of a character, as text.

    Args:
        data: What came.
        charset: As the server tells it; `None` if it does not.
    """
    if charset is not None and charset.lower() != "utf-8":  # which is what many say, whatever they write
        with suppress(LookupError, ValueError):  # there is no such charset
            return data.decode(charset, "replace")
    return data.decode(next(filter(lambda guessed: _fits(data, guessed), _GUESSED), "utf-8"), "replace")


def _fits(data: bytes, charset: str) -> bool:
    try:
        getincrementaldecoder(charset)().decode(data)
    except UnicodeDecodeError:
        return False
    return True
