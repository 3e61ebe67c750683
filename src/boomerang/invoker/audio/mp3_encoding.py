"""Encode samples as MP3."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from . import mp3_frames
from .decoding import Recording
from .resampling import mono, resampled

if TYPE_CHECKING:
    from .resampling import Samples

RATES_HZ = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
"""The sampling rates that MP3 supports."""

_ONE_RATE = {"bitrate_mode": "CONSTANT", "compression_level": 0.4}
"""96 kbit/s at 24 kHz. Half would do for speech, but takes the encoder a fifth longer, and time to first audio matters."""


def encode_mp3(samples: Samples, rate_hz: int, *, joinable: bool = False) -> bytes:
    """Encode samples as MP3.

    Args:
        samples: float32, shape (frames,) or (frames, 1 or 2); clipped to -1 and 1. At least one frame.
        rate_hz: One of `RATES_HZ`.
        joinable: Omit the header frame and use a constant bit rate, so that files can be concatenated: every player then
            knows the total length, whereas it would trust the first header and stop after the first file. The cost is the
            encoder's delay, about 50 ms of silence in each file.
    """
    with _Encoder(rate_hz, 1 if samples.ndim == 1 else samples.shape[1], constant=joinable) as encoder:
        encoder.write(samples)
    data = encoder.data()
    return mp3_frames.sound(data) if joinable else data


def to_mp3(data: bytes) -> bytes:
    """Convert any readable audio file, such as a microphone's WAV, to MP3.

    Raises:
        InvokeBadRequestError: The bytes are not decodable audio.
    """
    recording = Recording(data)
    rate_hz = next((rate for rate in RATES_HZ if rate >= recording.sample_rate_hz), RATES_HZ[-1])
    keep = recording.channels <= 2
    blocks = recording.blocks() if keep else (mono(block) for block in recording.blocks())
    with _Encoder(rate_hz, recording.channels if keep else 1, constant=False) as encoder:
        for block in resampled(blocks, recording.sample_rate_hz, rate_hz):
            encoder.write(block)
    return encoder.data()


class _Encoder:
    def __init__(self, rate_hz: int, channels: int, *, constant: bool) -> None:
        import soundfile

        self._bytes = io.BytesIO()
        how: dict[str, Any] = _ONE_RATE if constant else {}
        self._file = soundfile.SoundFile(self._bytes, "w", rate_hz, channels, format="MP3", subtype="MPEG_LAYER_III", **how)

    def __enter__(self) -> _Encoder:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, samples: Samples) -> None:
        self._file.write(samples.clip(-1.0, 1.0))

    def data(self) -> bytes:
        """Return the file; it must be closed."""
        return self._bytes.getvalue()
