"""Rows as a table that sorts, searches and copies; what is unknown is a dash in it, as everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import streamlit as st

from .metrics_row import UNKNOWN

MOST_OPEN_ROWS = 11
HIGHEST = 420


def data_table(rows: Sequence[Mapping[str, Any]], **options: Any) -> None:
    """Draw rows, each by the names of its columns.

    Args:
        rows: With the same columns each.
        **options: Of `st.dataframe`.
    """
    st.dataframe(list(rows), hide_index=True, placeholder=UNKNOWN, **options)


def height(rows: int) -> int | Literal["content"]:
    """Give the height of a table: all of it while it is short, else one that scrolls."""
    return "content" if rows <= MOST_OPEN_ROWS else HIGHEST
