"""Degrade recordings, to see how long a recogniser still understands them.

Samples are mono, float32, shape (frames,), about -1 to 1. No function changes its argument; empty input gives empty output.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from boomerang.invoker.audio.decoding import decode
from boomerang.invoker.audio.mp3_encoding import RATES_HZ, encode_mp3
from boomerang.invoker.audio.resampling import mono, resample

Samples: TypeAlias = NDArray[np.float32]

TELEPHONE_HZ = 8000
"""Sampling rate of a telephone line, which carries at most 4 kHz."""


def read(data: bytes) -> tuple[Samples, int]:
    """Decode an audio file.

    Returns:
        Samples, with channels mixed into one, and their rate in hertz.

    Raises:
        InvokeBadRequestError: The bytes cannot be decoded as audio.
    """
    samples, rate_hz = decode(data)
    return mono(samples), rate_hz


def write(samples: Samples, rate_hz: int) -> bytes:
    """Encode samples as MP3, at the next higher rate if MP3 lacks theirs.

    Raises:
        ValueError: There are no samples.
    """
    if not len(samples):
        raise ValueError("an MP3 file needs at least one sample")
    to_hz = next((rate for rate in RATES_HZ if rate >= rate_hz), RATES_HZ[-1])
    return encode_mp3(resample(samples, rate_hz, to_hz), to_hz)


def lower_rate(samples: Samples, rate_hz: int, low_hz: int = TELEPHONE_HZ) -> Samples:
    """Remove frequencies above half of a lower sampling rate. The rate and the number of frames stay the same.

    Args:
        samples: The recording.
        rate_hz: Its rate.
        low_hz: The lower rate; nothing changes if it is `rate_hz` or above.
    """
    if low_hz >= rate_hz:
        return samples.copy()
    back = resample(resample(samples, rate_hz, low_hz), low_hz, rate_hz)
    whole = np.zeros(len(samples), np.float32)  # rounding the length twice may add or drop a frame
    whole[: len(back)] = back[: len(samples)]
    return whole


def noisy(samples: Samples, snr_db: float, *, seed: int) -> Samples:
    """Add white noise.

    Args:
        samples: The recording. If it is all silence, nothing is added, because a ratio to silence is undefined.
        snr_db: Level of the signal above the noise in decibels, both as RMS over the whole recording; at 0 they are equally
            loud, below 0 the noise is louder.
        seed: The same seed gives the same noise.

    Returns:
        As many samples. If the sum exceeds full scale, all of it is scaled down, so that nothing is clipped and the ratio
        stays.
    """
    power = float(np.square(samples, dtype=np.float64).mean()) if len(samples) else 0.0
    if power == 0:
        return samples.copy()
    noise = np.random.default_rng(seed).standard_normal(len(samples))
    noise *= (power / np.square(noise).mean()) ** 0.5 * 10 ** (-snr_db / 20)
    sum_ = samples + noise
    quieter: Samples = (sum_ / max(1.0, float(np.abs(sum_).max()))).astype(np.float32)
    return quieter


def padded(samples: Samples, rate_hz: int, *, before: float = 0.0, after: float = 0.0) -> Samples:
    """Add digital silence before and after a recording.

    Args:
        samples: The recording.
        rate_hz: Its rate.
        before: Seconds, 0 or more.
        after: Seconds, 0 or more.

    Raises:
        ValueError: A length is negative.
    """
    return np.pad(samples, (round(before * rate_hz), round(after * rate_hz)))
