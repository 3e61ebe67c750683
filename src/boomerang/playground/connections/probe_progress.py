"""Progress of running tests, with a Stop button, and the note that they were stopped."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from boomerang.playground.ui.number_format import seconds
from boomerang.workbench.connections.probe_jobs import ProbeJob
from boomerang.workbench.i18n.translate import _

from .health_table import COLUMNS
from .page_state import ConnectionsPageState

Tick = Callable[[], None]
"""Draws what has changed."""


def running(state: ConnectionsPageState, name: str) -> bool:
    """Return whether this connection, and no other, is being tested."""
    return state.checks is not None and state.checks.running and _names(state.checks) == {name}


def draw(state: ConnectionsPageState, name: str, key: str) -> Tick:
    """Draw the progress of a connection's test with a Stop button; return a function that updates it."""
    checks = state.checks
    if checks is None or not running(state, name):
        if state.stopped is not None and state.stopped[0] == {name}:
            _caption_stopped(state.stopped[1])
        return lambda: None
    st.button(_("Stop"), icon=":material/stop_circle:", key=key, on_click=checks.stop, disabled=checks.stopping)
    slot = st.empty()
    _line(slot, checks, name)
    return lambda: _line(slot, checks, name)


def draw_all(state: ConnectionsPageState) -> Tick:
    """Draw how long several connections have been tested; return a function that updates it."""
    checks = state.checks
    if checks is None or not checks.running or len(_names(checks)) < 2:
        if state.stopped is not None and len(state.stopped[0]) > 1:
            _caption_stopped(state.stopped[1])
        return lambda: None
    slot = st.empty()
    _line(slot, checks)
    return lambda: _line(slot, checks)


def _names(checks: ProbeJob) -> set[str]:
    return {request.name for request in checks.requests}


def _caption_stopped(after: float) -> None:
    st.badge(_("Stopped after {time}").format(time=seconds(after)), icon=":material/stop_circle:", color="orange")


def _line(slot: DeltaGenerator, checks: ProbeJob, name: str = "") -> None:
    text = _("Stopping") if checks.stopping else _("Testing")
    under_way = set(checks.under_way)
    calls = ", ".join(_(title) for call, title in COLUMNS.items() if (name, call) in under_way)
    slot.markdown(f":blue-badge[:material/progress_activity: {text} {checks.seconds:.1f} s] :gray[{calls}]")
