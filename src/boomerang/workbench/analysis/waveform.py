"""Analyse a recording: its waveform, loudness, silence at the ends, and clipping.

Levels are in dBFS: 0 is full scale, a sample of magnitude 1. The RMS level of a full-scale square wave is 0 dBFS, so that of a
full-scale sine is -3.01 (AES17 would call that 0).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf, log10

import numpy as np
from numpy.typing import NDArray

from boomerang.invoker.audio.decoding import Recording

WINDOWS_PER_SECOND = 400
"""Audio is analysed in windows of 2.5 ms: fine enough to draw one second, and an hour takes 23 MB."""
SILENCE_DBFS = -50.0
"""A window with an RMS level below this is silence: well below speech, above the noise of MP3 and quiet rooms."""
CLIPPED_FROM = 0.999
"""Magnitude from which a sample may be clipped. Decoded MP3 overshoots, so larger values count too."""
CLIPPED_RUN = 3
"""Consecutive samples of this magnitude and of one sign that count as clipping; fewer may be a genuine peak."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A recording in short windows. Array shapes are (windows,) unless noted; the last window may be shorter."""

    rate_hz: int
    frames: int
    """Samples per channel."""
    window: int
    """Frames per window."""
    low: NDArray[np.float32]
    """Smallest sample of each window, over all channels."""
    high: NDArray[np.float32]
    power: NDArray[np.float64]
    """Mean square of each window, over all channels."""
    clips: NDArray[np.float64]
    """Start and length in seconds of each run of clipped samples, shape (runs, 2), earliest first. A run
    on two channels is listed twice."""

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return self.frames / self.rate_hz


@dataclass(frozen=True, slots=True)
class Envelope:
    """A waveform to draw. Array shapes are (bins,); values are relative to full scale."""

    low: NDArray[np.float32]
    high: NDArray[np.float32]
    rms: NDArray[np.float64]
    starts: NDArray[np.float64]
    """Where each bin starts, in seconds."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Silence at the ends, in seconds. If the recording is all silence, both are its whole length."""

    leading: float
    trailing: float
    threshold_dbfs: float


def profile_of_file(data: bytes) -> Profile:
    """Analyse an audio file, block by block.

    Raises:
        InvokeBadRequestError: The bytes are not audio, or cannot be decoded.
    """
    recording = Recording(data)
    return profile(recording.blocks(), recording.sample_rate_hz)


def profile(blocks: Iterable[NDArray[np.float32]], rate_hz: int) -> Profile:
    """Analyse samples.

    Args:
        blocks: Blocks of the recording, of any length, each of shape (frames,) or (frames, channels). Pass samples in memory as
            a list of one. Without blocks, or with empty ones, the profile has no windows.
        rate_hz: Frames per second.
    """
    window = max(1, round(rate_hz / WINDOWS_PER_SECOND))
    parts = [(np.zeros(0, np.float32), np.zeros(0, np.float32), np.zeros(0))]
    frames, rest, clipping = 0, None, _Clipping()
    for block in blocks:
        samples = block[:, None] if block.ndim == 1 else block
        clipping.look(samples)
        frames += len(samples)
        pending = samples if rest is None else np.concatenate([rest, samples])
        whole = len(pending) // window * window
        parts.append(_windows(pending[:whole], window))
        rest = pending[whole:].copy()  # a view would keep the whole block in memory
    if rest is not None:
        parts.append(_windows(rest, max(1, len(rest))))
    low, high, power = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return Profile(rate_hz, frames, window, low, high, power, clipping.runs() / rate_hz)


def _windows(samples: NDArray[np.float32], window: int) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]]:
    shaped = samples.reshape(-1, window * samples.shape[1])
    return shaped.min(axis=1), shaped.max(axis=1), np.square(shaped, dtype=np.float64).mean(axis=1)


class _Clipping:
    """Finds runs of full-scale samples, including those that span blocks."""

    def __init__(self) -> None:
        self._frames = 0
        self._open: dict[int, tuple[int, int]] = {}
        """For each channel, the start and the sign (0 if not clipping) of the run at the end of the last block."""
        self._runs = [np.zeros((0, 2))]

    def look(self, samples: NDArray[np.float32]) -> None:
        if not len(samples):
            return
        signs = (samples >= CLIPPED_FROM).astype(np.int8) - (samples <= -CLIPPED_FROM)
        for channel, column in enumerate(signs.T):
            starts = np.concatenate([[0], np.flatnonzero(column[1:] != column[:-1]) + 1])
            kinds, starts = column[starts], starts + self._frames
            start, sign = self._open.get(channel, (0, 0))
            if sign == kinds[0]:
                starts[0] = start
            else:
                starts, kinds = np.concatenate([[start], starts]), np.concatenate([[sign], kinds])
            self._keep(starts[:-1], starts[1:], kinds[:-1])
            self._open[channel] = int(starts[-1]), int(kinds[-1])
        self._frames += len(samples)

    def runs(self) -> NDArray[np.float64]:
        """Return start and length of each run in frames, earliest first. Do not call `look` after this."""
        for start, sign in self._open.values():
            self._keep(np.array([start]), np.array([self._frames]), np.array([sign]))
        rows = np.concatenate(self._runs)
        return rows[np.argsort(rows[:, 0], kind="stable")]

    def _keep(self, starts: NDArray[np.integer], ends: NDArray[np.integer], signs: NDArray[np.integer]) -> None:
        lengths = ends - starts
        clipped = (signs != 0) & (lengths >= CLIPPED_RUN)
        self._runs.append(np.stack([starts[clipped], lengths[clipped]], axis=1).astype(np.float64))


def envelope(profile: Profile, bins: int) -> Envelope:
    """Summarize a recording as the given number of bins of nearly equal length.

    Args:
        profile: The recording.
        bins: 1 or more. A recording with fewer windows gets one bin per window, an empty one none.

    Raises:
        ValueError: `bins` is less than 1.
    """
    if bins < 1:
        raise ValueError(f"{bins} bins: at least one is needed")
    windows = len(profile.power)
    if not windows:
        return Envelope(profile.low, profile.high, profile.power, np.zeros(0))
    starts = np.arange(min(bins, windows)) * windows // min(bins, windows)
    sizes = _sizes(profile)
    power = np.add.reduceat(profile.power * sizes, starts) / np.add.reduceat(sizes, starts)
    return Envelope(
        low=np.minimum.reduceat(profile.low, starts),
        high=np.maximum.reduceat(profile.high, starts),
        rms=np.sqrt(power),
        starts=starts * profile.window / profile.rate_hz,
    )


def _sizes(profile: Profile) -> NDArray[np.float64]:
    """Return the frames in each window."""
    starts = np.arange(len(profile.power)) * profile.window
    return np.minimum(profile.window, profile.frames - starts).astype(np.float64)


def decibels(magnitude: float) -> float:
    """Convert a magnitude, 0 or more, to dBFS; minus infinity for 0."""
    return 20 * log10(magnitude) if magnitude > 0 else -inf


def peak_dbfs(profile: Profile) -> float:
    """Return the level of the largest sample; minus infinity for digital silence and for no samples."""
    return decibels(max(float(profile.high.max(initial=0.0)), -float(profile.low.min(initial=0.0))))


def rms_dbfs(profile: Profile) -> float:
    """Return the RMS level of all samples; minus infinity for digital silence and for no samples."""
    return decibels(float((profile.power * _sizes(profile)).sum() / profile.frames) ** 0.5 if profile.frames else 0.0)


def silence(profile: Profile, threshold_dbfs: float = SILENCE_DBFS) -> Silence:
    """Measure the silence before the first and after the last louder window, to within one window (2.5 ms)."""
    loud = np.flatnonzero(profile.power >= 10 ** (threshold_dbfs / 10))
    if not loud.size:
        return Silence(profile.seconds, profile.seconds, threshold_dbfs)
    end = min(profile.frames, (int(loud[-1]) + 1) * profile.window)
    return Silence(int(loud[0]) * profile.window / profile.rate_hz, (profile.frames - end) / profile.rate_hz, threshold_dbfs)
