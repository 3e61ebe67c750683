"""Experiments of the embedding page: the same texts as queries and as documents; all in one call and one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from boomerang.invoker.entities.model import EmbeddingInputType
from boomerang.playground.results.text_embedding.vector_views import name
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui.data_table import data_table
from boomerang.playground.ui.number_format import UNKNOWN, seconds
from boomerang.workbench.experiments.embedding import vectors
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.runs.job_series import Series, Step
from boomerang.workbench.runs.session_calls import call

from . import repeat_controls
from .experiment_panel import Experiment

MOST_ONE_BY_ONE = 32
SAME = 1e-4
"""Largest difference between two values that is put down to rounding: models reckon in 16 or 32 bits, and add up in another
order in another batch."""


def _two_types(page: Pane, _pane: Pane) -> Sequence[Step]:
    facts = {"texts": page.arguments.get("texts", [])}
    return [
        Step(kind.value, call(page.member, page.arguments | {"input_type": kind}), facts)
        for kind in (EmbeddingInputType.QUERY, EmbeddingInputType.DOCUMENT)
    ]


def _draw_two_types(pane: Pane, series: Series) -> None:
    _failures(series)
    query, document = (vectors(step) for step in series.steps)
    if not query or not document:
        return
    texts = series.steps[0].facts["texts"]
    if fault := _unequal(query, document):
        st.error(fault)
        return
    from boomerang.workbench.analysis.embedding_comparison import largest_difference, pair_cosines
    from boomerang.workbench.analysis.vectors import matrix

    left, right = matrix(query), matrix(document)
    largest, cosines = largest_difference(left, right), pair_cosines(left, right)
    if not all(_was_sent(step) for step in series.steps):
        st.info(_("The server was not told the input_type, so this compares a text with itself."), icon=":material/link_off:")
    elif largest.difference <= SAME:
        st.success(
            _("No difference: this model makes the same vector of a text whatever its input_type is."), icon=":material/equal:"
        )
    else:
        st.info(
            _("The vectors differ: texts must be indexed as documents and searched as queries, or they are found badly."),
            icon=":material/difference:",
        )
    repeat_controls.row(
        pane,
        {
            _("Least cosine"): _number(largest.least_cosine),
            _("Largest difference"): f"{largest.difference:.2g}",
            _("Dimensions"): f"{left.shape[1]:,}",
        },
    )
    rows = [
        {"#": number, _("text"): name(drawable(text)), _("cosine, query to document"): _finite(cosine)}
        for number, (text, cosine) in enumerate(zip(texts, cosines, strict=False), 1)
    ]
    data_table(rows, height=min(400, 38 + 35 * len(rows)), alt=_("Query against document, text by text"))


def _was_sent(step: Step) -> bool:
    """Return whether the input_type went to whoever made the vectors; some interfaces have none."""
    notes = tuple(step.record.notes) if step.record is not None else ()
    return not any("input_type" in note.data.get("not_sent", ()) for note in notes)


def _batch(page: Pane, pane: Pane) -> Sequence[Step]:
    texts = page.arguments.get("texts", [])
    pane.require(len(texts) > 1, _("add a second text"))
    if len(texts) > MOST_ONE_BY_ONE:
        st.caption(_("The first {count} of {all} texts.").format(count=MOST_ONE_BY_ONE, all=len(texts)))
    taken = list(texts[:MOST_ONE_BY_ONE])
    whole = Step(_("all in one call"), call(page.member, page.arguments | {"texts": taken}), {"texts": taken})
    return [whole, *(Step(text, call(page.member, page.arguments | {"texts": [text]})) for text in taken)]


def _draw_batch(pane: Pane, series: Series) -> None:
    _failures(series)
    whole, *singles = series.steps
    together = vectors(whole)
    if not together:
        return
    alone = [vectors(step) for step in singles]
    ready = [row for row, one in enumerate(alone) if one and row < len(together)]
    if not ready:
        return
    left, right = [together[row] for row in ready], [alone[row][0] for row in ready]
    if fault := _unequal(left, right):
        st.error(fault)
        return
    from boomerang.workbench.analysis.embedding_comparison import largest_difference
    from boomerang.workbench.analysis.vectors import matrix

    largest = largest_difference(matrix(left), matrix(right))
    if len(ready) == len(singles):
        _batch_verdict(largest.difference, series.steps[0].facts["texts"][ready[largest.row or 0]])
    repeat_controls.row(
        pane,
        {
            _("Largest difference"): f"{largest.difference:.2g}",
            _("Least cosine"): _number(largest.least_cosine),
            _("Compared"): f"{len(ready)} / {len(singles)}",
            _("One call"): _time([whole]),
            _("One by one"): _time(singles),
        },
    )


def _batch_verdict(difference: float, text: str) -> None:
    if difference <= SAME:
        st.success(_("Equal up to rounding: what a text is embedded with does not change its vector."), icon=":material/equal:")
    else:
        st.warning(_("A text's vector depends on what it is embedded with; most of all row:"), icon=":material/difference:")
        st.text(name(drawable(text)))


def _unequal(left: Sequence[Sequence[Any]], right: Sequence[Sequence[Any]]) -> str:
    """Say what keeps two answers from being compared; empty if nothing does."""
    if len(left) != len(right):
        words = _("Vectors that came back: {left} and {right}.")
        return words.format(left=len(left), right=len(right))
    widths = sorted({len(row) for row in (*left, *right)})
    return _("The vectors have different dimensions: {widths}.").format(widths=widths) if len(widths) > 1 else ""


def _failures(series: Series) -> None:
    for step in series.steps:
        if step.error is not None:
            st.text(drawable(f"{name(step.label)}: {type(step.error).__name__}: {step.error}"))


def _number(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.6f}"


def _finite(value: Any) -> float | None:
    return None if value != value else round(float(value), 6)


def _time(steps: Sequence[Step]) -> str:
    spent = [step.record.elapsed for step in steps if step.ended and step.record is not None]
    return seconds(sum(spent)) if spent else UNKNOWN


TWO_TYPES = Experiment(
    name="two-types",
    title=N_("Query or document"),
    about=N_("The same texts in both input types: the cosine between the two vectors of each. Some models make no difference."),
    icon=":material/compare:",
    steps=_two_types,
    draw=_draw_two_types,
)
BATCH = Experiment(
    name="batch",
    title=N_("One call or many"),
    about=N_("All texts in one call, and then each in a call of its own: the largest difference between the two vectors."),
    icon=":material/view_module:",
    steps=_batch,
    draw=_draw_batch,
)
EXPERIMENTS = (TWO_TYPES, BATCH)
