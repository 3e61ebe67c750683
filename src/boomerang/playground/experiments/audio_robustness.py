"""Experiment of the speech2text page: transcribe increasingly degraded versions of a recording."""

from __future__ import annotations

import streamlit as st

from boomerang.invoker.audio.file_type import kind_of
from boomerang.playground.forms.audio.audio_upload import Recording
from boomerang.playground.results.audio import word_errors
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui.escape import plain
from boomerang.workbench.experiments import audio_robustness
from boomerang.workbench.experiments.audio_robustness import DegradedTranscript, Robustness, RobustnessSettings
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.transcripts import TranscriptScore

from .experiment_panel import Experiment


def _controls(page: Pane, pane: Pane) -> RobustnessSettings:
    if page.arguments.get("file") is None:
        return RobustnessSettings()
    recording = page.context.get(Recording) or Recording()
    seconds = recording.facts.seconds if recording.facts is not None else None
    pane.require(seconds is not None, _("choose an audio file that can be decoded"))
    pane.require((seconds or 0) <= audio_robustness.LONGEST_SECONDS, _("use at most five minutes of audio"))
    pane.require(recording.reference.strip(), _("enter a reference transcript"))
    with st.container(horizontal=True):
        rules = word_errors.rules(pane)
    return RobustnessSettings(recording.reference, rules)


def _draw(pane: Pane, result: Robustness) -> None:
    suffix = result.done if result.running else "end"  # drawn repeatedly in one script run, and widget keys must be unique
    for number, transcript in enumerate(result.transcripts):
        with st.container(border=True, gap="xsmall"):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{plain(_(transcript.label))}**", width="content")
                if transcript.score is not None:
                    word_errors.numbers(transcript.score)
            if transcript.error is not None:
                st.text(drawable(f"{type(transcript.error).__name__}: {transcript.error}"))
            elif transcript.score is None:
                st.caption(_("running") if transcript.started else _("pending"))
            else:
                _transcript(transcript, transcript.score, pane.key(f"marked.{number}.{suffix}"))
    word_errors.legend()


def _transcript(transcript: DegradedTranscript, score: TranscriptScore, key: str) -> None:
    player, text = st.columns([3, 5], vertical_alignment="center")
    kind = kind_of(transcript.file)
    if kind is not None:
        player.audio(transcript.file, format=kind.media_type, alt=_("Model input: {name}").format(name=_(transcript.label)))
    with text:
        if transcript.text:
            word_errors.draw_words(score, key)
        else:
            st.caption(_("No speech recognized."))


ROBUSTNESS = Experiment(
    name="robustness",
    title=N_("Robustness"),
    about=N_(
        "Transcribe the recording again with telephone quality, noise and silence added, and compare "
        "the word error rates. You can play each version."
    ),
    icon=":material/graphic_eq:",
    controls=_controls,
    steps=audio_robustness.steps,
    evaluate=audio_robustness.evaluate,
    draw=_draw,
)
