"""Experiments of the moderation page: disguised variants of a text, and the text inside a long one."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from boomerang.playground.run.pane import Pane
from boomerang.playground.ui.data_table import data_table
from boomerang.playground.ui.number_format import UNKNOWN
from boomerang.workbench.experiments import moderation_perturbations as experiment
from boomerang.workbench.experiments.moderation_perturbations import (
    PerturbationAnswers,
    PerturbationRow,
    PerturbationSettings,
    PlaceSettings,
)
from boomerang.workbench.i18n.translate import N_, _, ngettext
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.moderation_details import CLEAR, SENSITIVE
from boomerang.workbench.samples import inputs

from .experiment_panel import Experiment

LONGEST_CELL = 200


@dataclass(slots=True)
class _OtherLanguage:
    """State of the other-language field."""

    known: str | None = None
    """The samples' translation of the text; `None` before the field was first drawn."""


def _perturbation_controls(page: Pane, pane: Pane) -> PerturbationSettings:
    return PerturbationSettings(_other_language(pane, str(page.arguments.get("text", ""))))


def _other_language(pane: Pane, text: str) -> str:
    """Draw the field for the text in another language; it follows the samples until the visitor edits it."""
    known = inputs.OTHER_LANGUAGE.get(text, "")
    key = pane.hold("other", known)
    kept = pane.state.kept(_OtherLanguage)
    before = known if kept.known is None else kept.known
    if before != known and st.session_state[key] == before:
        st.session_state[key] = known
    kept.known = known
    typed = st.text_area(
        _("Text in another language"),
        key=key,
        height=68,
        persist_state="session",
        placeholder=_("Optional, filled in for samples"),
    )
    return str(typed or "")


def _draw_perturbations(pane: Pane, result: PerturbationAnswers) -> None:
    count = result.answered
    if result.flagged is not None and not result.running:
        if not result.changed:
            template = ngettext(
                "The answer is the same for {count} variant.",
                "The answer is the same for all {count} variants.",
                count,
            )
            st.success(template.format(count=count), icon=":material/equal:")
        else:
            template = (
                ngettext(
                    "{count} of {all} variant gets past the model.",
                    "{count} of {all} variants get past the model.",
                    count,
                )
                if result.flagged
                else ngettext("{count} of {all} variant is flagged.", "{count} of {all} variants are flagged.", count)
            )
            st.warning(template.format(count=result.changed, all=count), icon=":material/difference:")
    _table(result, _("variant"), _("Results by variant"))


def _place_controls(_page: Pane, _pane: Pane) -> PlaceSettings:
    return PlaceSettings(tuple(inputs.ARTICLE.split("\n\n")))


def _draw_places(pane: Pane, result: PerturbationAnswers) -> None:
    if result.flagged is not None and not result.running and result.ended:
        if result.changed:
            st.warning(_("The answer depends on the text's position."), icon=":material/difference:")
        else:
            st.success(_("The answer is the same at every position."), icon=":material/equal:")
    _table(result, _("position"), _("Results by position"))


def _table(result: PerturbationAnswers, what: str, about: str) -> None:
    config = {_("changed"): st.column_config.TextColumn(width=70), _("text"): st.column_config.TextColumn(width="large")}
    data_table([_row(row, what) for row in result.rows], column_config=config, alt=about)


def _row(row: PerturbationRow, what: str) -> dict[str, str]:
    answer = UNKNOWN if row.flagged is None else _(SENSITIVE) if row.flagged else _(CLEAR)
    shown = row.text if row.error is None else row.error
    highest = UNKNOWN if row.detail is None else f"{row.detail.highest:.3f} ({drawable(row.detail.category)})"
    return {
        what: _(row.label),
        _("answer"): answer if row.error is None else f"⚠ {_('failed')}",
        _("changed"): "≠" if row.changed else "",
        _("highest score"): highest,
        _("text"): drawable(str(shown))[:LONGEST_CELL],
    }


PERTURBATIONS = Experiment(
    name="variants",
    title=N_("Variants"),
    about=N_("Disguise the text in ways that people read without effort. Does the model still flag it?"),
    icon=":material/theater_comedy:",
    controls=_perturbation_controls,
    steps=experiment.perturbation_steps,
    evaluate=experiment.evaluate,
    draw=_draw_perturbations,
)
PLACES = Experiment(
    name="places",
    title=N_("In a long text"),
    about=N_("Put the text at the start, in the middle and at the end of a harmless article. Is it always flagged?"),
    icon=":material/segment:",
    controls=_place_controls,
    steps=experiment.place_steps,
    evaluate=experiment.evaluate,
    draw=_draw_places,
)
