"""The Connections page: list, create, test, store, import and export connections."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from boomerang.invoker.connection_kind import Kind, Preset
from boomerang.playground.session import app_state, page_state, visitor
from boomerang.playground.session.url_state import Address
from boomerang.playground.ui.escape import plain
from boomerang.workbench.connections.connection import Connection
from boomerang.workbench.connections.probe_jobs import ProbeJob
from boomerang.workbench.connections.registry import EMBEDDED
from boomerang.workbench.diagnosis.settings_errors import field_labels, problem_text
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.runs.background_work import follow
from boomerang.workbench.store.app_folder import app_folder

from . import detail, form, health_table, import_export, probe_progress, table_clicks
from .page_state import ConnectionsPageState, Feedback
from .probe_progress import Tick

__all__ = ["draw", "open_and_test"]
ASK_SECONDS = 0.2
"""Interval between checks for a fetched model list, in seconds."""


def draw() -> None:
    """Draw the page, then follow running checks and the open connection's model fetch until they finish."""
    state = ConnectionsPageState.of_visitor()
    address = Address("connections", st.query_params.to_dict() if page_state.opened("connections") else {})
    state.open = str(address.take("open", "") or state.open)
    if address.take("add", False):
        _begin_adding(state)
    connections = app_state.connections().visible(visitor.owner())
    labels = field_labels(app_state.connections().kinds)
    for problem in app_state.connections().problems_for(visitor.owner()):
        st.warning(plain(problem_text(problem, labels)), icon=":material/warning:")
    checks = _checks_under_way(state)
    health_table.drop_outdated(state, connections)
    whole = _toolbar(state, connections)
    _say(state)
    tick = _form(state)
    table, place = "", st.empty()
    opened = _opened(state, connections) if state.draft is None else None

    def redraw() -> None:
        nonlocal table
        now = health_table.written(connections, state.results, checks, opened.name if opened is not None else None)
        if now != table:
            table = now
            place.html(table)

    redraw()
    if opened is not None:
        with st.container(border=True, key="connection-detail"):
            tick = detail.draw(state, opened)
    table_clicks.listen(state, connections)
    redraw()  # include models that were just fetched
    address.put("open", state.open, "")
    address.put("connection", page_state.connection(), EMBEDDED)
    address.publish()
    _follow(state, checks, opened, (redraw, whole, tick))


def open_and_test(connection: Connection) -> None:
    """Switch to this page with a connection open and start its test."""
    state = ConnectionsPageState.of_visitor()
    state.open, state.draft = connection.name, None
    health_table.test(state, [connection])
    st.switch_page(app_folder() / "pages" / "connections.py")


def _checks_under_way(state: ConnectionsPageState) -> ProbeJob | None:
    """Copy the checks' results so far into the page state and return the checks if they still run."""
    checks = state.checks
    if checks is None:
        return None
    running = checks.running  # read before copying: results that arrive later are copied by the next script run
    state.take_over(checks)
    if not running and checks.stop_requested:
        state.stopped = frozenset(request.name for request in checks.requests), checks.seconds
    state.checks = checks if running else None
    return state.checks


def _toolbar(state: ConnectionsPageState, connections: list[Connection]) -> Tick:
    running = state.checks is not None and state.checks.running
    offered = {name: start for name, start in app_state.connections().offered().items() if start != _blank()}
    with st.container(horizontal=True, vertical_alignment="center", key="connections-toolbar"):
        st.button(
            _("Add"),
            icon=":material/add:",
            key="connections.add",
            on_click=form.begin,
            args=(state, *_blank()),
            help=_("A server with an OpenAI-compatible API, or a rerank server with the API of Jina, Cohere or TEI."),
        )
        chosen = st.menu_button(
            _("Presets"),
            list(offered),
            icon=":material/list:",
            format_func=lambda preset: _shown(offered[preset][1]),
            key="connections.presets",
            help=_("Adds a well-known server; its usual address is filled in."),
        )
        import_export.draw(state, connections)
        st.button(
            _("Test all"),
            icon=":material/network_check:",
            key="connections.test_all",
            disabled=running,
            on_click=health_table.test,
            args=(state, connections),
            help=_("Fetches each server's models and makes one minimal call per model type."),
        )
        if state.checks is not None and running:
            st.button(
                _("Stop"),
                icon=":material/stop_circle:",
                shortcut="Escape",
                key="connections.stop",
                on_click=state.checks.stop,
            )
        tick = probe_progress.draw_all(state)
    if chosen:
        form.begin(state, *offered[chosen])
        st.rerun()
    return tick


def _begin_adding(state: ConnectionsPageState) -> None:
    """Open the form for a new connection, unless one is half filled in."""
    if state.draft is None or state.replacing is not None:
        form.begin(state, *_blank())


def _shown(preset: Preset) -> str:
    return plain(_(preset.title)) + (f" :gray[{plain(preset.base_url)}]" if preset.base_url else "")


def _say(state: ConnectionsPageState) -> None:
    """Show the outcome of the last action; it stays until the visitor's next action."""
    if not state.redrawn or state.next_feedback != Feedback():
        state.feedback, state.next_feedback = state.next_feedback, Feedback()
    state.redrawn = False
    if state.feedback.success:
        st.markdown(f":green[:material/check: {plain(state.feedback.success)}]")
    if state.feedback.brought is not None:
        import_export.draw_result(state.feedback.brought)


def _blank() -> tuple[Kind, Preset]:
    """Return the start of a connection to any server: the first preset without an address."""
    offered = list(app_state.connections().offered().values())
    return next((start for start in offered if not start[1].base_url), offered[0])


def _form(state: ConnectionsPageState) -> Tick:
    """Draw the form if one is open; return a function that updates its test's progress."""
    if state.draft is None:
        return lambda: None
    with st.container(border=True, key="connection-form"):
        return form.draw(state)


def _opened(state: ConnectionsPageState, connections: Sequence[Connection]) -> Connection:
    """Return the open connection: the last one chosen if it still exists, else the selected or the embedded one."""
    by_name = {connection.name: connection for connection in connections}
    if state.open not in by_name:
        state.open = page_state.connection() if page_state.connection() in by_name else EMBEDDED
    return by_name[state.open]


def _follow(state: ConnectionsPageState, checks: ProbeJob | None, connection: Connection | None, ticks: Sequence[Tick]) -> None:
    """Rerun the page when the checks end or the open connection's models have been fetched."""
    awaited = connection if connection is not None and connection.fetching else None
    if checks is not None:
        for _tick in follow([checks], hz=4.0):
            state.take_over(checks)
            for tick in ticks:
                tick()
            if awaited is not None and not awaited.fetching:
                break
    elif awaited is not None:
        place = st.empty()
        while not awaited.wait(ASK_SECONDS):
            place.empty()  # a click ends this script here
    else:
        return
    state.redrawn = True
    st.rerun()
