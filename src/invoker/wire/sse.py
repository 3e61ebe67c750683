"""Server-sent events: bytes in pieces of any size → events.

Source: WHATWG HTML, "Server-sent events", 9.2.5 and 9.2.6. Servers of models bend it, and what they bend is kept here and not
lost: the last event of a stream counts without a blank line behind it, and a line that is no field is an event of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..errors import ProtocolError

LONGEST_EVENT = 16 * 2**20
"""Bytes of an event, and of each line; an image in an answer has some megabytes."""
_BOM = b"\xef\xbb\xbf"


class Event(NamedTuple):
    """One event."""

    data: bytes
    """Its data lines, joined by line feeds."""
    name: str = ""
    """What the field `event` said; empty if it said nothing."""
    stray: bool = False
    """Whether `data` is a line that is no field at all, such as an error that the server wrote into its stream."""


class SSEDecoder:
    """Reads events out of a stream; costs linear work, however small the pieces are.

    Args:
        longest: Bytes that an event may have, and a line.
    """

    __slots__ = ("_after_return", "_begun", "_data", "_data_size", "_held", "_held_size", "_longest", "_name")

    def __init__(self, longest: int = LONGEST_EVENT) -> None:
        self._longest = longest
        self._held: list[bytes] = []
        """Of a line whose end has not come."""
        self._held_size = 0
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
            if self._held:
                lines[0] = b"".join((*self._held, lines[0]))
                self._held, self._held_size = [], 0
        if rest:
            self._held.append(rest)
            self._held_size += len(rest)
            self._check(self._held_size)
        for line in lines:
            self._check(len(line))
            if (event := self._read(line.rstrip(b"\r\n"))) is not None:
                yield event

    def flush(self) -> Iterator[Event]:
        """Give what is left; the stream has ended."""
        last, self._held = b"".join(self._held), []
        for line in (last, b"") if last else (b"",):
            if (event := self._read(line)) is not None:
                yield event

    def _check(self, size: int) -> None:
        if size > self._longest:
            raise ProtocolError(f"A line of the stream has more than {self._longest:,} bytes.")

    def _read(self, line: bytes) -> Event | None:
        """Take a line; give the event that it ends."""
        if not self._begun:
            self._begun = True
            line = line.removeprefix(_BOM)
        if line.startswith(b"data:"):  # nearly always
            self._data.append(line[6:] if line[5:6] == b" " else line[5:])
            self._data_size += len(line)
            if self._data_size > self._longest:
                raise ProtocolError(f"An event of the stream has more than {self._longest:,} bytes.")
        elif not line:
            ended = Event(b"\n".join(self._data), self._name) if self._data else None
            self._data, self._data_size, self._name = [], 0, ""
            return ended
        elif not line.startswith(b":"):
            return self._field(line)
        return None

    def _field(self, line: bytes) -> Event | None:
        name, _, value = line.partition(b":")
        if name == b"data":
            return self._read(b"data:")
        if name == b"event":
            self._name = value.removeprefix(b" ").decode("utf-8", "replace")
        elif not name.replace(b"-", b"").replace(b"_", b"").isalnum() or not _:
            return Event(line, stray=True)
        return None
