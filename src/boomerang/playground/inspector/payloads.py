"""The request and the response in Dify's wire format: readable first, the exact JSON one click away."""

from __future__ import annotations

from typing import Any

import streamlit as st

from boomerang.invoker.records.record import Outcome, Record
from boomerang.invoker.records.record_values import dump
from boomerang.playground.ui.escape import code
from boomerang.workbench.i18n.translate import N_, _, ngettext
from boomerang.workbench.parsing.json_text import written
from boomerang.workbench.results.merged_answer import is_merged, merged

from . import sent_messages
from .choice import choice
from .json_tree import tree

MESSAGES, JSON = "messages", "json"
SENT_VIEWS = {MESSAGES: N_("Messages"), JSON: "JSON"}
MERGED, CHUNKS = "merged", "chunks"
RECEIVED_VIEWS = {MERGED: N_("Merged answer"), CHUNKS: N_("Chunks as received")}
MOST_CHUNKS = 100
"""Most chunks listed; the Chunks tab pages through all of them."""
CHUNK_LEVELS = 4
"""Levels initially expanded in their list: down to the content of a message."""


def draw_sent(record: Record[Any] | None, key: str) -> None:
    """Draw the request: its messages one by one, or all of it as JSON."""
    if record is None:
        st.caption(_("The request in Dify's wire format appears here after a run."))
        return
    sent = record.sent
    if sent is None:
        st.caption(_("Nothing was sent: the call was answered on the caller's side. Arguments:"))
        tree(record.request.payload, record, f"{key}.sent")
        return
    st.caption(
        _("{type} request to back end {backend}, in Dify's wire format.").format(
            type=code(record.request.invoke_type.value), backend=code(record.backend)
        )
    )
    if sent_messages.messages_of(sent) and choice(_("Show the request as"), SENT_VIEWS, f"{key}.sent.view") == MESSAGES:
        sent_messages.draw(sent)
    else:
        tree(sent.payload, record, f"{key}.sent")


def draw_received(record: Record[Any] | None, key: str) -> None:
    """Draw the answer, merged or in chunks, and a download of the whole record."""
    if record is None or not record.chunks:
        st.caption(_("No response yet."))
        return
    count = len(record.chunks)
    if is_merged(record) and choice(_("Show the answer as"), RECEIVED_VIEWS, f"{key}.received.view") == CHUNKS:
        _chunks(record, count, key)
    else:
        if is_merged(record):
            st.caption(_merged_from(record, count))
        else:
            st.caption(_("Single response."))
        tree(lambda: merged(record), record, f"{key}.received")
    st.download_button(
        _("Record as JSON"),
        data=lambda: written(dump(record), indent=1),
        file_name=f"{record.request.invoke_type.value}-{record.id[:8]}.json",
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
        key=f"{key}.record",
    )


def _merged_from(record: Record[Any], count: int) -> str:
    if record.outcome is Outcome.RUNNING:
        template = ngettext("Merged from the first {count} chunk.", "Merged from the first {count} chunks so far.", count)
    else:
        template = ngettext("Merged from {count} chunk.", "Merged from {count} chunks.", count)
    return template.format(count=f"{count:,}")


def _chunks(record: Record[Any], count: int, key: str) -> None:
    if count > MOST_CHUNKS:
        template = _("First {most} of {count} chunks. See Chunks for all of them.")
        st.caption(template.format(most=MOST_CHUNKS, count=f"{count:,}"))
    first = record.chunks[:MOST_CHUNKS]
    tree(lambda: [chunk.model_dump(mode="json") for chunk in first], record, f"{key}.received.chunks", open_levels=CHUNK_LEVELS)
