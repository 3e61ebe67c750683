"""Rows as a table that sorts, searches and copies; what is unknown is a dash in it, as everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from .number_format import UNKNOWN

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

MOST_OPEN_ROWS = 11
HIGHEST = 420


def data_table(rows: Sequence[Mapping[str, Any]] | Styler, **options: Any) -> None:
    """Draw rows, each by the names of its columns.

    Args:
        rows: With the same columns each; or a frame of them that says which rows are grey.
        **options: Of `st.dataframe`.
    """
    st.dataframe(rows, hide_index=True, placeholder=UNKNOWN, **options)


def height(rows: int) -> int | Literal["content"]:
    """Return the height of a table: all of it while it is short, else one that scrolls."""
    return "content" if rows <= MOST_OPEN_ROWS else HIGHEST
