"""Times of day in the visitor's time zone."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

import streamlit as st


def clock(at: datetime) -> str:
    """Return a time as text: the time of day, after the date unless it is today's."""
    local = at.astimezone(_zone())
    today = datetime.now(local.tzinfo).date()
    return f"{local:%H:%M:%S}" if local.date() == today else f"{local:%Y-%m-%d %H:%M:%S}"


def _zone() -> tzinfo:
    """Return the browser's time zone; UTC if it names none that exists here."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (KeyError, OSError, ValueError):
        return UTC
