"""A choice between a few views of the same run."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from boomerang.workbench.i18n.translate import _


def choice(label: str, options: Mapping[str, str], key: str, *, kept: bool = True) -> str:
    """Draw the choice; return the chosen name, the first one by default.

    Args:
        label: Its accessible name.
        options: Name → label, in English.
        key: Unique on the page.
        kept: Whether the choice survives while it is not drawn.
    """
    first = next(iter(options))
    chosen = st.segmented_control(
        label,
        list(options),
        default=first,
        format_func=lambda name: _(options[name]),
        key=key,
        required=True,
        persist_state="session" if kept else None,
        label_visibility="collapsed",
    )
    return str(chosen or first)
