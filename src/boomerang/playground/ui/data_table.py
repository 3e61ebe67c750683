"""Rows as a table that can be sorted, searched and copied; unknown values are a dash."""

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
    """Draw rows, given as dicts by column name.

    Args:
        rows: Rows with the same columns; or a styled data frame.
        **options: Options of `st.dataframe`.
    """
    st.dataframe(rows, hide_index=True, placeholder=UNKNOWN, **options)


def height(rows: int) -> int | Literal["content"]:
    """Return the height of a table: its content while it is short, else a fixed one that scrolls."""
    return "content" if rows <= MOST_OPEN_ROWS else HIGHEST
