"""Audio files read from start to end by libsndfile. Loads soundfile, so it is imported only where a file is opened."""

from __future__ import annotations

import io

import soundfile


class ForwardFile(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no types
    """An audio file that is only ever read onwards.

    soundfile seeks after each read to where it already is. An MP3 decoder then starts anew and decodes the frames before once
    more, which costs time, and complains on the console about each that leans on an earlier one.
    """

    def __init__(self, data: bytes) -> None:
        self._input = _Bytes(data)
        super().__init__(self._input)

    @property
    def consumed(self) -> bool:
        """Whether the decoder has read all bytes."""
        return self._input.tell() >= self._input.size

    def seekable(self) -> bool:
        """Say no: nobody seeks here."""
        return False


class _Bytes(io.BytesIO):
    """Bytes as a file that forgives what libsndfile asks of it when a header lies."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.size = len(data)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move, but never before the start; an exception would be lost in native code."""
        start = {0: 0, 1: self.tell(), 2: self.size}[whence]
        return super().seek(max(0, start + offset))
