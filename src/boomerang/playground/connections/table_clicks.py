"""Clicks in the health table: a row opens its connection, a cell what it is about. And scrolling to what a click opened."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from boomerang.workbench.connections.connection import Connection
from boomerang.workbench.connections.probe import CALLS

from . import model_list
from .page_state import ConnectionsPageState

KEY = "connections-clicks"
DETAIL, MODELS, RESULTS = ".st-key-connection-detail", ".st-key-connection-models", ".st-key-connection-detail .results"
# The table is plain HTML with buttons, which keyboards and screen readers can use; a data table is drawn on a canvas, loads a
# megabyte and could not be redrawn while a test runs.
_JS = """
const jumps = new WeakMap()
export default function ({ data, setTriggerValue, parentElement }) {
  const click = (event) => {
    const button = event.target.closest?.(".health button[data-shows]")
    if (button) setTriggerValue("opened", [button.closest("tr").dataset.connection, button.dataset.shows])
  }
  document.addEventListener("click", click)
  const [number, target, block] = data.jump, before = jumps.get(parentElement)
  jumps.set(parentElement, number)
  if (number && number !== before) {
    const jump = (left) => {
      const place = document.querySelector(target)
      if (place) place.scrollIntoView({ block })
      else if (left) setTimeout(jump, 100, left - 1)
    }
    setTimeout(jump, 100, 20)
  }
  return () => document.removeEventListener("click", click)
}
"""


def listen(state: ConnectionsPageState, connections: Sequence[Connection]) -> None:
    """Listen for clicks, and scroll to what the last one opened."""
    component: Any = st.components.v2.component("table_clicks", html="<i hidden></i>", js=_JS)
    names = [connection.name for connection in connections]
    component(
        data={"jump": [*state.jump, "start" if state.draft is not None else "nearest"]},
        key=KEY,
        height=0,
        on_opened_change=partial(_opened, state, names),
    )


def _opened(state: ConnectionsPageState, names: Sequence[str]) -> None:
    match st.session_state[KEY].get("opened"):
        case [str() as name, str() as shows] if name in names:
            show(state, name, shows)


def show(state: ConnectionsPageState, name: str, shows: str) -> None:
    """Open a connection, and what a cell of its row is about; a callback.

    Args:
        state: State of the page.
        name: The connection.
        shows: The call of the cell's column, or `SERVER`; empty for the row's name.
    """
    state.open, target = name, DETAIL
    if (name, shows) in state.results:
        state.result_shown, target = (name, shows), RESULTS
    elif shows in CALLS:
        st.session_state[model_list.type_key(name)], target = CALLS[shows].value, MODELS
    state.jump = state.jump[0] + 1, target
