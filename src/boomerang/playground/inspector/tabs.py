"""Inspector tabs under every result: metrics, request, response, chunks, HTTP, log, and the call as code.

Drawn from the record alone, so that a running and a stored run look the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.records.record import Record
from boomerang.playground.ui.escape import code
from boomerang.workbench.codegen import http as http_code
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results.chunk_descriptions import describe
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.http_exchanges import last_request
from boomerang.workbench.results.shortened_values import LONGEST_HEX, LONGEST_LIST, LONGEST_TEXT, MOST_ITEMS, shortened

from . import call_trace, chunks, http_exchanges, metrics_table, payloads
from .json_tree import matches

__all__ = [
    "LONGEST_HEX",
    "LONGEST_LIST",
    "LONGEST_TEXT",
    "MOST_ITEMS",
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
PLUGIN, CURL, HTTPX = "plugin", "curl", "httpx"
CODES = {PLUGIN: N_("Dify plugin"), CURL: "curl", HTTPX: "httpx"}


def draw(
    record: Record[Any] | None, source: str, key: str, *, model: ListedModel | None = None, variable: str | None = None
) -> None:
    """Draw the tabs; a closed tab costs nothing.

    Args:
        record: The run; `None` before the first one. A running one is drawn in its current state.
        source: The call as plugin code.
        key: Unique on the page; stores the open tab.
        model: The model as listed now; used only if the record was made with it.
        variable: Environment variable of the server's key, for generated code; `None` if there is no server and thus no HTTP.
    """
    tabs_shown = [name for name in TABS if name != HTTP or variable is not None]
    labels = [_(name) for name in tabs_shown]
    if st.session_state.get(key, labels[0]) not in labels:  # the language was changed
        st.session_state[key] = labels[0]
    tabs = st.tabs(labels, key=key, on_change="rerun")
    for name, tab in zip(tabs_shown, tabs, strict=True):
        if tab.open:
            with tab:
                match name:
                    case "Code":
                        _code(record, source, key, variable)
                    case "Metrics":
                        metrics_table.draw(record, key, model)
                    case _:
                        DRAWN[name](record, key)


def open_code(key: str) -> None:
    """Open the code tab; a callback, as for the Alt+C button."""
    st.session_state[key] = _(CODE)


def open_sent(key: str, *, over_http: bool = False) -> None:
    """Open the tab with the request, or with its HTTP exchange; a callback, as for an error panel."""
    st.session_state[key] = _(HTTP if over_http else SENT)


def _code(record: Record[Any] | None, source: str, key: str, variable: str | None) -> None:
    kind = PLUGIN
    if variable is not None:
        kind = st.segmented_control(
            _("Code for"),
            list(CODES),
            default=PLUGIN,
            format_func=lambda kind: _(CODES[kind]),
            key=f"{key}.code",
            required=True,
            label_visibility="collapsed",
        )
    if kind == PLUGIN:
        st.caption(_("This call in a Dify plugin, with the form's current values. Plugins never see model keys."))
        st.code(source, language="python", wrap_lines=True)
        return
    request = last_request(record)
    if request is None:
        st.caption(_("The HTTP request as code appears here after a run."))
        return
    name = str(variable)
    caption = _("The last request of this run, as sent.")
    if needed := http_code.variables(request, name):
        caption += " " + _("Set these secrets first: {names}.").format(names=", ".join(code(name) for name in needed))
    st.caption(caption)
    if kind == CURL:
        st.code(drawable(http_code.curl(request, name)), language="bash", wrap_lines=True)
    else:
        st.code(drawable(http_code.httpx(request, name)), language="python", wrap_lines=True)
