"""Length-prefixed messages in a pipe: four bytes of length (big-endian), then the message, up to a size limit."""

from __future__ import annotations

from struct import Struct

LARGEST_FRAME = 64 << 20
"""Default limit for the bytes of a message."""
_HEAD = Struct(">I")


class FrameTooLargeError(ValueError):
    """A message exceeds the size limit."""

    def __init__(self, size: int, largest: int) -> None:
        self.size, self.largest = size, largest
        super().__init__(f"a message of {size:,} bytes, where at most {largest:,} are allowed")


def framed(message: bytes, largest: int = LARGEST_FRAME) -> bytes:
    """Return a message with its length prefix.

    Raises:
        FrameTooLargeError: The message is too long.
    """
    if len(message) > largest:
        raise FrameTooLargeError(len(message), largest)
    return _HEAD.pack(len(message)) + message


class FrameBuffer:
    """Reassembles messages from the bytes of a pipe, however they arrive."""

    def __init__(self, largest: int = LARGEST_FRAME) -> None:
        self._largest = largest
        self._bytes = bytearray()

    def add(self, data: bytes) -> None:
        """Append bytes read from the pipe."""
        self._bytes += data

    def take(self) -> bytes | None:
        """Remove and return the next complete message; `None` if there is none yet.

        Raises:
            FrameTooLargeError: The next message's length exceeds the limit. Memory is not allocated ahead for announced bytes.
        """
        if len(self._bytes) < _HEAD.size:
            return None
        (size,) = _HEAD.unpack_from(self._bytes)
        if size > self._largest:
            raise FrameTooLargeError(size, self._largest)
        end = _HEAD.size + size
        if len(self._bytes) < end:
            return None
        message = bytes(self._bytes[_HEAD.size : end])
        del self._bytes[:end]
        return message
