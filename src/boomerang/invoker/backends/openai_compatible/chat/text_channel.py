"""A text that comes in pieces: characters cut in two are made whole, and credentials are masked."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
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
        hiding: Masks credentials, wherever they are cut.
    """

    __slots__ = ("_letters", "_mask", "_size", "_texts")

    def __init__(self, hiding: Hiding) -> None:
        self._letters = Letters()
        self._mask = hiding.stream()
        self._texts: list[str] = []
        self._size = 0

    def feed(self, piece: str) -> str:
        """Return what of a piece can be passed on, after what was held back before it."""
        if not piece:
            return ""
        text = self._mask.feed(self._letters.feed(piece))
        self._texts.append(text)
        self._size += len(text)
        return text

    def rest(self) -> str:
        """Return what was held back; the text has ended."""
        return self._mask.feed(self._letters.rest()) + self._mask.rest()

    def was(self, text: str) -> bool:
        """Return whether a text is all that was passed on."""
        if len(text) != self._size:
            return False
        self._texts = ["".join(self._texts)]
        return self._texts[0] == text


def cleaned(value: Any, hiding: Hiding) -> Any:
    """Return a JSON value with its texts made whole and without credentials."""
    if isinstance(value, str):
        channel = Channel(hiding)
        return channel.feed(value) + channel.rest()
    if isinstance(value, list):
        return [cleaned(item, hiding) for item in value]
    if isinstance(value, dict):
        return {cleaned(name, hiding): cleaned(item, hiding) for name, item in value.items()}
    return value


class Letters:
    r"""Joins the halves of characters. Linear in the text.

    JSON can spell half of a character (`\ud83d`), and a server can cut one between its bytes, which `surrogateescape` has made
    lone surrogates. A page can show neither. A half whose other half never comes is U+FFFD.
    """

    __slots__ = ("_pending",)

    def __init__(self) -> None:
        self._pending = ""

    def feed(self, piece: str) -> str:
        """Return what of a piece is whole, with the half before it."""
        if piece.isascii() and not self._pending:  # nearly always
            return piece
        text, self._pending = self._pending + piece, ""
        if _HALF.search(text) is None:
            return text
        text = _PAIR.sub(lambda pair: pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le"), text)
        return self._whole(text)

    def rest(self) -> str:
        """Return what stands for a half whose other half never came."""
        pending, self._pending = self._pending, ""
        return "\ufffd" if pending else ""

    def _whole(self, text: str) -> str:
        if "\ud800" <= text[-1] <= "\udbff":
            text, self._pending = text[:-1], text[-1:]
        elif tail := _TAIL.search(text):  # its last bytes may be the beginning of a character
            decoder = _decoder("replace")
            ended = decoder.decode(tail[0].encode("utf-8", "surrogateescape"))
            self._pending = decoder.getstate()[0].decode("utf-8", "surrogateescape")
            text = text[: tail.start()] + ended
        return _HALVES.sub(_read_bytes, text)


def _read_bytes(match: re.Match[str]) -> str:
    try:
        return match[0].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:  # half of a character that JSON spelled
        return "\ufffd"
