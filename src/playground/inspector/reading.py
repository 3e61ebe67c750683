"""The numbers of a record's chunks, kept from one script run to the next."""

from __future__ import annotations

from typing import Any

import streamlit as st

from invoker import Record
from invoker.timeline import Timeline


def timeline_of(record: Record[Any], key: str) -> Timeline:
    """Give the numbers of all chunks, read on from where the last script run stopped."""
    held: tuple[str, Timeline] | None = st.session_state.get(f"{key}.read")
    if held is None or held[0] != record.id:
        held = (record.id, Timeline(record))
        st.session_state[f"{key}.read"] = held
    return held[1].read(record)
