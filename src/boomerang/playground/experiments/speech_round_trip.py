"""Experiments of the TTS page: what was spoken is written down again; the text in each of the model's voices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import streamlit as st

from boomerang.invoker.audio.file_type import kind_of
from boomerang.invoker.backend import ModelState
from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.entities.speech2text import Speech2TextModelConfig
from boomerang.invoker.entities.tts import TTSModelConfig
from boomerang.playground.results.audio import waveform, word_errors
from boomerang.playground.results.audio.transcript import transcript
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui.audio_format import duration
from boomerang.playground.ui.escape import plain
from boomerang.playground.ui.number_format import seconds
from boomerang.workbench.analysis.word_error_rate import Rules
from boomerang.workbench.experiments.speech_round_trip import transcription_call
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results import audio_stream
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.runs.job_series import Series, Step
from boomerang.workbench.runs.session_calls import call
from boomerang.workbench.samples import model_defaults

from .experiment_panel import Experiment

MOST_VOICES = 12
LONGEST_IN_EACH_VOICE = 300
"""Characters that are spoken in each voice: one or two sentences tell enough."""
SPEAK, WRITE_DOWN = N_("Speak"), N_("Write down")


@dataclass(slots=True)
class _Sounds:
    """What was spoken, decoded once."""

    by_record: dict[str, waveform.Sound] = field(default_factory=dict)


def _round_trip(page: Pane, pane: Pane) -> Sequence[Step]:
    listeners = {
        model.model: model
        for model in page.backend.models()
        if model.model_type is ModelType.SPEECH2TEXT and model.state is not ModelState.UNAVAILABLE
    }
    pane.require(listeners, _("the connection has no {type} model").format(type=ModelType.SPEECH2TEXT.value))
    if not listeners:
        return ()
    key = pane.hold("listener", next(iter(listeners)))
    if st.session_state[key] not in listeners:
        st.session_state[key] = next(iter(listeners))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(_("Written down by"), list(listeners), key=key, persist_state="session", width=320)
        pane.context.put(word_errors.rules(pane))
    model = listeners[str(chosen)]
    if page.arguments.get("model_config") is None:
        return ()
    config = Speech2TextModelConfig(provider=model.provider, model=model.model)
    speak = Step(SPEAK, call("tts", page.arguments), {"text": page.arguments["content_text"]})
    return (speak, Step(WRITE_DOWN, transcription_call(speak, config), {"text": page.arguments["content_text"]}))


def _draw_round_trip(pane: Pane, series: Series) -> None:
    speak, write = series.steps
    _player(pane, speak, "round-trip")
    _failures(series)
    if not write.ended or write.error is not None or write.record is None:
        return
    text = transcript(write.record)
    found = word_errors.held(pane, speak.facts["text"], text, pane.context.get(Rules) or Rules())
    with st.container(horizontal=True, vertical_alignment="center"):
        word_errors.numbers(found)
    word_errors.words(found, pane.key(f"marked.{'live' if series.running else 'end'}"))
    word_errors.legend()
    with st.expander(_("The transcript"), icon=":material/notes:"):
        st.code(text, language=None, wrap_lines=True)


def _every_voice(page: Pane, pane: Pane) -> Sequence[Step]:
    config = page.arguments.get("model_config")
    voices = model_defaults.voices(page.model)
    pane.require(voices, _("the model lists no voices"))
    if not isinstance(config, TTSModelConfig):
        return ()
    text = str(page.arguments["content_text"])
    pane.require(
        len(text) <= LONGEST_IN_EACH_VOICE, _("a text of at most {count} characters").format(count=LONGEST_IN_EACH_VOICE)
    )
    if len(voices) > MOST_VOICES:
        st.caption(_("The first {count} of {all} voices.").format(count=MOST_VOICES, all=len(voices)))
    return [
        Step(name, call("tts", page.arguments | {"model_config": config.model_copy(update={"voice": mode})}), {"voice": mode})
        for mode, name in list(voices.items())[:MOST_VOICES]
    ]


def _draw_voices(pane: Pane, series: Series) -> None:
    grid = st.grid(3, min_column_width=240, gap="small")
    for number, step in enumerate(series.steps):
        with grid.cell(), st.container(border=True):
            st.markdown(f"**{plain(step.label)}** · {plain(step.facts['voice'])}")
            _player(pane, step, f"voice-{number}")
            if step.error is not None:
                st.text(drawable(f"{type(step.error).__name__}: {step.error}"))
            elif not step.ended:
                st.caption(_("under way") if step.record is not None else _("to come"))
            elif not series.running:
                st.feedback("thumbs", key=pane.key(f"verdict.{step.facts['voice']}"), persist_state="session")


def _player(pane: Pane, step: Step, name: str) -> None:
    """Draw what a step has spoken, once it has ended."""
    if not step.ended or step.record is None:
        return
    sounds = pane.state.kept(_Sounds).by_record
    if step.record.id not in sounds:
        sounds[step.record.id] = waveform.looked_at(audio_stream.whole(step.record))
    found = sounds[step.record.id]
    kind = kind_of(found.audio)
    if kind is None or not kind.audio:
        st.caption(_("No audio"))
        return
    st.audio(found.audio, format=kind.media_type, alt=_("The spoken text: {name}").format(name=name))
    played = duration(found.facts.seconds if found.facts else None)
    st.caption(_("{duration} of sound made in {time}").format(duration=played, time=seconds(step.record.elapsed)))


def _failures(series: Series) -> None:
    for step in series.steps:
        if step.error is not None:
            st.text(drawable(f"{_(step.label)}: {type(step.error).__name__}: {step.error}"))


ROUND_TRIP = Experiment(
    name="round-trip",
    title=N_("Round trip"),
    about=N_(
        "The text is spoken, and what was spoken is written down again: how many words come back. Errors may be those of "
        "either model; numbers often come back in words."
    ),
    icon=":material/sync_alt:",
    steps=_round_trip,
    draw=_draw_round_trip,
)
EVERY_VOICE = Experiment(
    name="every-voice",
    title=N_("Every voice"),
    about=N_("The same text in each voice that the model lists, to be judged by ear."),
    icon=":material/groups:",
    steps=_every_voice,
    draw=_draw_voices,
)
EXPERIMENTS = (ROUND_TRIP, EVERY_VOICE)
