"""The calls to the system model behind a summary, segment by segment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from boomerang.invoker.records.record import Record
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui.charts.chart_style import label_text
from boomerang.playground.ui.data_table import data_table
from boomerang.playground.ui.escape import plain
from boomerang.playground.ui.number_format import seconds
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.summary_details import Exchange, exchanges
from boomerang.workbench.runs.jobs import Job

LONGEST_MESSAGE = 20_000
TALL = 420
"""Height of the messages in pixels; longer ones scroll."""


def draw(page: Pane, record: Record[Any]) -> None:
    """Draw the segments, and the messages of one of them as sent."""
    calls = exchanges(record)
    if not calls:
        return
    label = _("System model calls ({count})").format(count=len(calls))
    with st.expander(label):
        number = 0
        if len(calls) > 1:
            _pieces(page, calls)
            key = page.key("exchange")
            if not 0 <= int(st.session_state.get(key) or 0) < len(calls):
                st.session_state[key] = 0
            number = st.selectbox(
                _("Messages of segment"),
                range(len(calls)),
                key=key,
                format_func=lambda at: f"{at + 1} · {label_text(calls[at].name)}",
            )
        _messages(calls[int(number or 0)])


def _pieces(page: Pane, calls: Sequence[Exchange]) -> None:
    st.caption(_("Each row is a call to the system model. Later rounds combine earlier results."))
    data_table(
        [
            {
                "#": number,
                _("segment"): drawable(exchange.name),
                _("prompt"): len(exchange.messages[-1][1]) if exchange.messages else None,
                _("answer time"): seconds(exchange.seconds),
                _("answer"): drawable(exchange.answer),
            }
            for number, exchange in enumerate(calls, 1)
        ],
        height=min(320, 38 + 35 * len(calls)),
        column_config={
            "#": st.column_config.NumberColumn(width=40),
            _("prompt"): st.column_config.NumberColumn(width=70, help=_("Characters of the last message.")),
            _("answer"): st.column_config.TextColumn(width="large"),
        },
        alt=_("Summary segments"),
        key=page.key("pieces"),
    )


def _messages(exchange: Exchange) -> None:
    with st.container(height=TALL):
        for role, text in [*exchange.messages, (_("answer"), exchange.answer)]:
            st.caption(plain(role))
            st.code(drawable(text[:LONGEST_MESSAGE]), language=None, wrap_lines=True)


def live(job: Job) -> Callable[[], None]:
    """Draw the segments summarized so far; return a function that draws new ones."""
    place = st.container()
    with place:
        waiting = st.empty()
        waiting.skeleton(height=120)
    drawn = 0

    def tick() -> None:
        nonlocal drawn
        calls = exchanges(job.record)
        if len(calls) > drawn:
            waiting.empty()
        for exchange in calls[drawn:]:
            with place:
                st.caption(plain(exchange.name))
                st.text(drawable(exchange.answer))
        drawn = len(calls)

    return tick
