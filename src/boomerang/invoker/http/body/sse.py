"""Server-sent events: bytes in pieces of any size → events.

Source: WHATWG HTML, "Server-sent events", 9.2.5 and 9.2.6. Servers of models bend it, and what they bend is kept here and not
lost: the last event of a stream counts without a blank line behind it, a whole object ends where another one begins, and a line
that is no field, or a field that names an error, is an event of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from boomerang.invoker.errors import ProtocolError
from boomerang.invoker.messages.message import Message

LONGEST_EVENT = 16 * 2**20
"""Bytes of an event, and of each line; an image in an answer has some megabytes."""
_BOM = b"\xef\xbb\xbf"
_NAME = re.compile(rb"[\w-]+")
"""The name of a field; one that is not known is left out, as the source has it."""


class Event(NamedTuple):
    """One event."""

    data: bytes
    """Its data lines, joined by line feeds; never empty."""
    name: str = ""
    """What the field `event` said; empty if it said nothing."""
    stray: bool = False
    """Whether `data` stood in a line that is none of data, such as an error that the server wrote into its stream."""


class SSEDecoder:
    """Reads events out of a stream; costs linear work, however small the pieces are.

    Args:
        longest: Bytes that an event may have, and a line.
    """

    __slots__ = ("_after_return", "_begun", "_data", "_data_size", "_longest", "_name", "_pending", "lines")

    def __init__(self, longest: int = LONGEST_EVENT) -> None:
        self._longest = longest
        self.lines = 0
        """Lines that were read, whatever was in them."""
        self._pending = bytearray()
        """Of a line whose end has not come."""
        self._after_return = False
        """Whether the last piece ended with a carriage return: a line feed may follow it."""
        self._begun = False
        self._data: list[bytes] = []
        self._data_size = 0
        self._name = ""

    def feed(self, piece: bytes) -> Iterator[Event]:
        """Take the next piece; gives the events that it completes.

        Raises:
            ProtocolError: A line or an event is longer than it may be.
        """
        if self._after_return and piece:
            self._after_return = False
            if piece.startswith(b"\n"):
                piece = piece[1:]
        lines = piece.splitlines(keepends=True)
        rest = lines.pop() if lines and lines[-1][-1:] not in (b"\n", b"\r") else b""
        if lines:
            self._after_return = lines[-1].endswith(b"\r")
            self.lines += len(lines)
            if self._pending:
                lines[0] = bytes(self._pending) + lines[0]
                self._pending.clear()
        if rest:
            self._pending += rest
            self._check(len(self._pending))
        for line in lines:
            self._check(len(line))
            if (event := self._read(line.rstrip(b"\r\n"))) is not None:
                yield event

    def flush(self) -> Iterator[Event]:
        """Return what is left; the stream has ended."""
        last, self._pending = bytes(self._pending), bytearray()
        for line in (last, b"") if last else (b"",):
            if (event := self._read(line)) is not None:
                yield event

    def _check(self, size: int) -> None:
        if size > self._longest:
            raise ProtocolError(Message("http.long_line", most=self._longest))

    def _read(self, line: bytes) -> Event | None:
        """Take a line; give the event that it ends."""
        if not self._begun:
            self._begun = True
            line = line.removeprefix(_BOM)
        if line.startswith(b"data:"):  # nearly always
            data = line[6:] if line[5:6] == b" " else line[5:]
            ended = self._ended() if self._data and self._data[-1][-1:] == b"}" and _begins(data, self._data) else None
            self._data.append(data)
            self._data_size += len(line)
            if self._data_size > self._longest:
                raise ProtocolError(Message("http.long_event", most=self._longest))
            return ended
        if not line:
            return self._ended()
        return None if line.startswith(b":") else self._field(line)

    def _ended(self) -> Event | None:
        """Return the event that was read; none if it said nothing, as those that only keep a connection open."""
        data = b"\n".join(self._data)
        ended = Event(data, self._name) if data else None
        self._data, self._data_size, self._name = [], 0, ""
        return ended

    def _field(self, line: bytes) -> Event | None:
        name, colon, value = line.partition(b":")
        if name == b"data":
            return self._read(b"data:")
        if name == b"event":
            self._name = value.removeprefix(b" ").decode("utf-8", "replace")
        elif name.lower() == b"error":  # llama.cpp before September 2025
            return Event(value.strip(), "error", stray=True)
        elif not colon or not _NAME.fullmatch(name) or name.lower().endswith((b"error", b"exception")):
            return Event(line, stray=True)
        return None


def _begins(data: bytes, before: list[bytes]) -> bool:
    """Return whether a line of data begins an event although no blank line stands before it.

    Some servers leave it out. No JSON goes on with an object, or with [DONE], behind one that is whole in one line.
    """
    return len(before) == 1 and before[0].startswith(b"{") and data.startswith((b"{", b"[DONE]"))
