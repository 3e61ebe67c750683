"""The summary page's result: source and summary side by side, the facts kept, and the calls behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from boomerang.invoker.entities.summary import RequestInvokeSummary
from boomerang.invoker.records.record import Record
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui import streaming_text
from boomerang.playground.ui.number_format import seconds
from boomerang.workbench.i18n.translate import _, ngettext
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.summary_details import Size, size
from boomerang.workbench.runs.jobs import Job

from . import facts_kept, model_exchanges

TALL = 420
"""Height of the two columns in pixels; longer texts scroll."""
LONGEST = 50_000
"""Most characters of a source drawn beside its summary."""


def draw(page: Pane, record: Record[Any]) -> None:
    """Draw both texts. A notice above says so if the text was returned unchanged."""
    if not record.chunks:
        return
    source = drawable(record.request_as(RequestInvokeSummary).text)
    text = drawable(record.chunks[0].summary)
    st.caption(_size_line(size(source), size(text), record))
    if page.narrow:  # no room for two columns, and the source is the same in each pane
        _column(page, "summary", _("Summary"), text)
    else:
        grid = st.grid(2, min_column_width=230, gap="small")
        for name, title, shown in (("source", _("Source text"), source), ("summary", _("Summary"), text)):
            with grid.cell():
                _column(page, name, title, shown)
    st.download_button(
        _("Summary"),
        text,
        file_name=f"summary-{record.id[:8]}.txt",
        icon=":material/download:",
        on_click="ignore",
        key=page.key("download"),
    )
    if text.strip():
        facts_kept.draw(page, source, text)
    model_exchanges.draw(page, record)


def draw_live(page: Pane, job: Job) -> Callable[[], None]:
    """Draw the segments of a summary as they are generated."""
    return model_exchanges.live(job)


def _column(page: Pane, name: str, title: str, text: str) -> None:
    st.markdown(f"**{title}**")
    with st.container(border=True, key=page.key(name).replace(".", "-")):
        if name == "source":  # a text area, because it can be scrolled by keyboard
            # A key per run: a widget keeps its first value.
            key = page.key(f"shown.{page.state.record.id}") if page.state.record else None
            st.text_area(title, text[:LONGEST], height=TALL, disabled=True, label_visibility="collapsed", key=key)
        else:
            streaming_text.draw(text)


def _size_line(source: Size, summary: Size, record: Record[Any]) -> str:
    characters = ngettext("{before:,} → {after:,} character", "{before:,} → {after:,} characters", summary.characters).format(
        before=source.characters, after=summary.characters
    )
    counted = ngettext("{before:,} → {after:,} word", "{before:,} → {after:,} words", summary.word_count).format(
        before=source.word_count, after=summary.word_count
    )
    share = f"{summary.characters / source.characters:.0%}" if source.characters else ""
    return " · ".join(filter(None, [characters, counted, share, seconds(record.elapsed)]))
