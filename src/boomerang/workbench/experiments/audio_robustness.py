"""Transcribe a recording at increasing degradation, and count the correct words. numpy is loaded when the first step runs."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from boomerang.invoker.session import Session
from boomerang.workbench.analysis.word_error_rate import Rules
from boomerang.workbench.i18n.translate import N_
from boomerang.workbench.results.transcripts import TranscriptScore, recognised_text, score
from boomerang.workbench.runs.job_series import Series, Step
from boomerang.workbench.runs.jobs import Call

from .form_call import FormCall

if TYPE_CHECKING:
    from .audio_degradation import Samples

LONGEST_SECONDS = 300
"""Longest recording for this experiment, which transcribes it seven times."""
PAD_SECONDS = 2.0
SEED = 20260503
"""Makes the noise reproducible, so that two models get the same audio."""
AS_IT_IS = N_("Original")
DEGRADATIONS: Sequence[tuple[str, str, float]] = (
    (N_("8,000 Hz (telephone)"), "rate", 8000),
    (N_("4,000 Hz (muffled)"), "rate", 4000),
    (N_("Noise, 20 dB below the voice"), "noise", 20),
    (N_("Noise, 10 dB below the voice"), "noise", 10),
    (N_("Noise, as loud as the voice"), "noise", 0),
    (N_("Two seconds of silence around it"), "silence", PAD_SECONDS),
)
"""Degradations of the recording: label, method, amount."""


@dataclass(frozen=True, slots=True)
class RobustnessSettings:
    """Settings from the experiment's form."""

    reference: str = ""
    """The reference transcript."""
    rules: Rules = field(default_factory=Rules)


@dataclass(frozen=True, slots=True)
class DegradedTranscript:
    """One version of the recording and its transcript."""

    label: str
    started: bool
    ended: bool
    error: Exception | None
    file: bytes
    """The file as sent; empty before."""
    text: str
    score: TranscriptScore | None
    """The transcript scored against the reference; `None` until there is one."""


@dataclass(frozen=True, slots=True)
class Robustness:
    """The results for all versions of the recording."""

    transcripts: Sequence[DegradedTranscript]
    running: bool
    done: int


def steps(form_call: FormCall, settings: RobustnessSettings) -> Sequence[Step[str]]:
    """Return a call for the original recording and one for each degraded version; each step's fact is the reference."""
    file = form_call.arguments.get("file")
    if file is None:
        return ()
    config = form_call.arguments["model_config"]
    made = [Step(AS_IT_IS, _call(config, lambda: file), settings.reference)]
    for label, how, amount in DEGRADATIONS:
        made.append(Step(label, _call(config, partial(degraded, file, how, amount)), settings.reference))
    return made


def evaluate(series: Series[str], settings: RobustnessSettings) -> Robustness:
    """Score each finished transcript against the reference."""
    return Robustness([_transcript_of(step, settings.rules) for step in series.steps], series.running, series.done)


def _transcript_of(step: Step[str], rules: Rules) -> DegradedTranscript:
    record = step.record
    text = recognised_text(record) if record is not None else ""
    scored = score(step.facts, text, rules) if step.ended and step.error is None else None
    file: bytes = record.request.file if record is not None else b""  # type: ignore[attr-defined]
    return DegradedTranscript(step.label, record is not None, step.ended, step.error, file, text, scored)


def _call(config: Any, make: Callable[[], bytes]) -> Call:
    def invoke(session: Session) -> Any:
        return session.model.speech2text.invoke(config, io.BytesIO(make()))

    return invoke


def degraded(data: bytes, how: str, amount: float) -> bytes:
    """Degrade a recording; return it as MP3.

    Args:
        data: The file.
        how: `rate` (resampled through this rate in hertz), `noise` (this many decibels below), or `silence` (seconds per side).
        amount: How much.

    Raises:
        InvokeBadRequestError: The file cannot be decoded.
    """
    from . import audio_degradation

    samples, rate_hz = audio_degradation.read(data)
    changes: dict[str, Callable[[], Samples]] = {
        "rate": lambda: audio_degradation.lower_rate(samples, rate_hz, round(amount)),
        "noise": lambda: audio_degradation.noisy(samples, amount, seed=SEED),
        "silence": lambda: audio_degradation.padded(samples, rate_hz, before=amount, after=amount),
    }
    return audio_degradation.write(changes[how](), rate_hz)
