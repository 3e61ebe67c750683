"""The steps that make a recording worse. numpy is loaded when a step is taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from boomerang.workbench.i18n.translate import N_

if TYPE_CHECKING:
    from .audio_degradation import Samples

PAD_SECONDS = 2.0


SEED = 20260503
"""The noise is the same each time, so that two models hear the same."""


AS_IT_IS = N_("As it is")


DAMAGES: Sequence[tuple[str, str, float]] = (
    (N_("8,000 Hz, as on the telephone"), "rate", 8000),
    (N_("4,000 Hz, as through a wall"), "rate", 4000),
    (N_("Noise, 20 dB below the voice"), "noise", 20),
    (N_("Noise, 10 dB below the voice"), "noise", 10),
    (N_("Noise, as loud as the voice"), "noise", 0),
    (N_("Two seconds of silence around it"), "silence", PAD_SECONDS),
)
"""What is done to the recording: a name, how, and how much."""


def damaged(data: bytes, how: str, amount: float) -> bytes:
    """Make a recording worse; gives it as MP3.

    Args:
        data: The file.
        how: `rate` (through so many hertz), `noise` (so many decibels below), or `silence` (so many seconds on each side).
        amount: How much.

    Raises:
        InvokeBadRequestError: It cannot be decoded.
    """
    from . import audio_degradation

    samples, rate_hz = audio_degradation.read(data)
    changes: dict[str, Callable[[], Samples]] = {
        "rate": lambda: audio_degradation.lower_rate(samples, rate_hz, round(amount)),
        "noise": lambda: audio_degradation.noisy(samples, amount, seed=SEED),
        "silence": lambda: audio_degradation.padded(samples, rate_hz, before=amount, after=amount),
    }
    return audio_degradation.write(changes[how](), rate_hz)
