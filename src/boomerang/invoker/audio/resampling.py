"""Sample arrays: channels mixed into one, sampling rates changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples: TypeAlias = NDArray[np.float32]

CORE_SECONDS = 8
EDGE_SECONDS = 1
"""A window is resampled with this much of its neighbours on each side, which is then cut away: what the transform does at
the ends of a window is never heard."""


def mono(samples: Samples) -> Samples:
    """Mix channels into one.

    Args:
        samples: Shape (frames, channels) or (frames,).

    Returns:
        Shape (frames,).
    """
    import numpy as np

    if samples.ndim == 1:
        return samples
    return samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1, dtype=np.float32)


def resample(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """Change the sampling rate. What the new rate cannot carry is removed.

    Args:
        samples: float32, shape (frames,) or (frames, channels).
        from_hz: Their rate, a whole number of hertz.
        to_hz: The rate wanted, a whole number of hertz.

    Returns:
        round(frames * to_hz / from_hz) frames, float32.
    """
    import numpy as np

    return np.concatenate([samples[:0], *resampled([samples], from_hz, to_hz)])


def resampled(blocks: Iterable[Samples], from_hz: int, to_hz: int) -> Iterator[Samples]:
    """Change the sampling rate of a stream of blocks, of any sizes; holds some ten seconds at a time."""
    import numpy as np

    if from_hz == to_hz:
        yield from blocks
        return
    window, core = (CORE_SECONDS + 2 * EDGE_SECONDS) * from_hz, CORE_SECONDS * from_hz
    pending: Samples | None = None
    frames = done = 0
    for block in blocks:
        if pending is None:
            pending = _silence(EDGE_SECONDS * from_hz, block)
        frames += len(block)
        pending = np.concatenate([pending, block])
        while len(pending) >= window:
            piece = _core(pending[:window], from_hz, to_hz)
            pending, done = pending[core:], done + len(piece)
            yield piece
    total = round(frames * to_hz / from_hz)
    while pending is not None and done < total:
        whole = np.concatenate([pending, _silence(max(0, window - len(pending)), pending)])
        piece = _core(whole[:window], from_hz, to_hz)[: total - done]
        pending, done = whole[core:], done + len(piece)
        yield piece


def _core(window: Samples, from_hz: int, to_hz: int) -> Samples:
    """Resample a window of whole seconds through its spectrum, and give what lies between the edges."""
    import numpy as np

    frames = len(window) // from_hz * to_hz
    spectrum = np.fft.rfft(window, axis=0)[: frames // 2 + 1]
    samples = np.fft.irfft(spectrum, frames, axis=0) * np.float32(to_hz / from_hz)
    core: Samples = samples[EDGE_SECONDS * to_hz : (EDGE_SECONDS + CORE_SECONDS) * to_hz].astype(np.float32, copy=False)
    return core


def _silence(frames: int, like: Samples) -> Samples:
    import numpy as np

    return np.zeros((frames, *like.shape[1:]), np.float32)
