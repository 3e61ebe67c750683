"""Messages in a pipe: four bytes of length, most significant first, then the message. Longer ones than agreed are refused."""

from __future__ import annotations

from struct import Struct

LARGEST_FRAME = 64 << 20
"""Bytes of a message, unless another limit is agreed."""
_HEAD = Struct(">I")


class FrameTooLargeError(ValueError):
    """A message is longer than was agreed."""

    def __init__(self, size: int, largest: int) -> None:
        self.size, self.largest = size, largest
        super().__init__(f"a message of {size:,} bytes, where at most {largest:,} are allowed")


def framed(message: bytes, largest: int = LARGEST_FRAME) -> bytes:
    """Return a message as it goes into a pipe.

    Raises:
        FrameTooLargeError: It is too long.
    """
    if len(message) > largest:
        raise FrameTooLargeError(len(message), largest)
    return _HEAD.pack(len(message)) + message


class FrameBuffer:
    """Puts messages together from the bytes of a pipe, however they arrive."""

    def __init__(self, largest: int = LARGEST_FRAME) -> None:
        self._largest = largest
        self._bytes = bytearray()

    def add(self, data: bytes) -> None:
        """Add what was read."""
        self._bytes += data

    def take(self) -> bytes | None:
        """Return the next whole message and forget it; `None` if there is none yet.

        Raises:
            FrameTooLargeError: The next message is announced as too long. Nothing of it is kept in memory that has not arrived.
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
