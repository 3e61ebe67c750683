"""What is in an audio file, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

from boomerang.invoker.messages.message import Message

from .decoding import Recording
from .file_type import kind_of, misnamed


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """What is in an audio file. What cannot be known, because the file cannot be decoded here, is `None`."""

    media_type: str
    format: str
    """Name of the kind, such as `MP3`."""
    extension: str
    """The usual one for these bytes, without a dot."""
    bytes: int
    codec: str | None = None
    seconds: float | None = None
    """Of all that can be decoded, joined files included."""
    sample_rate_hz: int | None = None
    channels: int | None = None
    peak: float | None = None
    """Largest magnitude of a sample; 1 is full scale."""
    rms: float | None = None
    """Root of the mean square of all samples; 1 is full scale."""
    files: int | None = None
    """How many files were joined into this one."""
    notices: tuple[Message, ...] = ()


def facts(data: bytes, name: str | None = None) -> AudioFacts:
    """Measure a file by decoding all of it.

    Args:
        data: The file.
        name: Its name, to be held against its bytes.

    Raises:
        InvokeBadRequestError: The bytes are no audio, or damaged beyond decoding.
    """
    kind = kind_of(data)
    notice = misnamed(name, kind) if name and kind else None
    notices = (notice,) if notice else ()
    if kind is not None and kind.audio and not kind.readable:
        return AudioFacts(kind.media_type, kind.name, kind.extensions[0], len(data), notices=notices)
    import numpy as np

    recording = Recording(data)
    frames, peak, power = 0, 0.0, 0.0
    for block in recording.blocks():
        frames += len(block)
        peak = max(peak, float(np.abs(block).max()))
        power += float(np.square(block, dtype=np.float64).sum())
    return AudioFacts(
        media_type=recording.kind.media_type,
        format=recording.kind.name,
        extension=recording.kind.extensions[0],
        bytes=len(data),
        codec=recording.codec,
        seconds=frames / recording.sample_rate_hz,
        sample_rate_hz=recording.sample_rate_hz,
        channels=recording.channels,
        peak=peak,
        rms=(power / (frames * recording.channels)) ** 0.5,
        files=recording.files,
        notices=(*notices, *recording.notices),
    )
