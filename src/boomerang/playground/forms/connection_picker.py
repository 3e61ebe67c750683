"""Pickers for connections, and what happens when the selected or linked connection does not exist.

Another connection must not silently take its place. If a link names a missing connection, the picker stays empty until the
visitor chooses; if a connection has been removed, the page says what is selected instead. The last option opens the form for a
new connection and leaves the selection as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from boomerang.playground.run.pane import Pane
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.store.app_folder import app_folder

PAGE = "connection"
"""Key of a page's own picker, whose selection applies to all pages; further panes have their own keys."""
ADD = "\0add"
"""The last option. No connection can have this name."""
ADDING = "_adding_connection"
"""Key of the flag that the last option was chosen, until the picker is drawn again."""


@dataclass(frozen=True, slots=True)
class MissingConnection:
    """A connection that was requested or selected and does not exist."""

    name: str
    linked: bool
    """Whether a link requested it and nothing has been chosen since."""
    instead: str = ""
    """The connection selected instead."""


def settle(key: str, names: Sequence[str], fallback: str, requested: str | None = None) -> None:
    """Make sure that a picker's selection exists; call it before the picker is drawn.

    Args:
        key: Key of the picker.
        names: Existing connections.
        fallback: Replaces a connection that was removed.
        requested: Connection that a link names.
    """
    if requested and requested not in names:
        st.session_state[key], st.session_state[_kept(key)] = None, MissingConnection(requested, linked=True)
    elif requested:
        st.session_state[key] = requested
    selected, waiting = st.session_state.get(key), unchosen(key)
    if waiting in names:  # created since
        st.session_state[key] = waiting
        forget(key)
    elif selected is not None and selected not in names:
        st.session_state[key], st.session_state[_kept(key)] = (
            fallback,
            MissingConnection(selected, linked=False, instead=fallback),
        )
    elif selected is None and waiting is None:
        st.session_state[key] = fallback


def picker(key: str, names: Sequence[str]) -> None:
    """Draw a picker; empty while the visitor has to choose."""
    waiting = unchosen(key)
    st.selectbox(
        _("Connection"),
        [*names, ADD],
        index=0 if waiting is None else None,
        key=key,
        required=waiting is not None,
        persist_state="session",
        format_func=lambda name: _("Add a connection…") if name == ADD else name,
        placeholder=_("Choose a connection"),
        icon=":material/cable:",
        on_change=_choose,
        args=(key, st.session_state.get(key)),
    )
    if st.session_state.pop(ADDING, False):
        st.switch_page(app_folder() / "pages" / "connections.py", query_params={"add": "true"})


def _choose(key: str, before: str | None) -> None:
    if st.session_state[key] == ADD:
        st.session_state[key], st.session_state[ADDING] = before, True
    else:
        forget(key)


def unchosen(key: str) -> str | None:
    """Return the missing connection that a link names, until something else is chosen."""
    missing = _missing(key)
    return missing.name if missing is not None and missing.linked else None


def forget(key: str) -> None:
    """Drop the notice: the visitor has chosen or continues with the current selection."""
    st.session_state.pop(_kept(key), None)


def reason(key: str) -> str:
    """Return why a run has to wait for the visitor's choice; empty if it does not."""
    name = unchosen(key)
    return _("choose a connection: the URL names {name}, which does not exist here").format(name=name) if name else ""


def notice(key: str) -> str:
    """Return the notice for a removed connection; empty if there is none."""
    missing = _missing(key)
    if missing is None or missing.linked:
        return ""
    template = _("Connection {name} no longer exists. {other} is selected instead.")
    return template.format(name=missing.name, other=missing.instead)


def add_notice(pane: Pane, key: str) -> None:
    """Add the picker's notice to a pane, and block its run while the visitor has to choose."""
    pane.require(not unchosen(key), reason(key))
    if text := notice(key):
        pane.notices.append(text)


def _missing(key: str) -> MissingConnection | None:
    missing: MissingConnection | None = st.session_state.get(_kept(key))
    if missing is not None and missing.linked != (st.session_state.get(key) is None):
        return None  # something was chosen elsewhere, such as on the Connections page
    return missing


def _kept(key: str) -> str:
    return f"_lost.{key}"
