"""Comparison of summaries: sizes, facts kept, and a word diff of two of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from boomerang.invoker.entities.summary import RequestInvokeSummary
from boomerang.playground.run import pane_names
from boomerang.playground.run.pane import Pane
from boomerang.playground.run.pane_names import pair
from boomerang.playground.ui import html_tables, text_diff
from boomerang.playground.ui.data_table import data_table
from boomerang.playground.ui.number_format import UNKNOWN
from boomerang.workbench.analysis.facts import Fact, State, share_kept
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.summary_details import facts, size, tally

from .facts_kept import STATES

MOST_FACTS = 300


def compare(panes: Sequence[Pane]) -> None:
    """Draw words and facts of each summary, a word diff of two panes, and the facts in each summary."""
    made = [(pane, source, summary) for pane in panes for source, summary in _texts(pane)]
    columns = (_("Pane"), _("Words"), _("Facts kept"), _("New facts"))
    html_tables.table(columns, [_line(*one) for one in made], wide=_("Summary lengths and kept facts"))
    if len({source for _pane, source, _summary in made}) > 1:
        st.caption(_("The panes summarized different texts. Run them again."))
        return
    left, right = pair(panes)
    texts = {pane_names.letter(pane): summary for pane, _source, summary in made}
    one, other = pane_names.letter(left), pane_names.letter(right)
    if one in texts and other in texts:
        headings = (_("only {pane}").format(pane=one), _("only {pane}").format(pane=other))
        text_diff.draw(texts[one], texts[other], headings, left.key(f"difference.{one}{other}"))
    _facts(made)


def _texts(pane: Pane) -> list[tuple[str, str]]:
    """Return source and summary of a pane; empty if it has no summary."""
    record = pane.state.record
    if record is None or not record.chunks:
        return []
    return [(drawable(record.request_as(RequestInvokeSummary).text), drawable(record.chunks[0].summary))]


def _line(pane: Pane, source: str, summary: str) -> tuple[str, str, str, str]:
    compared = facts(source, summary)
    count, share = tally(compared), share_kept(compared)
    kept = UNKNOWN if share is None else f"{count[State.KEPT]} ({share:.0%})"
    return pane_names.name(pane), f"{size(summary).word_count:,}", kept, f"{count[State.NEW]:,}"


def _facts(made: Sequence[tuple[Pane, str, str]]) -> None:
    """Draw a row for each fact, with its state in each pane."""
    lines: dict[Any, dict[str, str]] = {}
    known: dict[Any, Fact] = {}
    for pane, source, summary in made:
        for one in facts(source, summary):
            value = (one.fact.kind, str(one.fact.value))
            known.setdefault(value, one.fact)
            name, sign, _color, _icon = STATES[one.state]
            lines.setdefault(value, {})[pane_names.letter(pane)] = f"{sign} {_(name)}"
    if not lines:
        return
    letters = [pane_names.letter(pane) for pane, _source, _summary in made]
    with st.expander(_("Facts in each summary")):
        data_table(
            [
                {_("fact"): drawable(known[value].text)} | {letter: state.get(letter, "") for letter in letters}
                for value, state in list(lines.items())[:MOST_FACTS]
            ],
            height=320,
            alt=_("Facts in each summary"),
        )
