"""Split the body of a streamed answer into its envelopes, from pieces of any size.

Two forms (dify-protocol 3.4.4, 3.4.8), recognised by the first byte: binary frames since June 2025, lines before. A frame is::

    0x0F  0x00  header length 10 (u16)  data length (u32)  six zero bytes  JSON

with little-endian numbers. Lines end with two newlines; `data:` may precede the JSON, and `event:` lines are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from struct import Struct
from typing import NamedTuple, Protocol

from boomerang.invoker.errors import ProtocolError
from boomerang.invoker.messages.message import Message

MAGIC = 0x0F
HEADER = 14
HEADER_LENGTH = 10
"""Value of the header's own length field: the bytes of the header after the first four."""
MOST_BYTES = 30 * 2**20
"""Limit for one frame or line: the default of the daemon's `RESPONSE_MAX_BUFFER_SIZE`."""
_HEADER = Struct("<4sI6s")
_BEGINNING = bytes([MAGIC, 0, HEADER_LENGTH, 0])
_ZEROS = bytes(6)


class Frame(NamedTuple):
    """One envelope of a stream."""

    offset: int
    """Where the frame or line begins in the body."""
    size: int
    """Bytes of the JSON as received."""
    data: bytes
    """The JSON."""


class Decoder(Protocol):
    """Splits one body."""

    def feed(self, piece: bytes) -> Iterator[Frame]:
        """Add the next bytes; yield the envelopes that are complete.

        Raises:
            ProtocolError: The bytes are not in this form.
        """
        ...

    def end(self) -> Iterator[Frame]:
        """End the body; yield an envelope that only the end completes.

        Raises:
            ProtocolError: The body was cut off.
        """
        ...


class FrameDecoder:
    """Splits binary frames. Keeps only bytes that arrived, never what a header announces."""

    def __init__(self) -> None:
        self._offset = 0
        self._head = b""
        self._size: int | None = None
        """Data length of the current frame; `None` until its header is complete."""
        self._data = BytesIO()

    def feed(self, piece: bytes) -> Iterator[Frame]:
        """Add the next bytes; yield the complete frames."""
        at, end = 0, len(piece)
        while at < end:
            if not self._head:  # most frames are whole within a piece
                offset = self._offset
                while end - at >= HEADER:
                    beginning, size, zeros = _HEADER.unpack_from(piece, at)
                    if beginning != _BEGINNING or zeros != _ZEROS or size > MOST_BYTES:
                        _size(piece[at : at + HEADER])  # raises
                    start = at + HEADER
                    stop = start + size
                    if stop > end:
                        break
                    yield Frame(offset, size, piece[start:stop])
                    offset += HEADER + size
                    at = stop
                self._offset = offset
                if at == end:
                    return
            at = self._take(piece, at, end)
            if self._size is not None and self._data.tell() == self._size:
                data, size, offset = self._data.getvalue(), self._size, self._offset
                self._data = BytesIO()
                self._offset += HEADER + size
                self._head, self._size = b"", None
                yield Frame(offset, size, data)
                del data

    def _take(self, piece: bytes, at: int, end: int) -> int:
        """Add bytes to the current frame; return where the rest of the piece begins."""
        if self._size is None:
            taken = min(HEADER - len(self._head), end - at)
            self._head += piece[at : at + taken]
            if self._head[0] != MAGIC or len(self._head) == HEADER:
                self._size = _size(self._head)
            return at + taken
        taken = min(self._size - self._data.tell(), end - at)
        self._data.write(memoryview(piece)[at : at + taken])
        return at + taken

    def end(self) -> Iterator[Frame]:
        """Check that the body ended between two frames."""
        if self._head:
            count = len(self._head) + self._data.tell()
            size = "?" if self._size is None else f"{HEADER + self._size:,}"
            raise ProtocolError(Message("dify.cut_frame", count=count, size=size, offset=self._offset))
        return iter(())


def _size(head: bytes) -> int:
    """Return the data length in a header.

    Args:
        head: The header, or a beginning of it with another first byte.

    Raises:
        ProtocolError: It is no header of a frame.
    """
    if head[:4] == _BEGINNING and head[8:] == _ZEROS:
        size = int.from_bytes(head[4:8], "little")
        if size <= MOST_BYTES:
            return size
        raise ProtocolError(Message("dify.frame_too_long", size=size, limit=MOST_BYTES))
    if head[0] != MAGIC:
        raise ProtocolError(Message("dify.magic", number=head[0]))
    length = int.from_bytes(head[2:4], "little")
    if length != HEADER_LENGTH:
        raise ProtocolError(Message("dify.header_length", length=length))
    raise ProtocolError(Message("dify.reserved", bytes=head.hex(" ")))


class LineDecoder:
    """Splits the lines of a Dify before June 2025."""

    def __init__(self) -> None:
        self._offset = 0
        self._line = BytesIO()

    def feed(self, piece: bytes) -> Iterator[Frame]:
        """Add the next bytes; yield the complete lines."""
        at = 0
        while (end := piece.find(b"\n", at)) >= 0:
            self._add(piece[at:end])
            at = end + 1
            yield from self._taken(1)
        self._add(piece[at:])

    def end(self) -> Iterator[Frame]:
        """Yield a last line without a line break, unless it is cut off."""
        for frame in self._taken(0):
            if not frame.data.endswith(b"}"):
                raise ProtocolError(Message("dify.cut_line", count=frame.size, offset=frame.offset))
            yield frame

    def _add(self, part: bytes) -> None:
        if self._line.tell() + len(part) > MOST_BYTES:
            raise ProtocolError(Message("dify.line_too_long", limit=MOST_BYTES))
        self._line.write(part)

    def _taken(self, breaks: int) -> Iterator[Frame]:
        size = self._line.tell()
        offset, self._offset = self._offset, self._offset + size + breaks
        if not size:
            return
        line, self._line = self._line.getvalue().strip(), BytesIO()
        if not line.startswith(b"event:") and (data := line.removeprefix(b"data:").strip()):
            yield Frame(offset, len(data), data)


def decoder_for(beginning: bytes) -> Decoder:
    """Return the decoder of a body by its first byte.

    Raises:
        ProtocolError: No Dify begins an answer like this.
    """
    if beginning[:1] == bytes([MAGIC]):
        return FrameDecoder()
    if beginning.lstrip()[:1] in (b"{", b"d", b"e", b""):
        return LineDecoder()
    raise ProtocolError(Message("dify.magic", number=beginning[0]))


def split(pieces: Iterator[bytes]) -> Iterator[Frame]:
    """Yield the envelopes of a body as its pieces arrive.

    Raises:
        ProtocolError: The body is neither frames nor lines, exceeds a limit, or was cut off; earlier envelopes were yielded.
    """
    decoder: Decoder | None = None
    for piece in pieces:
        if piece:
            decoder = decoder or decoder_for(piece)
            yield from decoder.feed(piece)
    if decoder is not None:
        yield from decoder.end()
