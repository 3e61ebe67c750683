"""One connection as it is: where it comes from, what it says, what came of trying it, and what can be done with it."""

from __future__ import annotations

import streamlit as st

from boomerang.invoker.errors import ConfigError
from boomerang.invoker.settings import ConnectionSettings
from boomerang.playground.session import app_state, page_state, visitor
from boomerang.playground.ui import html_tables
from boomerang.playground.ui.escape import plain
from boomerang.workbench.connections.connection import Connection, Origin
from boomerang.workbench.connections.probe import CALLS
from boomerang.workbench.connections.probe_jobs import SERVER
from boomerang.workbench.diagnosis.settings_errors import TIMEOUTS, spoken
from boomerang.workbench.i18n import library_words
from boomerang.workbench.i18n.translate import N_, _

from . import form, health_table, model_list, probe_progress, probe_results
from .page_state import ConnectionsPageState
from .probe_progress import Tick

ORIGINS = {
    Origin.BUILT_IN: (N_("built in"), ":material/inventory_2:"),
    Origin.FILE: (N_("from connections.toml"), ":material/lock:"),
    Origin.ENVIRONMENT: (N_("from the environment"), ":material/lock:"),
    Origin.SAVED: (N_("saved"), ":material/save:"),
    Origin.SESSION: (N_("this session only"), ":material/schedule:"),
}


def draw(held: ConnectionsPageState, connection: Connection) -> Tick:
    """Draw it; gives what keeps the progress of its test going."""
    owner = visitor.owner()
    tick = _head(held, connection, owner)
    if connection.problem:
        st.warning(plain(library_words.told(connection.problem)), icon=":material/warning:")
    left, right = st.columns([4, 7], gap="medium")
    with left:
        if connection.settings is not None:
            html_tables.facts(_facts(connection.settings))
        else:
            st.caption(_("Small models inside this app: they answer offline, without a key."))
        probe_results.draw_all(connection.name, held.found)
        check = held.found.get((connection.name, SERVER))
        if check is not None and check.better and connection.may_change(owner):
            st.button(
                _("Use this address"),
                icon=":material/move_up:",
                key="connections.better",
                on_click=form.edit,
                args=(held, connection, check.better),
                help=_("Opens the form with it."),
            )
    with right:
        model_list.draw(held, connection)
    return tick


def _head(held: ConnectionsPageState, connection: Connection, owner: str) -> Tick:
    words, icon = ORIGINS[connection.origin]
    running = held.checks is not None and held.checks.running
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"#### {plain(connection.name)}", width="content")
        st.badge(_(words), icon=icon, color="gray")
        if connection.shared and connection.origin is Origin.SAVED:
            st.badge(_("shared with everybody"), icon=":material/group:", color="violet")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            _("Test"),
            icon=":material/network_check:",
            key="connections.test",
            disabled=running,
            on_click=health_table.test,
            args=(held, [connection]),
        )
        tick = probe_progress.draw(held, connection.name, "connections.test_stop")
        st.button(
            _("Use it"),
            icon=":material/check:",
            key="connections.use",
            disabled=page_state.connection() == connection.name,
            on_click=_use,
            args=(connection.name,),
            help=_("Pick it for the pages, as in the side bar."),
        )
        if connection.settings is not None:
            _changes(held, connection, owner)
    if held.said.fault:
        st.error(plain(held.said.fault), icon=":material/error:")
    return tick


def _changes(held: ConnectionsPageState, connection: Connection, owner: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if connection.may_change(owner):
            st.button(_("Edit"), icon=":material/edit:", key="connections.edit", on_click=form.edit, args=(held, connection))
        st.button(
            _("Duplicate"),
            icon=":material/content_copy:",
            key="connections.duplicate",
            on_click=form.duplicate,
            args=(held, connection),
            help=_("A copy of your own to change. A key that is not yours is not copied."),
        )
        if connection.may_change(owner):
            with st.popover(_("Remove"), icon=":material/delete:"):
                st.markdown(_("Remove {name} for good?").format(name=plain(connection.name)))
                st.button(
                    _("Yes, remove it"),
                    key="connections.remove",
                    type="primary",
                    on_click=_remove,
                    args=(held, connection.name, owner),
                )
        elif connection.origin is Origin.SAVED:
            st.caption(_("Saved by somebody else, who alone may change it."))
        else:
            st.caption(_("Changed where it comes from, not here."))


def _facts(settings: ConnectionSettings) -> dict[str, str]:
    if settings.api_key_env:
        key = _("from the variable {name}").format(name=settings.api_key_env)
    else:
        key = _("typed, kept to itself") if settings.api_key else _("none")
    found = {
        _("Address"): settings.base_url,
        _("API key"): key,
        _("Dify provider"): settings.provider,
        _("System model"): settings.system_model,
        _("Headers"): ", ".join(settings.headers),
        _("Query"): ", ".join(settings.query),
        _("Proxy"): str(settings.public().get("proxy", "")),
        _("Certificate"): "" if settings.verify else _("not checked"),
        _("Time limits"): ", ".join(
            f"{_(TIMEOUTS[name])} {value:g} s" for name, value in settings.timeouts if value is not None
        ),
    }
    return {name: value for name, value in found.items() if value}


def _use(name: str) -> None:
    st.session_state["connection"] = name


def _remove(held: ConnectionsPageState, name: str, owner: str) -> None:
    try:
        app_state.connections().drop(name, owner)
    except ConfigError as error:
        held.to_say.fault = spoken(error)
        return
    held.open = ""
    for call in (SERVER, *CALLS):
        held.found.pop((name, call), None)
    held.to_say.told = _("{name} is removed.").format(name=name)
