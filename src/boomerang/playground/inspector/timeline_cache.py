"""Cached timelines of records, kept between script runs."""

from __future__ import annotations

from typing import Any

import streamlit as st

from boomerang.invoker.records import timeline
from boomerang.invoker.records.record import Record
from boomerang.invoker.records.timeline import Timeline


def timeline_of(record: Record[Any], key: str) -> Timeline:
    """Return the record's timeline, extended from where the last script run stopped."""
    cached: tuple[str, Timeline] | None = st.session_state.get(f"{key}.read")
    current = timeline.timeline_of(record, cached[1] if cached and cached[0] == record.id else None)
    st.session_state[f"{key}.read"] = (record.id, current)
    return current
