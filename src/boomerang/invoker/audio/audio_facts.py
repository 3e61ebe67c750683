"""Measure an audio file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from boomerang.invoker.messages.message import Message

from .decoding import Recording
from .file_type import kind_of, misnamed
from .playing_time import PLAYING_TIMES

if TYPE_CHECKING:
    from .decoding import Samples


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """Properties of an audio file. Unknown values, if the file cannot be decoded here, are `None`."""

    media_type: str
    format: str
    """Name of the type, such as `MP3`."""
    extension: str
    """The usual extension for these bytes, without a dot."""
    bytes: int
    codec: str | None = None
    seconds: float | None = None
    """Duration of everything that can be decoded, joined files included."""
    sample_rate_hz: int | None = None
    channels: int | None = None
    peak: float | None = None
    """Largest magnitude of a sample; 1 is full scale."""
    rms: float | None = None
    """Root mean square of all samples; 1 is full scale."""
    files: int | None = None
    """How many files were joined into this one."""
    notices: tuple[Message, ...] = ()


def facts(data: bytes, name: str | None = None) -> AudioFacts:
    """Measure a file by decoding all of it.

    Args:
        data: The file.
        name: Its name, to compare with its bytes.

    Raises:
        InvokeBadRequestError: The bytes are not audio, or damaged beyond decoding.
    """
    kind = kind_of(data)
    notice = misnamed(name, kind) if name and kind else None
    notices = (notice,) if notice else ()
    if kind is not None and kind.audio and not kind.readable:
        return AudioFacts(kind.media_type, kind.name, kind.extensions[0], len(data), notices=notices)
    measured = MeasuredRecording(data)
    for _block in measured.blocks():
        pass
    return measured.facts(notices)


class MeasuredRecording(Recording):
    """A recording that is measured while other code decodes it, so that one pass serves both."""

    def blocks(self) -> Iterator[Samples]:
        """Decode and measure; otherwise as `Recording.blocks`."""
        import numpy as np

        self._frames, self._peak, self._power = 0, 0.0, 0.0
        for block in super().blocks():
            self._frames += len(block)
            self._peak = max(self._peak, float(np.abs(block).max()))
            self._power += float(np.square(block, dtype=np.float64).sum())
            yield block

    def facts(self, notices: tuple[Message, ...] = ()) -> AudioFacts:
        """Return the properties, after `blocks` was read to its end; `notices` come before the recording's own."""
        seconds = self._frames / self.sample_rate_hz
        PLAYING_TIMES.put(self.data, seconds if self.claimed_seconds is None else self.claimed_seconds)
        return AudioFacts(
            media_type=self.kind.media_type,
            format=self.kind.name,
            extension=self.kind.extensions[0],
            bytes=len(self.data),
            codec=self.codec,
            seconds=seconds,
            sample_rate_hz=self.sample_rate_hz,
            channels=self.channels,
            peak=self._peak,
            rms=(self._power / (self._frames * self.channels)) ** 0.5,
            files=self.files,
            notices=(*notices, *self.notices),
        )
