"""Synthesize and transcribe a text, and synthesize it in each of a model's voices."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.entities.speech2text import Speech2TextModelConfig
from boomerang.invoker.entities.tts import TTSModelConfig
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.messages.message import Message
from boomerang.invoker.records.record import Record
from boomerang.invoker.session import Session
from boomerang.workbench.analysis.word_error_rate import Rules
from boomerang.workbench.i18n.translate import N_
from boomerang.workbench.results import audio_stream
from boomerang.workbench.results.transcripts import TranscriptScore, recognised_text, score
from boomerang.workbench.runs.job_series import Series, Step
from boomerang.workbench.runs.jobs import Call

from .form_call import FormCall

MOST_VOICES = 12
LONGEST_IN_EACH_VOICE = 300
"""Most characters synthesized in each voice: one or two sentences are enough."""
SPEAK, WRITE_DOWN = N_("Synthesize"), N_("Transcribe")


@dataclass(frozen=True, slots=True)
class RoundTripSettings:
    """Settings from the experiment's form."""

    transcriber: ListedModel | None = None
    """The speech2text model; `None` if the connection has none."""
    rules: Rules = field(default_factory=Rules)


@dataclass(frozen=True, slots=True)
class Spoken:
    """The speech of one step."""

    label: str
    voice: str
    """Mode of the voice; empty for the form's own voice."""
    started: bool
    ended: bool
    record: Record[Any] | None
    error: Exception | None


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """A text, its speech and the transcript of that speech."""

    spoken: Spoken
    errors: Sequence[tuple[str, Exception]]
    transcript: str = ""
    score: TranscriptScore | None = None
    """The transcript scored against the text; `None` until there is one."""
    running: bool = False


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """The voices of the model: mode → name."""

    voices: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Voices:
    """A text in each voice."""

    spoken: Sequence[Spoken]
    running: bool


def round_trip_steps(form_call: FormCall, settings: RoundTripSettings) -> Sequence[Step[str]]:
    """Return the synthesis call and the transcription call; each step's fact is the text."""
    if settings.transcriber is None or form_call.arguments.get("model_config") is None:
        return ()
    text = str(form_call.arguments["content_text"])
    config = Speech2TextModelConfig(provider=settings.transcriber.provider, model=settings.transcriber.model)
    speak = form_call.step(SPEAK, text)
    return (speak, Step(WRITE_DOWN, transcription_call(speak, config), text))


def evaluate_round_trip(series: Series[str], settings: RoundTripSettings) -> RoundTrip:
    """Score the transcript against the text, if there is one."""
    speak, write = series.steps
    spoken = _spoken(speak)
    errors = [(step.label, step.error) for step in series.steps if step.error is not None]
    if not write.ended or write.error is not None or write.record is None:
        return RoundTrip(spoken, errors, running=series.running)
    text = recognised_text(write.record)
    return RoundTrip(spoken, errors, text, score(speak.facts, text, settings.rules), series.running)


def voice_steps(form_call: FormCall, settings: VoiceSettings) -> Sequence[Step[str]]:
    """Return one call per voice; each step's fact is the voice's mode."""
    config = form_call.arguments.get("model_config")
    if not isinstance(config, TTSModelConfig):
        return ()
    voices = list(settings.voices.items())[:MOST_VOICES]
    return [form_call.step(name, mode, model_config=config.model_copy(update={"voice": mode})) for mode, name in voices]


def evaluate_voices(series: Series[str], _settings: VoiceSettings) -> Voices:
    """Return the speech so far."""
    return Voices([_spoken(step, step.facts) for step in series.steps], series.running)


def transcription_call(speak: Step[str], config: Speech2TextModelConfig) -> Call:
    """Return the call that transcribes what a step synthesized."""

    def invoke(session: Session) -> Any:
        audio = audio_stream.whole(speak.record) if speak.record is not None else b""
        if not audio:
            raise InvokeBadRequestError(Message("runs.nothing_spoken"), field="file")
        return session.model.speech2text.invoke(config, io.BytesIO(audio))

    return invoke


def _spoken(step: Step[str], voice: str = "") -> Spoken:
    return Spoken(step.label, voice, step.record is not None, step.ended, step.record, step.error)
