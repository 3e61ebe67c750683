"""Determine the charset of a text: as the server declares it, else guessed from the bytes."""

from __future__ import annotations

from codecs import getincrementaldecoder, lookup

_GUESSED = ("utf-8", "gb2312")
"""Tried if no charset is declared. Not all of GB 18030, whose pairs also match nearly any Latin-1 text.

charset-normalizer does not help with texts as short as errors. It reads most short Chinese ones as Korean or Big5 ("早上好" as
"婌奻疑"), and UTF-8 with one wrong byte as a single-byte charset ("Schlüssel" as "SchlĂĽssel").
"""
_NOT_OF_TEXTS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})
"""Python codecs that no server means; some take quadratic time."""
_LONGEST_NAME = 40
"""Maximum length: Python caches each name that it looks up, known or not."""
_SLICE = 2**20


def is_charset(name: str) -> bool:
    """Return whether a name is that of a charset, rather than a compression."""
    return known(name) is not None


def known(name: str | None) -> str | None:
    """Return Python's name for a charset; `None` if unknown or `None`."""
    if name is None or len(name) > _LONGEST_NAME:
        return None
    try:
        "".encode(name)
        spelled = lookup(name).name
    except (LookupError, ValueError):
        return None
    return None if spelled.replace("_", "-") in _NOT_OF_TEXTS else spelled


def read_text(data: bytes, charset: str | None = None) -> str:
    """Decode bytes as text; they may be cut in the middle of a character.

    Args:
        data: The bytes.
        charset: As declared by the server; `None` if it is not.
    """
    if charset in (None, "utf-8") and data.isascii():  # nearly always
        return data.decode()
    return data.decode(charset_of(data, charset), "replace")


def charset_of(data: bytes, charset: str | None = None) -> str:
    """Return the charset of bytes, which may be cut in the middle of a character: the server's, else one that fits.

    Args:
        data: The bytes.
        charset: As declared by the server; `None` if it is not. A declared UTF-8 is not trusted, as it is often wrong.

    Returns:
        Python's name for it; UTF-8 if the server declares no other and none fits.
    """
    if (stated := known(charset)) not in (None, "utf-8"):
        return stated
    return next((guessed for guessed in _GUESSED if fits(data, guessed)), "utf-8")


def fits(data: bytes, charset: str) -> bool:
    """Return whether bytes, possibly cut in the middle of a character, are valid in a charset."""
    decoder = getincrementaldecoder(charset)()
    try:
        for start in range(0, len(data), _SLICE):  # decoding all at once could take four times the memory of the bytes
            decoder.decode(data[start : start + _SLICE])
    except UnicodeDecodeError:
        return False
    return True
