"""The Connections page: which servers there are, how they are, and how to make, try, keep and pass on a connection."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from boomerang.invoker.connection_kind import Preset
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

from . import detail, form, health_table, import_export, probe_progress
from .page_state import ConnectionsPageState, Said
from .probe_progress import Tick

__all__ = ["draw", "open_and_test"]
ASK_SECONDS = 0.2
"""Between two looks whether a server has told its models."""


def draw() -> None:
    """Draw the page, and follow what is under way to its end: the checks, and the list of models of the open connection."""
    held = ConnectionsPageState.of_visitor()
    address = Address("connections", st.query_params.to_dict() if page_state.opened("connections") else {})
    held.open = str(address.take("open", "") or held.open)
    connections = app_state.connections().visible(visitor.owner())
    labels = field_labels(app_state.connections().kinds)
    for problem in app_state.connections().problems_for(visitor.owner()):
        st.warning(plain(problem_text(problem, labels)), icon=":material/warning:")
    checks = _checks_under_way(held)
    health_table.drop_outdated(held, connections)
    whole = _toolbar(held, connections)
    _say(held)
    table, place = "", st.empty()

    def redraw() -> None:
        nonlocal table
        now = health_table.written(connections, held.found, checks)
        if now != table:
            table = now
            place.html(table)

    redraw()
    connection, tick = _open(held, connections)
    redraw()  # what a server has just listed counts
    address.put("open", held.open, "")
    address.put("connection", page_state.connection(), EMBEDDED)
    address.publish()
    _follow(held, checks, connection, (redraw, whole, tick))


def open_and_test(connection: Connection) -> None:
    """Leave for this page with a connection open and under test."""
    held = ConnectionsPageState.of_visitor()
    held.open, held.draft = connection.name, None
    health_table.test(held, [connection])
    st.switch_page(app_folder() / "pages" / "connections.py")


def _checks_under_way(held: ConnectionsPageState) -> ProbeJob | None:
    """Take over what has come of trying so far; gives the checks if they go on."""
    checks = held.checks
    if checks is None:
        return None
    running = checks.running  # asked first: what comes after this is taken over by the next script run
    held.take_over(checks)
    if not running and checks.stop_asked:
        held.stopped = frozenset(trial.name for trial in checks.trials), checks.seconds
    held.checks = checks if running else None
    return held.checks


def _toolbar(held: ConnectionsPageState, connections: list[Connection]) -> Tick:
    running = held.checks is not None and held.checks.running
    offered = app_state.connections().offered()
    with st.container(horizontal=True, vertical_alignment="center", key="connections-toolbar"):
        chosen = st.menu_button(
            _("Add"),
            list(offered),
            icon=":material/add:",
            format_func=lambda preset: _shown(offered[preset][1]),
            key="connections.add",
            help=_("A server with an OpenAI-compatible API, or a rerank server with the API of Jina, Cohere or TEI."),
        )
        import_export.draw(held, connections)
        st.button(
            _("Test all"),
            icon=":material/network_check:",
            key="connections.test_all",
            disabled=running,
            on_click=health_table.test,
            args=(held, connections),
            help=_("Fetches each server's models and makes one minimal call per model type."),
        )
        st.button(
            _("Stop"),
            icon=":material/stop_circle:",
            shortcut="Escape",
            key="connections.stop",
            disabled=not running,
            on_click=held.checks.stop if held.checks is not None else None,
        )
        tick = probe_progress.draw_all(held)
    if chosen:
        form.begin(held, *offered[chosen])
        st.rerun()
    return tick


def _shown(preset: Preset) -> str:
    return plain(_(preset.title)) + (f" :gray[{plain(preset.base_url)}]" if preset.base_url else "")


def _say(held: ConnectionsPageState) -> None:
    """Say what was just done; it stands until somebody does something else."""
    if not held.redrawn or held.to_say != Said():
        held.said, held.to_say = held.to_say, Said()
    held.redrawn = False
    if held.said.told:
        st.markdown(f":green[:material/check: {plain(held.said.told)}]")
    if held.said.brought is not None:
        import_export.tell(held.said.brought)


def _open(held: ConnectionsPageState, connections: list[Connection]) -> tuple[Connection | None, Tick]:
    """Draw the connection that is open, its form or what it is; gives it, and what keeps its progress going."""
    names = [connection.name for connection in connections]
    if held.draft is not None:
        with st.container(border=True, key="connection-form"):
            return None, form.draw(held)
    if held.open not in names:
        held.open = page_state.connection() if page_state.connection() in names else EMBEDDED
    key = "connections.open"
    if st.session_state.get(key) != held.open:
        st.session_state[key] = held.open
    chosen = st.pills(
        _("Open"), names, key=key, required=True, format_func=plain, on_change=_choose, args=(held, key), wrap=True
    )
    connection = next(found for found in connections if found.name == (chosen or held.open))
    with st.container(border=True, key="connection-detail"):
        return connection, detail.draw(held, connection)


def _choose(held: ConnectionsPageState, key: str) -> None:
    held.open = str(st.session_state[key])


def _follow(held: ConnectionsPageState, checks: ProbeJob | None, connection: Connection | None, ticks: Sequence[Tick]) -> None:
    """Draw the page anew when the checks have ended, or when the open connection's server has told its models."""
    asked = connection if connection is not None and connection.fetching else None
    if checks is not None:
        for _tick in follow([checks], hz=4.0):
            held.take_over(checks)
            for tick in ticks:
                tick()
            if asked is not None and not asked.fetching:
                break
    elif asked is not None:
        place = st.empty()
        while not asked.wait(ASK_SECONDS):
            place.empty()  # a click ends this script here
    else:
        return
    held.redrawn = True
    st.rerun()
