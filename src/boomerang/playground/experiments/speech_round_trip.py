"""Experiments of the TTS page: transcribe the synthesized speech; speak the text in each voice of the model."""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

from boomerang.invoker.audio.file_type import kind_of
from boomerang.invoker.backend import ModelState
from boomerang.invoker.entities.model import ModelType
from boomerang.playground.results.audio import waveform, word_errors
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui.audio_format import duration
from boomerang.playground.ui.escape import plain
from boomerang.playground.ui.number_format import seconds
from boomerang.workbench.experiments import speech_round_trip
from boomerang.workbench.experiments.speech_round_trip import RoundTrip, RoundTripSettings, Spoken, Voices, VoiceSettings
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results import audio_stream
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.samples import model_defaults

from . import repeat_controls
from .experiment_panel import Experiment


@dataclass(slots=True)
class _Sounds:
    """Decoded audio, cached by record."""

    by_record: dict[str, waveform.Sound] = field(default_factory=dict)


def _round_trip_controls(page: Pane, pane: Pane) -> RoundTripSettings:
    transcribers = {
        model.model: model
        for model in page.backend.models()
        if model.model_type is ModelType.SPEECH2TEXT and model.state is not ModelState.UNAVAILABLE
    }
    pane.require(transcribers, _("the connection has no {type} model").format(type=ModelType.SPEECH2TEXT.value))
    if not transcribers:
        return RoundTripSettings()
    key = pane.hold("listener", next(iter(transcribers)))
    if st.session_state[key] not in transcribers:
        st.session_state[key] = next(iter(transcribers))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(_("Transcription model"), list(transcribers), key=key, persist_state="session", width=320)
        rules = word_errors.rules(pane)
    return RoundTripSettings(transcribers[str(chosen)], rules)


def _draw_round_trip(pane: Pane, result: RoundTrip) -> None:
    _player(pane, result.spoken, "round-trip")
    repeat_controls.failures(result.errors)
    if result.score is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        word_errors.numbers(result.score)
    word_errors.draw_words(result.score, pane.key(f"marked.{'live' if result.running else 'end'}"))
    word_errors.legend()
    with st.expander(_("Transcript")):
        st.code(result.transcript, language=None, wrap_lines=True)


def _voice_controls(page: Pane, pane: Pane) -> VoiceSettings:
    voices = model_defaults.voices(page.model)
    pane.require(voices, _("the model lists no voices"))
    if page.arguments.get("model_config") is None:
        return VoiceSettings(voices)
    longest = speech_round_trip.LONGEST_IN_EACH_VOICE
    fits = len(str(page.arguments["content_text"])) <= longest
    pane.require(fits, _("use at most {count} characters").format(count=longest))
    most = speech_round_trip.MOST_VOICES
    if len(voices) > most:
        st.caption(_("First {count} of {all} voices.").format(count=most, all=len(voices)))
    return VoiceSettings(voices)


def _draw_voices(pane: Pane, result: Voices) -> None:
    grid = st.grid(3, min_column_width=240, gap="small")
    for number, spoken in enumerate(result.spoken):
        with grid.cell(), st.container(border=True):
            st.markdown(f"**{plain(spoken.label)}** · {plain(spoken.voice)}")
            _player(pane, spoken, f"voice-{number}")
            if spoken.error is not None:
                st.text(drawable(f"{type(spoken.error).__name__}: {spoken.error}"))
            elif not spoken.ended:
                st.caption(_("running") if spoken.started else _("pending"))
            elif not result.running:
                st.feedback("thumbs", key=pane.key(f"verdict.{spoken.voice}"), persist_state="session")


def _player(pane: Pane, step: Spoken, name: str) -> None:
    """Draw a player for a step's audio once the step has ended."""
    if not step.ended or step.record is None:
        return
    sounds = pane.state.kept(_Sounds).by_record
    if step.record.id not in sounds:
        sounds[step.record.id] = waveform.looked_at(audio_stream.whole(step.record))
    sound = sounds[step.record.id]
    kind = kind_of(sound.audio)
    if kind is None or not kind.audio:
        st.caption(_("No audio"))
        return
    st.audio(sound.audio, format=kind.media_type, alt=_("Audio: {name}").format(name=name))
    played = duration(sound.facts.seconds if sound.facts else None)
    st.caption(_("{duration} of audio in {time}").format(duration=played, time=seconds(step.record.elapsed)))


ROUND_TRIP = Experiment(
    name="round-trip",
    title=N_("Round trip"),
    about=N_(
        "Synthesize the text, transcribe the audio and compare. Errors can come from either model, and "
        "numbers often come back spelled out."
    ),
    icon=":material/sync_alt:",
    controls=_round_trip_controls,
    steps=speech_round_trip.round_trip_steps,
    evaluate=speech_round_trip.evaluate_round_trip,
    draw=_draw_round_trip,
)
EVERY_VOICE = Experiment(
    name="every-voice",
    title=N_("Every voice"),
    about=N_("Synthesize the text in every voice of the model and compare by ear."),
    icon=":material/groups:",
    controls=_voice_controls,
    steps=speech_round_trip.voice_steps,
    evaluate=speech_round_trip.evaluate_voices,
    draw=_draw_voices,
)
