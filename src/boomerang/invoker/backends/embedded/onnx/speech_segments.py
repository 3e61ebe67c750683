"""Split a recording into pieces that the speech model takes, and detect silence."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:  # numpy is loaded with the model, not with the list of models
    import numpy as np
    from numpy.typing import NDArray

    Samples: TypeAlias = NDArray[np.float32]

RATE_HZ = 16_000
LONGEST_SECONDS = 20
EARLIEST_CUT_SECONDS = 12
"""A recording too long for the model is cut between these two, in the middle of the quietest stretch."""
STRETCH_SECONDS = 0.1
SILENT_RMS = 0.003
SILENT_SECONDS = 0.5
"""A piece is silent if its loudest stretch of this length is below `SILENT_RMS`. The model would hear “You”."""


def pieces(blocks: Iterable[Samples]) -> Iterator[Samples]:
    """Split sound at 16 kHz into pieces that the model takes; joined, they are all of it."""
    import numpy as np

    longest = LONGEST_SECONDS * RATE_HZ
    pending = np.zeros(0, np.float32)
    for block in blocks:
        pending = np.concatenate([pending, block])
        while len(pending) > longest:
            at = quietest(pending[:longest])
            yield pending[:at]
            pending = pending[at:]
    if len(pending):
        yield pending


def quietest(samples: Samples) -> int:
    """Return the middle of the quietest stretch after the earliest cut."""
    import numpy as np

    start, stretch = EARLIEST_CUT_SECONDS * RATE_HZ, round(STRETCH_SECONDS * RATE_HZ)
    energy = np.cumsum(np.square(samples[start:], dtype=np.float64))
    return start + stretch // 2 + int(np.argmin(energy[stretch:] - energy[:-stretch]))


def is_silence(samples: Samples) -> bool:
    """Return whether a piece is silent."""
    return loudest_rms(samples) < SILENT_RMS


def loudest_rms(samples: Samples) -> float:
    """Return the RMS of the loudest stretch, so that loud words in a long silence still count."""
    import numpy as np

    stretch = min(round(SILENT_SECONDS * RATE_HZ), len(samples))
    energy = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    power = float((energy[stretch:] - energy[:-stretch]).max()) / stretch
    return math.sqrt(max(0.0, power))
