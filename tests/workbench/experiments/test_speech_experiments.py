"""Test speech round trips, voices, and degraded recordings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from boomerang.invoker.entities.speech2text import RequestInvokeSpeech2Text, Speech2TextResult
from boomerang.invoker.entities.tts import TTSModelConfig
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.workbench.analysis.word_error_rate import Rules
from boomerang.workbench.experiments import audio_robustness
from boomerang.workbench.experiments.audio_robustness import AS_IT_IS, DEGRADATIONS, RobustnessSettings
from boomerang.workbench.experiments.speech_round_trip import (
    RoundTripSettings,
    VoiceSettings,
    evaluate_round_trip,
    evaluate_voices,
    round_trip_steps,
    voice_steps,
)
from boomerang.workbench.results import audio_stream
from tests.scripted import MODELS, PROVIDER, SPOKEN, good_answer

from .series import form_call, run

LISTENER = next(model for model in MODELS if model.model == "listener")


def writes(text: str) -> Any:
    """Return this text for every transcription, and a good result for each other call."""

    def answer(request: Request[Any], run: Run) -> Iterable[Any]:
        if isinstance(request, RequestInvokeSpeech2Text):
            return [Speech2TextResult(result=text)]
        return good_answer(request, run)

    return answer


def test_what_was_spoken_is_transcribed_and_checked_by_the_text() -> None:
    settings = RoundTripSettings(LISTENER, Rules())
    series = run(round_trip_steps(form_call("tts", content_text="hello big world"), settings), writes("hello world"))
    result = evaluate_round_trip(series, settings)
    assert result.transcript == "hello world" and result.errors == []
    assert result.score is not None and (result.score.word_errors.deleted, result.score.word_errors.errors) == (1, 1)
    spoken, sent = (step.record for step in series.steps)
    assert spoken is not None and sent is not None and sent.request.file == audio_stream.whole(spoken)


def test_silence_is_not_transcribed() -> None:
    settings = RoundTripSettings(LISTENER)

    def answer(_request: Request[Any], _run: Run) -> Iterable[Any]:
        return []

    result = evaluate_round_trip(run(round_trip_steps(form_call("tts"), settings), answer), settings)
    assert result.score is None and [label for label, _error in result.errors][-1:] == ["Transcribe"]


def test_a_round_trip_needs_a_model_that_transcribes() -> None:
    assert round_trip_steps(form_call("tts"), RoundTripSettings()) == ()


def test_each_voice_has_a_call() -> None:
    config = TTSModelConfig(provider=PROVIDER, model="speaker", voice="v1")
    settings = VoiceSettings({"v1": "Ada", "v2": "Bo"})
    series = run(voice_steps(form_call("tts", model_config=config), settings))
    assert [step.record.request.voice for step in series.steps if step.record] == ["v1", "v2"]
    result = evaluate_voices(series, settings)
    assert [(spoken.label, spoken.voice, spoken.ended) for spoken in result.spoken] == [("Ada", "v1", True), ("Bo", "v2", True)]


def test_each_worse_recording_is_sent_and_checked() -> None:
    settings = RobustnessSettings("hello world")
    series = run(audio_robustness.steps(form_call("speech2text", file=SPOKEN), settings), writes("hello word"))
    result = audio_robustness.evaluate(series, settings)
    assert [received.label for received in result.transcripts] == [AS_IT_IS, *(label for label, _how, _amount in DEGRADATIONS)]
    assert result.transcripts[0].file == SPOKEN and len({received.file for received in result.transcripts}) == len(
        result.transcripts
    )
    assert [received.score.word_errors.errors for received in result.transcripts if received.score] == [1] * len(
        result.transcripts
    )


def test_without_a_file_there_is_nothing_to_do() -> None:
    assert audio_robustness.steps(form_call("speech2text", file=None), RobustnessSettings()) == ()
