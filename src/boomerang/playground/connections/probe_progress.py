"""Progress of running tests, with a Stop button, and the note that they were stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from boomerang.invoker.events import HTTPRequest, HTTPResponse
from boomerang.playground.ui.html_tables import escaped
from boomerang.playground.ui.number_format import seconds
from boomerang.workbench.connections.probe_jobs import SERVER, ProbeJob
from boomerang.workbench.i18n.translate import _

from .health_table import COLUMNS
from .page_state import ConnectionsPageState

STYLE = """<style>
.steps { margin: 0; padding-inline-start: 1.4em; font: 0.8rem/1.6 "Source Code Pro", monospace; overflow-wrap: anywhere; }
</style>"""
Tick = Callable[[], None]
"""Draws what has changed."""


def running(state: ConnectionsPageState, name: str) -> bool:
    """Return whether this connection, and no other, is being tested."""
    return state.checks is not None and state.checks.running and _names(state.checks) == {name}


def draw(state: ConnectionsPageState, name: str, key: str, place: DeltaGenerator | None = None) -> Tick:
    """Draw the progress of a connection's test with a Stop button; return a function that updates it.

    Args:
        state: State of the page.
        name: The connection.
        key: Key of the Stop button.
        place: Where to draw what the test has sent and received, step by step; nowhere if `None`.
    """
    checks = state.checks
    if checks is None or not running(state, name):
        if state.stopped is not None and state.stopped[0] == {name}:
            _caption_stopped(state.stopped[1])
        return lambda: None
    st.button(_("Stop"), icon=":material/stop_circle:", key=key, on_click=checks.stop, disabled=checks.stopping)
    slot = st.empty()
    steps = place.empty() if place is not None else None
    shown = 0

    def tick() -> None:
        nonlocal shown
        _line(slot, checks, name)
        if steps is not None and (exchanges := tuple(checks.exchanges.get((name, SERVER), ()))) and len(exchanges) > shown:
            shown = len(exchanges)
            steps.html(_steps(exchanges))

    tick()
    return tick


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


def _steps(exchanges: Sequence[HTTPRequest | HTTPResponse]) -> str:
    """Return requests as lines, each with its response's status once that has arrived."""
    lines: list[str] = []
    for event in exchanges:
        if isinstance(event, HTTPRequest):
            lines.append(f"{event.method} {event.url}")
        elif lines:
            took = f" · {event.took * 1000:,.0f} ms" if event.took is not None else ""
            lines[-1] += f" → {event.status} {event.reason}".rstrip() + took
    items = "".join(f"<li>{escaped(line)}</li>" for line in lines)
    return f'{STYLE}<ol class="steps" aria-label="{escaped(_("Testing"))}">{items}</ol>'
