"""Experiments of the speech2text page: the same recording made worse step by step."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from boomerang.invoker.audio.file_type import kind_of
from boomerang.invoker.session import Session
from boomerang.playground.forms.audio.audio_upload import Recording
from boomerang.playground.results.audio import word_errors
from boomerang.playground.results.audio.transcript import transcript
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui.escape import plain
from boomerang.workbench.analysis.word_error_rate import Rules
from boomerang.workbench.experiments.audio_robustness import AS_IT_IS, DAMAGES, damaged
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.transcripts import Judged
from boomerang.workbench.runs.job_series import Series, Step
from boomerang.workbench.runs.jobs import Call

from .experiment_panel import Experiment

if TYPE_CHECKING:  # numpy comes when the experiment runs
    pass

LONGEST_SECONDS = 300
"""Of a recording for this experiment: it is heard eight times."""


def _steps(page: Pane, pane: Pane) -> Sequence[Step]:
    pane.context.put(Rules())
    file = page.arguments.get("file")
    if file is None:
        return ()
    recording = page.context.get(Recording) or Recording()
    seconds = recording.facts.seconds if recording.facts is not None else None
    pane.require(seconds is not None, _("a recording that can be decoded here"))
    pane.require((seconds or 0) <= LONGEST_SECONDS, _("a recording of five minutes at most"))
    reference = recording.reference
    if not reference.strip():
        pane.require(False, _("what was really said"))
    with st.container(horizontal=True):
        pane.context.put(word_errors.rules(pane))
    facts = {"reference": reference}
    config = page.arguments["model_config"]
    steps = [Step(AS_IT_IS, _call(config, lambda: file), facts)]
    steps += [Step(label, _call(config, partial(damaged, file, how, amount)), facts) for label, how, amount in DAMAGES]
    return steps


def _call(config: Any, make: Callable[[], bytes]) -> Call:
    def invoke(session: Session) -> Any:
        return session.model.speech2text.invoke(config, io.BytesIO(make()))

    return invoke


def _draw(pane: Pane, series: Series) -> None:
    rules = pane.context.get(Rules) or Rules()
    turn = series.done if series.running else "end"  # drawn again and again in one script run, and no key may come twice
    for number, step in enumerate(series.steps):
        with st.container(border=True, gap="xsmall"):
            text = transcript(step.record) if step.record is not None else ""
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{plain(_(step.label))}**", width="content")
                if step.error is None and step.ended:
                    found = word_errors.held(pane, step.facts["reference"], text, rules, f"judged.{number}")
                    word_errors.numbers(found)
            if step.error is not None:
                st.text(drawable(f"{type(step.error).__name__}: {step.error}"))
            elif not step.ended:
                st.caption(_("under way") if step.record is not None else _("to come"))
            else:
                _heard(pane, step, f"{number}.{turn}", text, found)
    word_errors.legend()


def _heard(pane: Pane, step: Step, mark: str, text: str, found: Judged) -> None:
    player, words = st.columns([3, 5], vertical_alignment="center")
    file = step.record.request.file if step.record is not None else b""  # type: ignore[attr-defined]
    kind = kind_of(file)
    if kind is not None:
        player.audio(file, format=kind.media_type, alt=_("What the model heard: {name}").format(name=_(step.label)))
    with words:
        if text:
            word_errors.words(found, pane.key(f"marked.{mark}"))
        else:
            st.caption(_("Nothing was recognised."))


ROBUSTNESS = Experiment(
    name="robustness",
    title=N_("Robustness"),
    about=N_(
        "The same recording through a telephone, under noise, and with silence around it: how many words are still right. "
        "You can hear what the model heard."
    ),
    icon=":material/graphic_eq:",
    steps=_steps,
    draw=_draw,
)
EXPERIMENTS = (ROBUSTNESS,)
