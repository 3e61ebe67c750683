"""Read audio files from start to end with libsndfile. Loads soundfile, so import this only where a file is opened."""

from __future__ import annotations

import io

import soundfile


class ForwardFile(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no types
    """An audio file that is only read forward.

    soundfile seeks after each read to the current position. An MP3 decoder then restarts and decodes previous frames again,
    which takes time, and warns on the console about each frame that depends on an earlier one.
    """

    def __init__(self, data: bytes) -> None:
        self._input = _Bytes(data)
        super().__init__(self._input)

    @property
    def consumed(self) -> bool:
        """Whether the decoder has read all bytes."""
        return self._input.tell() >= self._input.size

    def seekable(self) -> bool:
        """Return `False`, as nothing here seeks."""
        return False


class _Bytes(io.BytesIO):
    """Bytes as a file that tolerates libsndfile's out-of-range seeks for incorrect headers."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.size = len(data)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Seek, but never before the start; an exception would be lost in native code."""
        start = {0: 0, 1: self.tell(), 2: self.size}[whence]
        return super().seek(max(0, start + offset))
