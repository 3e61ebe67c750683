"""The moderation page's result: one boolean as text, icon and colour, and the scores if the back end reports them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from boomerang.invoker.entities.moderation import RequestInvokeModeration
from boomerang.invoker.records.record import Record
from boomerang.playground.run import pane_names, run_actions
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui import html_tables
from boomerang.playground.ui.data_table import data_table
from boomerang.playground.ui.escape import plain
from boomerang.playground.ui.number_format import UNKNOWN
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.parsing.json_text import written
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.moderation_details import CLEAR, SENSITIVE, Detail, detail, verdict


def draw(page: Pane, record: Record[Any]) -> None:
    """Draw the flag and the back end's scores."""
    if not record.chunks:
        return
    sensitive = record.chunks[0].result
    mark = page.key("flag-sensitive" if sensitive else "flag-clear").replace(".", "-")
    with st.container(border=True, key=mark):
        if sensitive:
            st.markdown(f"## :red[:material/flag: {_(SENSITIVE)}]")
        else:
            st.markdown(f"## :green[:material/verified: {_(CLEAR)}]")
        st.markdown(f"`result = {sensitive}`")
    scores = detail(record)
    answer = {"result": sensitive} | ({} if scores is None else {"scores": dict(scores.scores)})
    run_actions.draw(page, copy=written(answer, indent=2))
    st.caption(_("Dify's reverse invocation returns only this boolean: no categories, no scores."))
    if scores is None:
        st.caption(_("This back end reports no scores, so thresholds cannot be tried."))
    else:
        _categories(page, scores, sensitive)


def _categories(page: Pane, scores: Detail, sensitive: bool) -> None:
    with st.expander(_("Details from this back end"), expanded=True):
        at = st.slider(
            _("What-if threshold"),
            0.0,
            1.0,
            key=page.hold("threshold", scores.threshold, lambda at: 0 <= at <= 1),
            step=0.01,
            persist_state="session",
            help=_(
                "Applied to the finished result without a new call: a category is flagged if its score is `>=` the threshold."
            ),
        )
        data_table(
            [
                {
                    _("category"): drawable(name),
                    _("score"): score,
                    _("flag"): "⚑" if score >= at else "",
                    _("back end"): "⚑" if score >= scores.threshold else "",
                }
                for name, score in scores.scores.items()
            ],
            column_config={
                _("category"): st.column_config.TextColumn(width=85),
                _("score"): st.column_config.ProgressColumn(format="%.3f", min_value=0.0, max_value=1.0, width=85),
                _("flag"): st.column_config.TextColumn(width=40, help=_("At the what-if threshold.")),
                _("back end"): st.column_config.TextColumn(width=60, help=_("At the back end's own threshold.")),
            },
            alt=_("Scores by category"),
            key=page.key("categories"),
        )
        _draw_threshold(scores, at, sensitive)
        if scores.sentence:
            st.caption(_("Deciding passage:"))
            st.text(drawable(scores.sentence))
        template = _("The back end flags a text when any category reaches {threshold}. Dify does not return this detail.")
        st.caption(template.format(threshold=f"{scores.threshold:g}"))


def _draw_threshold(scores: Detail, at: float, sensitive: bool) -> None:
    """Show whether the answer would change at the what-if threshold."""
    would = scores.highest >= at
    if would == sensitive:
        st.caption(f":material/equal: {_('At {threshold} the answer would be the same.').format(threshold=f'{at:.2f}')}")
        return
    template = (
        _("At {threshold} it would be sensitive: {category} has {score}.")
        if would
        else _("At {threshold} it would not be sensitive: the highest score is {score} ({category}).")
    )
    text = template.format(threshold=f"{at:.2f}", category=plain(scores.category), score=f"{scores.highest:.3f}")
    st.markdown(f":orange[:material/swap_horiz:] {text}")


def compare(panes: Sequence[Pane]) -> None:
    """Draw each pane's answer for the text, and their scores by category."""
    records = [(pane, record) for pane in panes if (record := pane.state.record) is not None]
    texts = {record.request_as(RequestInvokeModeration).text for _pane, record in records}
    if len(texts) > 1:
        st.caption(_("The panes checked different texts. Run them again."))
        return
    verdicts = {verdict(record) for _pane, record in records} - {None}
    if len(verdicts) == 1:
        st.badge(_("All agree"), icon=":material/equal:", color="green")
    elif verdicts:
        st.badge(_("They disagree"), icon=":material/difference:", color="orange")
    html_tables.table(
        (_("Pane"), _("Answer"), _("Highest score")),
        [_line(pane, record) for pane, record in records],
        wide=_("Result by pane"),
    )
    details = {pane_names.letter(pane): scores for pane, record in records if (scores := detail(record)) is not None}
    names = list(dict.fromkeys(name for scores in details.values() for name in scores.scores))
    if len(details) > 1:
        html_tables.table(
            (_("Category"), *details),
            ([name, *(_score(scores.scores.get(name)) for scores in details.values())] for name in names),
            scrolls=_("Scores by category"),
        )


def _line(pane: Pane, record: Record[Any]) -> tuple[str, str, str]:
    scores, flagged = detail(record), verdict(record)
    return (
        pane_names.name(pane),
        UNKNOWN if flagged is None else _(SENSITIVE) if flagged else _(CLEAR),
        UNKNOWN if scores is None else f"{scores.highest:.3f} ({scores.category})",
    )


def _score(score: float | None) -> str:
    return UNKNOWN if score is None else f"{score:.3f}"
