"""What a text is written in: as the server tells it, or else as its bytes look."""

from __future__ import annotations

from codecs import getincrementaldecoder, lookup

_GUESSED = ("utf-8", "gb2312")
"""Tried where no charset is told. Not all of GB 18030, whose pairs fit nearly any text of Latin-1 too.

charset-normalizer is no help with texts as short as errors. It reads most short Chinese ones as Korean or Big5 ("早上好" as
"婌奻疑"), and UTF-8 with one wrong byte as a text of single-byte letters ("Schlüssel" as "SchlĂĽssel").
"""
_NOT_OF_TEXTS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})
"""What Python counts among the charsets and no server means; the time that some take grows with the square of the text."""
_LONGEST_NAME = 40
"""Python keeps each name that it has looked up, known or not."""
_SLICE = 2**20


def is_charset(name: str) -> bool:
    """Return whether a name is that of a charset, and not of a packing."""
    return known(name) is not None


def known(name: str | None) -> str | None:
    """Return how Python spells a charset; `None` if there is none of this name, or no name."""
    if name is None or len(name) > _LONGEST_NAME:
        return None
    try:
        "".encode(name)
        spelled = lookup(name).name
    except (LookupError, ValueError):
        return None
    return None if spelled.replace("_", "-") in _NOT_OF_TEXTS else spelled


def read_text(data: bytes, charset: str | None = None) -> str:
    """Read bytes, which may be cut in the middle of a character, as text.

    Args:
        data: What came.
        charset: As the server tells it; `None` if it does not.
    """
    if charset in (None, "utf-8") and data.isascii():  # nearly always
        return data.decode()
    return data.decode(charset_of(data, charset), "replace")


def charset_of(data: bytes, charset: str | None = None) -> str:
    """Return the charset of bytes, which may be cut in the middle of a character: that of the server, or else one that fits.

    Args:
        data: What came.
        charset: As the server tells it; `None` if it does not. UTF-8 is what many say, whatever they write.

    Returns:
        As Python spells it; UTF-8 if the server names no other and none fits.
    """
    if (stated := known(charset)) not in (None, "utf-8"):
        return stated
    return next((guessed for guessed in _GUESSED if fits(data, guessed)), "utf-8")


def fits(data: bytes, charset: str) -> bool:
    """Return whether bytes, which may be cut in the middle of a character, are text in a charset."""
    decoder = getincrementaldecoder(charset)()
    try:
        for start in range(0, len(data), _SLICE):  # the whole text could take four times the memory of its bytes
            decoder.decode(data[start : start + _SLICE])
    except UnicodeDecodeError:
        return False
    return True
