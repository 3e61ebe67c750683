"""Text that arrives in pieces: joins split characters and masks credentials."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from hashlib import blake2b
from typing import Any

from boomerang.invoker.http.redaction.masking import Hiding

_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_HALF = re.compile("[\ud800-\udfff]")
_HALVES = re.compile("[\udc80-\udcff]+|[\ud800-\udfff]")
_TAIL = re.compile("[\udc80-\udcff]+$")
_decoder = getincrementaldecoder("utf-8")


class Channel:
    """A text in pieces, such as an answer's reasoning or the arguments of one call.

    Args:
        hiding: Masks credentials, even if they are split.
    """

    __slots__ = ("_digest", "_letters", "_mask", "_size")

    def __init__(self, hiding: Hiding) -> None:
        self._letters = Letters()
        self._mask = hiding.stream()
        self._digest = blake2b()
        """Of all that was passed on, as keeping it would take memory without a bound."""
        self._size = 0

    def feed(self, piece: str) -> str:
        """Add a piece; return the text that can be passed on, including what was buffered before it."""
        if not piece:
            return ""
        text = self._mask.feed(self._letters.feed(piece))
        self._digest.update(_bytes(text))
        self._size += len(text)
        return text

    def rest(self) -> str:
        """Return the buffered rest at the end of the text."""
        return self._mask.feed(self._letters.rest()) + self._mask.rest()

    def was(self, text: str) -> bool:
        """Return whether a text equals everything that was passed on."""
        return len(text) == self._size and blake2b(_bytes(text)).digest() == self._digest.digest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def cleaned(value: Any, hiding: Hiding) -> Any:
    """Return a JSON value with characters joined and credentials masked in its texts."""
    if isinstance(value, str):
        channel = Channel(hiding)
        return channel.feed(value) + channel.rest()
    if isinstance(value, list):
        return [cleaned(item, hiding) for item in value]
    if isinstance(value, dict):
        return {cleaned(name, hiding): cleaned(item, hiding) for name, item in value.items()}
    return value


class Letters:
    r"""Joins split characters. Linear in the text.

    JSON can encode half of a character (`\ud83d`), and a server can split one between its bytes, which `surrogateescape` turns
    into lone surrogates. A page can show neither. A half without its counterpart becomes U+FFFD.
    """

    __slots__ = ("_pending",)

    def __init__(self) -> None:
        self._pending = ""

    def feed(self, piece: str) -> str:
        """Add a piece; return the complete characters, including the half before it."""
        if piece.isascii() and not self._pending:  # the common case
            return piece
        text, self._pending = self._pending + piece, ""
        if _HALF.search(text) is None:
            return text
        text = _PAIR.sub(lambda pair: pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le"), text)
        return self._whole(text)

    def rest(self) -> str:
        """Return U+FFFD for a half whose counterpart never came."""
        pending, self._pending = self._pending, ""
        return "\ufffd" if pending else ""

    def _whole(self, text: str) -> str:
        if "\ud800" <= text[-1] <= "\udbff":
            text, self._pending = text[:-1], text[-1:]
        elif tail := _TAIL.search(text):  # its last bytes may begin a character
            decoder = _decoder("replace")
            ended = decoder.decode(tail[0].encode("utf-8", "surrogateescape"))
            self._pending = decoder.getstate()[0].decode("utf-8", "surrogateescape")
            text = text[: tail.start()] + ended
        return _HALVES.sub(_read_bytes, text)


def _read_bytes(match: re.Match[str]) -> str:
    try:
        return match[0].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:  # half of a character, encoded in JSON
        return "\ufffd"
