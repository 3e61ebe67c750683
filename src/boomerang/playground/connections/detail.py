"""Details of one connection: origin, settings, test results and actions."""

from __future__ import annotations

import streamlit as st

from boomerang.invoker.connection_form import FormField, Widget
from boomerang.invoker.errors import ConfigError
from boomerang.invoker.messages.message import translated
from boomerang.invoker.settings import ConnectionSettings
from boomerang.playground.session import app_state, page_state, visitor
from boomerang.playground.ui import html_tables
from boomerang.playground.ui.escape import plain
from boomerang.workbench.connections.connection import Connection, Origin
from boomerang.workbench.connections.probe import CALLS
from boomerang.workbench.connections.probe_jobs import SERVER
from boomerang.workbench.diagnosis.settings_errors import LABELS, field_labels, spoken
from boomerang.workbench.i18n.translate import N_, _

from . import fields, form, health_table, model_list, probe_progress, probe_results
from .page_state import ConnectionsPageState
from .probe_progress import Tick

ORIGINS = {
    Origin.BUILT_IN: (N_("built in"), ":material/inventory_2:"),
    Origin.FILE: (N_("from connections.toml"), ":material/lock:"),
    Origin.ENVIRONMENT: (N_("from the environment"), ":material/lock:"),
    Origin.SAVED: (N_("saved"), ":material/save:"),
    Origin.SESSION: (N_("this session only"), ":material/schedule:"),
}


def draw(state: ConnectionsPageState, connection: Connection) -> Tick:
    """Draw the connection and return a function that updates its test progress."""
    owner = visitor.owner()
    tick = _head(state, connection, owner)
    if connection.problem:
        st.warning(plain(translated(connection.problem, _)), icon=":material/warning:")
    left, right = st.columns([4, 7], gap="medium")
    with left:
        if connection.settings is not None:
            html_tables.facts(_facts(connection.settings))
        else:
            st.caption(_("Small models inside this app. They work offline and need no key."))
        name, call = state.result_shown
        probe_results.draw_all(connection.name, state.results, call if name == connection.name else "")
        check = state.results.get((connection.name, SERVER))
        if check is not None and check.better and connection.may_change(owner):
            st.button(
                _("Use this address"),
                icon=":material/move_up:",
                key="connections.better",
                on_click=form.edit,
                args=(state, connection, check.better),
                help=_("Opens the form with this connection."),
            )
    with right:
        model_list.draw(state, connection)
    return tick


def _head(state: ConnectionsPageState, connection: Connection, owner: str) -> Tick:
    origin, icon = ORIGINS[connection.origin]
    running = state.checks is not None and state.checks.running
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"#### {plain(connection.name)}", width="content")
        st.badge(_(origin), icon=icon, color="gray")
        if connection.shared and connection.origin is Origin.SAVED:
            st.badge(_("shared with everyone"), icon=":material/group:", color="violet")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            _("Test"),
            icon=":material/network_check:",
            key="connections.test",
            disabled=running,
            on_click=health_table.test,
            args=(state, [connection]),
        )
        tick = probe_progress.draw(state, connection.name, "connections.test_stop")
        st.button(
            _("Use"),
            icon=":material/check:",
            key="connections.use",
            disabled=page_state.connection() == connection.name,
            on_click=_use,
            args=(connection.name,),
            help=_("Select this connection for all pages."),
        )
        if connection.settings is not None:
            _changes(state, connection, owner)
    if state.feedback.fault:
        st.error(plain(state.feedback.fault), icon=":material/error:")
    return tick


def _changes(state: ConnectionsPageState, connection: Connection, owner: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if connection.may_change(owner):
            st.button(_("Edit"), icon=":material/edit:", key="connections.edit", on_click=form.edit, args=(state, connection))
        st.button(
            _("Duplicate"),
            icon=":material/content_copy:",
            key="connections.duplicate",
            on_click=form.duplicate,
            args=(state, connection),
            help=_("Creates your own copy to edit. A key that is not yours is not copied."),
        )
        if connection.may_change(owner):
            with st.popover(_("Remove"), icon=":material/delete:"):
                st.markdown(_("Remove {name} permanently?").format(name=plain(connection.name)))
                st.button(
                    _("Yes, remove it"),
                    key="connections.remove",
                    type="primary",
                    on_click=_remove,
                    args=(state, connection.name, owner),
                )
        elif connection.origin is Origin.SAVED:
            st.caption(_("Saved by someone else. Only they can change it."))
        else:
            st.caption(_("Read-only here. Change it at its source."))


def _facts(settings: ConnectionSettings) -> dict[str, str]:
    form = fields.form_of(settings)
    by_name = {field.name: field for field in form.fields}
    facts: dict[str, str] = {}
    for name in form.summary:
        if field := by_name.get(name):
            facts[_(field.summary_label or field.label)] = _fact(settings, field)
        else:
            facts[_(LABELS[name])] = str(getattr(settings, name))
    return {name: value for name, value in facts.items() if value}


def _fact(settings: ConnectionSettings, field: FormField) -> str:
    """Return a field's displayable value; for a secret only whether one is set."""
    value = getattr(settings, field.name)
    match field.widget:
        case Widget.KEY if variable := getattr(settings, field.variable):
            return _("from variable {name}").format(name=variable)
        case Widget.PAIRS:
            return ", ".join(value)
        case Widget.PROXY:
            return str(settings.public().get(field.name, ""))
        case Widget.SWITCH:
            return "" if value else _(field.summary_off)
        case Widget.SECONDS:
            parts = [(label, getattr(value, part)) for part, label in field.parts.items()]
            return ", ".join(f"{_(label)} {seconds:g} s" for label, seconds in parts if seconds is not None)
    if field.secret:
        return _("entered (hidden)") if value else _("none")
    return str(value)


def _use(name: str) -> None:
    st.session_state["connection"] = name


def _remove(state: ConnectionsPageState, name: str, owner: str) -> None:
    try:
        app_state.connections().drop(name, owner)
    except ConfigError as error:
        state.next_feedback.fault = spoken(error, field_labels(app_state.connections().kinds))
        return
    state.open = ""
    for call in (SERVER, *CALLS):
        state.results.pop((name, call), None)
    state.next_feedback.success = _("{name} removed.").format(name=name)
