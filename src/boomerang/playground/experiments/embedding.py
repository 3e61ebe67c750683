"""Experiments of the embedding page: texts as queries and as documents; batch and single calls."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from boomerang.playground.results.text_embedding.vector_views import name
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui.data_table import data_table
from boomerang.playground.ui.number_format import UNKNOWN, seconds
from boomerang.workbench.experiments import embedding
from boomerang.workbench.experiments.embedding import BatchComparison, TypesComparison, Unequal
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results.drawable_text import drawable

from . import repeat_controls
from .experiment_panel import Experiment, no_controls


def _draw_types(pane: Pane, result: TypesComparison) -> None:
    _failures(result.errors)
    if result.unequal is not None:
        st.error(_unequal(result.unequal))
    if not result.cosines:
        return
    if not result.sent:
        st.info(_("input_type was not sent to the server, so this compares each text with itself."), icon=":material/link_off:")
    elif result.difference <= embedding.SAME:
        st.success(_("No difference: this model ignores input_type."), icon=":material/equal:")
    else:
        st.info(
            _("The vectors differ: index texts as documents and search with queries, or retrieval quality drops."),
            icon=":material/difference:",
        )
    repeat_controls.row(
        pane,
        {
            _("Min cosine"): _number(result.least_cosine),
            _("Max difference"): f"{result.difference:.2g}",
            _("Dimensions"): f"{result.dimensions:,}",
        },
    )
    rows = [
        {"#": number, _("text"): name(drawable(text)), _("cosine, query to document"): cosine}
        for number, (text, cosine) in enumerate(zip(result.texts, result.cosines, strict=False), 1)
    ]
    data_table(rows, height=min(400, 38 + 35 * len(rows)), alt=_("Query vs. document, by text"))


def _batch_controls(page: Pane, pane: Pane) -> None:
    texts = page.arguments.get("texts", [])
    pane.require(len(texts) > 1, _("add a second text"))
    if len(texts) > embedding.MOST_ONE_BY_ONE:
        st.caption(_("First {count} of {all} texts.").format(count=embedding.MOST_ONE_BY_ONE, all=len(texts)))


def _draw_batch(pane: Pane, result: BatchComparison) -> None:
    _failures(result.errors)
    if result.unequal is not None:
        st.error(_unequal(result.unequal))
    if not result.compared:
        return
    if result.compared == result.count:
        _batch_verdict(result.difference, result.most_changed)
    repeat_controls.row(
        pane,
        {
            _("Max difference"): f"{result.difference:.2g}",
            _("Min cosine"): _number(result.least_cosine),
            _("Compared"): f"{result.compared} / {result.count}",
            _("One call"): _time(result.one_call_seconds),
            _("Single calls"): _time(result.one_by_one_seconds),
        },
    )


def _batch_verdict(difference: float, text: str) -> None:
    if difference <= embedding.SAME:
        st.success(_("Equal up to rounding: batching does not change the vectors."), icon=":material/equal:")
    else:
        st.warning(_("Batching changes the vectors, most of all in row:"), icon=":material/difference:")
        st.text(name(drawable(text)))


def _unequal(difference: Unequal) -> str:
    """Return why two results cannot be compared."""
    if difference.left != difference.right:
        return _("Vectors returned: {left} and {right}.").format(left=difference.left, right=difference.right)
    return _("The vectors have different dimensions: {widths}.").format(widths=difference.widths)


def _failures(errors: Sequence[tuple[str, Exception]]) -> None:
    repeat_controls.failures([(name(_(label)), error) for label, error in errors])


def _number(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.6f}"


def _time(spent: float | None) -> str:
    return UNKNOWN if spent is None else seconds(spent)


TWO_TYPES = Experiment(
    name="two-types",
    title=N_("Query vs. document"),
    about=N_("Embed the same texts as query and as document and compare each pair by cosine. Some models ignore the type."),
    icon=":material/compare:",
    controls=no_controls,
    steps=embedding.type_steps,
    evaluate=embedding.compare_types,
    draw=_draw_types,
)
BATCH = Experiment(
    name="batch",
    title=N_("Batch vs. single"),
    about=N_("Embed all texts in one call, then each in its own call, and show the largest difference."),
    icon=":material/view_module:",
    controls=_batch_controls,
    steps=embedding.batch_steps,
    evaluate=embedding.compare_batch,
    draw=_draw_batch,
)
