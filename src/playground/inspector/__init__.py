"""Under every result: all numbers, what was sent, what came back, chunk by chunk, the log, and the call as plugin code.

Drawn from the record alone, so that a live run and an old one look the same.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from invoker import ListedModel, Record

from ..words import N_, _
from . import chunks, figures, layers, messages
from .describing import describe
from .searching import found
from .shortening import LONGEST_HEX, LONGEST_LIST, LONGEST_TEXT, MOST_ITEMS, shortened

__all__ = [
    "LONGEST_HEX",
    "LONGEST_LIST",
    "LONGEST_TEXT",
    "MOST_ITEMS",
    "describe",
    "draw",
    "found",
    "open_code",
    "open_sent",
    "shortened",
]

CODE, SENT = N_("Code"), N_("Sent")
TABS = (N_("Metrics"), SENT, N_("Received"), N_("Chunks"), N_("Log"), CODE)


def draw(record: Record[Any] | None, source: str, key: str, *, model: ListedModel | None = None) -> None:
    """Draw the tabs; a tab that is closed costs nothing.

    Args:
        record: The run; `None` before the first one. One under way is drawn as it stands.
        source: The call as plugin code.
        key: Unique on the page; the open tab is kept under it.
        model: The model as it is listed now; counts only if the record was made with it.
    """
    labels = [_(name) for name in TABS]
    if st.session_state.get(key, labels[0]) not in labels:  # the language was changed
        st.session_state[key] = labels[0]
    tabs = st.tabs(labels, key=key, on_change="rerun")
    for name, tab in zip(TABS, tabs, strict=True):
        if tab.open:
            with tab:
                _draw(name, record, source, key, model)


def open_code(key: str) -> None:
    """Open the tab with the code; for a callback, as of the button with Alt + C."""
    st.session_state[key] = _(CODE)


def open_sent(key: str) -> None:
    """Open the tab with what was sent; for a callback, as of an error's panel."""
    st.session_state[key] = _(SENT)


def _draw(name: str, record: Record[Any] | None, source: str, key: str, model: ListedModel | None) -> None:
    match name:
        case "Metrics":
            figures.draw(record, key, model)
        case "Sent":
            messages.draw_sent(record, key)
        case "Received":
            messages.draw_received(record, key)
        case "Chunks":
            chunks.draw(record, key)
        case "Log":
            layers.draw(record, key)
        case _:
            st.caption(_("This call inside a Dify plugin, as the form stands now. A plugin never holds a model's key."))
            st.code(source, language="python", wrap_lines=True)
