"""The request and the response in Dify's wire format."""

from __future__ import annotations

from typing import Any

import streamlit as st

from boomerang.invoker.records.record import Record
from boomerang.invoker.records.record_values import dump
from boomerang.playground.ui.escape import code
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.parsing.json_text import written

from .json_tree import tree


def draw_sent(record: Record[Any] | None, key: str) -> None:
    """Draw the request."""
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
    tree(sent.payload, record, f"{key}.sent")


def draw_received(record: Record[Any] | None, key: str) -> None:
    """Draw the response or its last chunk, and a download of the whole record."""
    if record is None or not record.chunks:
        st.caption(_("No response yet."))
        return
    count = len(record.chunks)
    last = record.chunks[-1]
    if count == 1:
        st.caption(_("Single response."))
    else:
        st.caption(_("Last of {count} chunks. See Chunks for all of them.").format(count=f"{count:,}"))
    tree(lambda: last.model_dump(mode="json"), record, f"{key}.received")
    st.download_button(
        _("Record as JSON"),
        data=lambda: written(dump(record), indent=1),
        file_name=f"{record.request.invoke_type.value}-{record.id[:8]}.json",
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
        key=f"{key}.record",
    )
