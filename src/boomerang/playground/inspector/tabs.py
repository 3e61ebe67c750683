"""Inspector tabs under every result: metrics, request, response, chunks, HTTP, log, and the call as code.

Drawn from the record alone, so that a running and a stored run look the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.records.record import Record
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results.chunk_descriptions import describe
from boomerang.workbench.results.shortened_values import LONGEST_HEX, LONGEST_LIST, LONGEST_TEXT, MOST_ITEMS, shortened

from . import call_trace, chunks, code_tab, http_exchanges, metrics_table, payloads
from .code_tab import Calls
from .json_tree import matches

__all__ = [
    "LONGEST_HEX",
    "LONGEST_LIST",
    "LONGEST_TEXT",
    "MOST_ITEMS",
    "Calls",
    "describe",
    "draw",
    "matches",
    "open_code",
    "open_sent",
    "shortened",
]

CODE, SENT, HTTP = N_("Code"), N_("Sent"), N_("HTTP")
DRAWN: dict[str, Callable[[Record[Any] | None, str], None]] = {
    SENT: payloads.draw_sent,
    N_("Received"): payloads.draw_received,
    N_("Chunks"): chunks.draw,
    HTTP: http_exchanges.draw,
    N_("Log"): call_trace.draw,
}
TABS = (N_("Metrics"), *DRAWN, CODE)


def draw(
    record: Record[Any] | None, calls: Calls, key: str, *, model: ListedModel | None = None, variable: str | None = None
) -> list[Callable[[], None]]:
    """Draw the tabs; a closed tab costs nothing.

    Args:
        record: The run; `None` before the first one. A running one is drawn in its current state.
        calls: The calls that the code tab can show: the form's and the run's.
        key: Unique on the page; stores the open tab.
        model: The model as listed now; used only if the record was made with it.
        variable: Environment variable of the server's key, for generated code; `None` if there is no server and thus no HTTP.

    Returns:
        Functions that draw updates of a running record, to be called on each tick; none if the open tab has no live view.
    """
    tabs_shown = [name for name in TABS if name != HTTP or variable is not None]
    labels = [_(name) for name in tabs_shown]
    if st.session_state.get(key, labels[0]) not in labels:  # the language was changed
        st.session_state[key] = labels[0]
    tabs = st.tabs(labels, key=key, on_change="rerun")
    updates: list[Callable[[], None]] = []
    for name, tab in zip(tabs_shown, tabs, strict=True):
        if tab.open:
            with tab:
                match name:
                    case "Code":
                        code_tab.draw(record, calls, key, variable)
                    case "Metrics":
                        updates += metrics_table.draw(record, key, model)
                    case _:
                        DRAWN[name](record, key)
    return updates


def open_code(key: str) -> None:
    """Open the code tab; a callback, as for the Alt+C button."""
    st.session_state[key] = _(CODE)


def open_sent(key: str, *, over_http: bool = False) -> None:
    """Open the tab with the request, or with its HTTP exchange; a callback, as for an error panel."""
    st.session_state[key] = _(HTTP if over_http else SENT)
