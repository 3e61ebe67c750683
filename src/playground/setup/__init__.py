"""The Connections page: which servers there are, how they are, and how to make, try, keep and pass on a connection."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from invoker.connections import PRESETS

from .. import library_words, resources, state
from ..checks import Checks
from ..connection import Connection
from ..connections import EMBEDDED
from ..escape import plain
from ..jobs import follow
from ..words import N_, _
from . import detail, form, health, transfer
from .held import Held

__all__ = ["draw", "open_and_test"]

PAGE = Path(__file__).resolve().parents[3] / "pages" / "connections.py"


def draw() -> None:
    """Draw the page, and follow the checks under way to their end."""
    held = Held.of_visitor()
    owner = state.owner()
    connections = resources.CONNECTIONS.visible(owner)
    for problem in resources.CONNECTIONS.problems:
        st.warning(plain(library_words.told_of_field(problem)), icon=":material/warning:")
    if told := held.told:
        st.markdown(f":green[:material/check: {plain(told)}]")
        held.told = ""
    checks = _checks_under_way(held)
    _toolbar(held, connections)
    place = st.empty()
    with place.container():
        health.draw(connections, held.found, checks)
    _open(held, connections)
    if checks is not None:
        _follow(held, checks, connections, place)


def open_and_test(connection: Connection) -> None:
    """Leave for this page with a connection open and under test."""
    held = Held.of_visitor()
    held.open, held.draft = connection.name, None
    health.test(held, [connection])
    st.switch_page(PAGE)


def _checks_under_way(held: Held) -> Checks | None:
    """Take over what has come of trying so far; gives the checks if they go on."""
    checks = held.checks
    if checks is None:
        return None
    running = checks.running  # asked first: what comes after this is taken over by the next script run
    held.found.update(checks.found)
    held.checks = checks if running else None
    return held.checks


def _toolbar(held: Held, connections: list[Connection]) -> None:
    running = held.checks is not None and held.checks.running
    with st.container(horizontal=True, vertical_alignment="bottom", key="connections-toolbar"):
        chosen = st.menu_button(
            _("Add"),
            list(PRESETS),
            icon=":material/add:",
            format_func=_shown,
            key="connections.add",
            help=_("A server with OpenAI's interface, or a rerank server in the shapes of Jina, Cohere or TEI."),
        )
        transfer.draw(held, connections)
        st.button(
            _("Test all"),
            icon=":material/network_check:",
            key="connections.test_all",
            disabled=running,
            on_click=health.test,
            args=(held, connections),
            help=_("Asks each server for its models, and makes the smallest call of each type that it has a model for."),
        )
        st.button(
            _("Stop"),
            icon=":material/stop_circle:",
            shortcut="Escape",
            key="connections.stop",
            disabled=not running,
            on_click=held.checks.stop if held.checks is not None else None,
        )
    if chosen:
        form.begin(held, PRESETS[chosen])
        st.rerun()


ANOTHER = N_("Another server")
"""A preset's title that is no name."""


def _shown(preset: str) -> str:
    found = PRESETS[preset]
    return plain(_(found.title)) + (f" :gray[{plain(found.base_url)}]" if found.base_url else "")


def _open(held: Held, connections: list[Connection]) -> None:
    """Draw the connection that is open: its form, or what it is."""
    names = [connection.name for connection in connections]
    if held.draft is not None:
        with st.container(border=True, key="connection-form"):
            form.draw(held)
        return
    if held.open not in names:
        held.open = state.connection() if state.connection() in names else EMBEDDED
    key = "connections.open"
    if st.session_state.get(key) != held.open:
        st.session_state[key] = held.open
    chosen = st.pills(
        _("Open"), names, key=key, required=True, format_func=plain, on_change=_choose, args=(held, key), wrap=True
    )
    connection = next(found for found in connections if found.name == (chosen or held.open))
    with st.container(border=True, key="connection-detail"):
        detail.draw(held, connection)


def _choose(held: Held, key: str) -> None:
    held.open = str(st.session_state[key])


def _follow(held: Held, checks: Checks, connections: list[Connection], place: Any) -> None:
    drawn = -1
    for _tick in follow([checks], hz=4.0):
        held.found.update(checks.found)
        if checks.size != drawn:
            drawn = checks.size
            with place.container():
                health.draw(connections, held.found, checks)
    st.rerun()
