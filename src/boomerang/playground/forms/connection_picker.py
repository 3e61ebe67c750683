"""A connection that is not there: one that a link asks for and this visitor does not have, or one that is gone meanwhile.

What would answer in its place was chosen by nobody. So what a link asks for stays unchosen until the visitor chooses, and where
a connection is gone the page says what is chosen now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from boomerang.playground.run.pane import Pane
from boomerang.workbench.i18n.translate import _

SIDE_BAR = "connection"
"""Key of the side bar's picker."""


@dataclass(frozen=True, slots=True)
class MissingConnection:
    """A connection that a picker was to have."""

    name: str
    linked: bool
    """Whether a link asked for it, and nothing was chosen since."""
    instead: str = ""
    """What is chosen now."""


def settle(key: str, names: Sequence[str], fallback: str, requested: str | None = None) -> None:
    """See to it that what a picker holds is there; call it before the picker is drawn.

    Args:
        key: Of the picker.
        names: What is there.
        fallback: What takes the place of a connection that is gone.
        requested: What a link asks for.
    """
    if requested and requested not in names:
        st.session_state[key], st.session_state[_kept(key)] = None, MissingConnection(requested, linked=True)
    elif requested:
        st.session_state[key] = requested
    selected, waiting = st.session_state.get(key), unchosen(key)
    if waiting in names:  # made meanwhile
        st.session_state[key] = waiting
        forget(key)
    elif selected is not None and selected not in names:
        st.session_state[key], st.session_state[_kept(key)] = (
            fallback,
            MissingConnection(selected, linked=False, instead=fallback),
        )
    elif selected is None and waiting is None and key in st.session_state:
        st.session_state[key] = fallback


def picker(key: str, names: Sequence[str]) -> None:
    """Draw a picker; an empty one while the visitor has to choose."""
    waiting = unchosen(key)
    st.selectbox(
        _("Connection"),
        names,
        index=0 if waiting is None else None,
        key=key,
        required=waiting is not None,
        persist_state="session",
        placeholder=_("Choose a connection"),
        on_change=forget,
        args=(key,),
    )


def unchosen(key: str) -> str | None:
    """Return the name that a link asks for, as long as nothing was chosen in its place."""
    missing = _missing(key)
    return missing.name if missing is not None and missing.linked else None


def forget(key: str) -> None:
    """Say no more of what was lost: the visitor has chosen, or has gone on with what is chosen now."""
    st.session_state.pop(_kept(key), None)


def reason(key: str) -> str:
    """Return why a run has to wait for the visitor's choice; empty if it has not."""
    name = unchosen(key)
    return _("choose a connection: the URL names {name}, which does not exist here").format(name=name) if name else ""


def notice(key: str) -> str:
    """Return what is to be said of a connection that is gone; empty if none is."""
    missing = _missing(key)
    if missing is None or missing.linked:
        return ""
    template = _("Connection {name} no longer exists. {other} is selected instead.")
    return template.format(name=missing.name, other=missing.instead)


def add_notice(pane: Pane, key: str) -> None:
    """Have a pane say what its picker lost, and wait where the visitor has to choose."""
    pane.require(not unchosen(key), reason(key))
    if text := notice(key):
        pane.notices.append(text)


def _missing(key: str) -> MissingConnection | None:
    missing: MissingConnection | None = st.session_state.get(_kept(key))
    if missing is not None and missing.linked != (st.session_state.get(key) is None):
        return None  # something was chosen elsewhere, as on the page of connections
    return missing


def _kept(key: str) -> str:
    return f"_lost.{key}"
