"""The summary page's result: the summary, its source on demand, the facts kept, and the calls behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from boomerang.invoker.entities.summary import RequestInvokeSummary
from boomerang.invoker.records.record import Record
from boomerang.playground.run import run_actions
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui import streaming_text
from boomerang.workbench.i18n.translate import _, ngettext
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.summary_details import Size, size
from boomerang.workbench.runs.jobs import Job

from . import facts_kept, model_exchanges

TALL = 420
"""Height of the source in pixels; longer texts scroll."""
LONGEST = 50_000
"""Most characters of a source that are drawn."""


def draw(page: Pane, record: Record[Any]) -> None:
    """Draw the summary. A notice above says so if the text was returned unchanged."""
    if not record.chunks:
        return
    source = drawable(record.request_as(RequestInvokeSummary).text)
    text = drawable(record.chunks[0].summary)
    with st.container(border=True, key=page.key("summary").replace(".", "-")):
        streaming_text.draw(text)
    st.caption(_word_line(size(source), size(text)))
    run_actions.draw(page, copy=text, downloads=[run_actions.Download(_("Summary"), text, f"summary-{record.id[:8]}.txt")])
    if not page.narrow:  # the source is the same in each pane
        _source(page, record, source)
    if text.strip():
        facts_kept.draw(page, source, text)
    model_exchanges.draw(page, record)


def draw_live(page: Pane, job: Job) -> Callable[[], None]:
    """Draw the segments of a summary as they are generated."""
    return model_exchanges.live(job)


def _source(page: Pane, record: Record[Any], text: str) -> None:
    label = ngettext("Source text · {count:,} character", "Source text · {count:,} characters", len(text))
    key = page.key(f"source.{record.id[:8]}")  # a key per run, because a widget keeps its first value
    unfolded = st.expander(label.format(count=len(text)), key=key, on_change="rerun")
    if unfolded.open:
        with unfolded:  # a text area, because it can be scrolled by keyboard
            shown = text[:LONGEST]
            st.text_area(_("Source text"), shown, height=TALL, disabled=True, label_visibility="collapsed", key=f"{key}.text")


def _word_line(source: Size, summary: Size) -> str:
    text = ngettext("{before:,} → {after:,} word", "{before:,} → {after:,} words", summary.word_count)
    return text.format(before=source.word_count, after=summary.word_count)
