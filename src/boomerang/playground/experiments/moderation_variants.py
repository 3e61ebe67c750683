"""Experiments of the moderation page: one text in disguise, and one text inside a long one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from boomerang.playground.run.pane import Pane
from boomerang.playground.ui.data_table import data_table
from boomerang.playground.ui.number_format import UNKNOWN
from boomerang.workbench.experiments.text_perturbations import VariantKind, variants
from boomerang.workbench.i18n.translate import N_, _, ngettext
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.moderation_details import CLEAR, SENSITIVE, detail, verdict_of
from boomerang.workbench.runs.job_series import Series, Step
from boomerang.workbench.runs.session_calls import call
from boomerang.workbench.samples import inputs

from .experiment_panel import Experiment

SEED = 20260503
"""The variants of a text are the same each time, so that two models are asked the same."""
LONGEST_CELL = 200
AS_IT_IS, OTHER_LANGUAGE = N_("as it is"), N_("in another language")
NAMES = {
    VariantKind.SPACED: N_("letters spaced out"),
    VariantKind.SWAPPED: N_("neighbouring letters swapped"),
    VariantKind.DIGITS: N_("digits for letters"),
    VariantKind.EMOJI: N_("emoji between words"),
    VariantKind.UPPER: N_("upper case"),
    VariantKind.ZERO_WIDTH: N_("zero-width characters in words"),
}
PLACES_IN_TEXT = {N_("alone"): None, N_("at the start"): 0.0, N_("in the middle"): 0.5, N_("at the end"): 1.0}


@dataclass(slots=True)
class _OtherLanguage:
    """What the experiment keeps of the field for the other language."""

    known: str | None = None
    """The translation that the samples have of the text; `None` before the field was first drawn."""


def _variants(page: Pane, pane: Pane) -> Sequence[Step]:
    text = str(page.arguments.get("text", ""))
    other = _other_language(pane, text)
    made = [(AS_IT_IS, text), *((NAMES[variant.kind], variant.text) for variant in variants(text, seed=SEED))]
    if other.strip():
        made.append((OTHER_LANGUAGE, other))
    return [_step(page, label, changed) for label, changed in made]


def _other_language(pane: Pane, text: str) -> str:
    """Draw the field for the same text in another language; it follows the samples until somebody types into it."""
    known = inputs.OTHER_LANGUAGE.get(text, "")
    key = pane.hold("other", known)
    kept = pane.state.kept(_OtherLanguage)
    before = known if kept.known is None else kept.known
    if before != known and st.session_state[key] == before:
        st.session_state[key] = known
    kept.known = known
    typed = st.text_area(
        _("The same in another language"),
        key=key,
        height=68,
        persist_state="session",
        placeholder=_("Optional; known for the samples"),
    )
    return str(typed or "")


def _step(page: Pane, label: str, text: str) -> Step:
    return Step(label, call(page.member, page.arguments | {"text": text}), {"text": text})


def _draw_variants(pane: Pane, series: Series) -> None:
    original, *others = series.steps
    first = verdict_of(original)
    differing = [step for step in others if (got := verdict_of(step)) is not None and got != first]
    if first is not None and not series.running:
        known = sum(verdict_of(step) is not None for step in others)
        if not differing:
            words = ngettext(
                "The answer is the same for {count} variant.", "The answer is the same for all {count} variants.", known
            )
            st.success(words.format(count=known), icon=":material/equal:")
        else:
            words = (
                ngettext(
                    "{count} of {all} variant gets past the model.", "{count} of {all} variants get past the model.", known
                )
                if first
                else ngettext("{count} of {all} variant is flagged.", "{count} of {all} variants are flagged.", known)
            )
            st.warning(words.format(count=len(differing), all=known), icon=":material/difference:")
    _table(series, differing, _("variant"), _("The variants and their answers"))


def _places(page: Pane, pane: Pane) -> Sequence[Step]:
    text = str(page.arguments.get("text", ""))
    around = inputs.ARTICLE.split("\n\n")
    steps = []
    for label, share in PLACES_IN_TEXT.items():
        at = None if share is None else round(share * len(around))
        steps.append(_step(page, label, text if at is None else "\n\n".join([*around[:at], text, *around[at:]])))
    return steps


def _draw_places(pane: Pane, series: Series) -> None:
    alone, *inside = series.steps
    first = verdict_of(alone)
    differing = [step for step in inside if (got := verdict_of(step)) is not None and got != first]
    if first is not None and not series.running and all(step.ended for step in inside):
        if differing:
            st.warning(_("The answer depends on where the text stands."), icon=":material/difference:")
        else:
            st.success(_("The answer is the same wherever the text stands in a long one."), icon=":material/equal:")
    _table(series, differing, _("place"), _("The places and their answers"))


def _table(series: Series, differing: Sequence[Step], what: str, about: str) -> None:
    rows = []
    for step in series.steps:
        got, found = verdict_of(step), detail(step.record)
        answer = UNKNOWN if got is None else _(SENSITIVE) if got else _(CLEAR)
        shown = step.error if step.error is not None else step.facts["text"]
        rows.append(
            {
                what: _(step.label),
                _("answer"): f"⚠ {_('failed')}" if step.error is not None else answer,
                _("changed"): "≠" if step in differing else "",
                _("highest score"): UNKNOWN if found is None else f"{found.highest:.3f} ({drawable(found.category)})",
                _("text"): drawable(str(shown))[:LONGEST_CELL],
            }
        )
    config = {_("changed"): st.column_config.TextColumn(width=70), _("text"): st.column_config.TextColumn(width="large")}
    data_table(rows, column_config=config, alt=about)


VARIANTS = Experiment(
    name="variants",
    title=N_("Variants"),
    about=N_("The text in disguises that a person reads through at once: does the model still see what it is?"),
    icon=":material/theater_comedy:",
    steps=_variants,
    draw=_draw_variants,
)
PLACES = Experiment(
    name="places",
    title=N_("In a long text"),
    about=N_("The text at the start, in the middle and at the end of a harmless article: is it found everywhere?"),
    icon=":material/segment:",
    steps=_places,
    draw=_draw_places,
)
