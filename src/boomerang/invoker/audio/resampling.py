"""Sample arrays: mix channels, change sampling rates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples: TypeAlias = NDArray[np.float32]

STEP_SECONDS = 4
"""How much is resampled at a time: a block at 4 kHz would grow a hundredfold on its way to 384 kHz."""


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
    """Change the sampling rate. Frequencies above the new limit are removed.

    Args:
        samples: float32, shape (frames,) or (frames, channels).
        from_hz: Their rate, a whole number of hertz.
        to_hz: The target rate, a whole number of hertz.

    Returns:
        frames * to_hz / from_hz frames, rounded; float32.
    """
    import soxr

    changed: Samples = soxr.resample(samples, from_hz, to_hz)
    return changed


def resampled(blocks: Iterable[Samples], from_hz: int, to_hz: int) -> Iterator[Samples]:
    """Change the sampling rate of a stream of blocks of any size; keeps a few seconds in memory."""
    if from_hz == to_hz:
        yield from blocks
    else:
        yield from filter(len, _pieces(blocks, from_hz, to_hz))


def _pieces(blocks: Iterable[Samples], from_hz: int, to_hz: int) -> Iterator[Samples]:
    """Resample block by block; a piece is empty while the filter waits for more samples."""
    import soxr

    stream: soxr.ResampleStream | None = None
    step = STEP_SECONDS * from_hz
    for block in blocks:
        if stream is None:
            stream, nothing = soxr.ResampleStream(from_hz, to_hz, block.shape[1] if block.ndim == 2 else 1), block[:0]
        for start in range(0, len(block), step):
            yield stream.resample_chunk(block[start : start + step])
    if stream is not None:
        yield stream.resample_chunk(nothing, last=True)
