"""Server-sent events: bytes in pieces of any size → events.

Source: WHATWG HTML, "Server-sent events", 9.2.5 and 9.2.6. Model servers deviate from it, so this parser is lenient: the last
event of a stream needs no blank line after it, an object is complete when another one begins, and a line that is not a field,
or a field that names an error, is an event of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from boomerang.invoker.errors import ProtocolError
from boomerang.invoker.messages.message import Message

LONGEST_EVENT = 16 * 2**20
"""Maximum bytes of an event, and of each line; an image in a response takes some megabytes."""
_BOM = b"\xef\xbb\xbf"
_NAME = re.compile(rb"[\w-]+")
"""A field name; unknown fields are ignored, as the standard requires."""


class Event(NamedTuple):
    """One event."""

    data: bytes
    """The data lines, joined by line feeds; never empty."""
    name: str = ""
    """Value of the `event` field; empty if absent."""
    stray: bool = False
    """Whether `data` is from a line that is not a data line, such as an error that the server wrote into its stream."""


class SSEDecoder:
    """Parses events from a stream in linear time, however small the pieces are.

    Args:
        longest: Maximum bytes of an event, and of a line.
    """

    __slots__ = ("_after_return", "_begun", "_data", "_data_size", "_longest", "_name", "_pending", "lines")

    def __init__(self, longest: int = LONGEST_EVENT) -> None:
        self._longest = longest
        self.lines = 0
        """Number of lines read, whatever they contain."""
        self._pending = bytearray()
        """Beginning of an incomplete line."""
        self._after_return = False
        """Whether the last piece ended with a carriage return, so a line feed may follow."""
        self._begun = False
        self._data: list[bytes] = []
        self._data_size = 0
        self._name = ""

    def feed(self, piece: bytes) -> Iterator[Event]:
        """Read the next piece and yield the events it completes.

        Raises:
            ProtocolError: A line or an event is too long.
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
        """Yield the remaining events at the end of the stream."""
        last, self._pending = bytes(self._pending), bytearray()
        for line in (last, b"") if last else (b"",):
            if (event := self._read(line)) is not None:
                yield event

    def _check(self, size: int) -> None:
        if size > self._longest:
            raise ProtocolError(Message("http.long_line", most=self._longest))

    def _read(self, line: bytes) -> Event | None:
        """Read a line and return the event that it completes, if any."""
        if not self._begun:
            self._begun = True
            line = line.removeprefix(_BOM)
        following: list[bytes] = []
        if line.startswith(b"data:"):  # nearly always
            data = line[6:] if line[5:6] == b" " else line[5:]
            if not (self._data and self._data[-1][-1:] == b"}" and _begins(data, self._data)):
                self._data.append(data)
                self._data_size += len(line)
                if self._data_size > self._longest:
                    raise ProtocolError(Message("http.long_event", most=self._longest))
                return None
            following = [data]
        elif line:
            return None if line.startswith(b":") else self._field(line)
        data = b"\n".join(self._data)
        event = Event(data, self._name) if data else None  # without data it is a keep-alive
        self._data, self._data_size, self._name = following, len(line), ""
        return event

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
    """Return whether a data line begins a new event without a blank line before it.

    Some servers omit it. After a complete one-line object, no JSON continues with an object or [DONE].
    """
    return len(before) == 1 and before[0].startswith(b"{") and data.startswith((b"{", b"[DONE]"))
