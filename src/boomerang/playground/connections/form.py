"""The form of a connection; its settings can be tested before they are stored."""

from __future__ import annotations

import streamlit as st

from boomerang.invoker.connection_kind import Check, Kind, Preset, settings_of
from boomerang.invoker.errors import ConfigError
from boomerang.invoker.settings import ConnectionSettings, SettingsWithModels
from boomerang.playground.session import app_state, page_state, visitor
from boomerang.playground.ui.escape import plain
from boomerang.workbench.connections.connection import Connection, Origin
from boomerang.workbench.connections.form_text import free_name
from boomerang.workbench.connections.probe_jobs import SERVER, ProbeRequest
from boomerang.workbench.diagnosis.settings_errors import field_labels, spoken
from boomerang.workbench.i18n.translate import N_, _, ngettext

from . import fields, health_table, model_table_editor, probe_progress
from . import probe_results as results
from .field_widgets import key
from .page_state import ConnectionsPageState
from .probe_progress import Tick

SESSION, SAVED, SHARED = "session", "saved", "shared"
KEEPING = {SESSION: N_("This session"), SAVED: N_("Only me"), SHARED: N_("Everyone")}


def begin(state: ConnectionsPageState, kind: Kind, preset: Preset) -> None:
    """Open the form for a new connection."""
    taken = set(app_state.connections().names(visitor.owner()))
    title = _(preset.first_name) if preset.first_name else preset.title
    draft = {"kind": kind.name, "name": free_name(title, taken)} | preset.values | dict(preset.first_values)
    _fill(state, settings_of(draft, app_state.connections().kinds), None, SESSION)


def edit(state: ConnectionsPageState, connection: Connection, address: str = "") -> None:
    """Open the form for one of the visitor's own connections, optionally with another address."""
    assert connection.settings is not None
    keeping = SESSION if connection.origin is Origin.SESSION else SHARED if connection.shared else SAVED
    settings = connection.settings.at(address) if address else connection.settings
    _fill(state, settings, connection.name, keeping)


def duplicate(state: ConnectionsPageState, connection: Connection) -> None:
    """Open the form for a copy; secrets are copied only if the connection is the visitor's own."""
    assert connection.settings is not None
    settings = connection.settings.copied(own=connection.may_change(visitor.owner()))
    name = free_name(settings.name, set(app_state.connections().names(visitor.owner())))
    _fill(state, settings.changed(name=name), None, SESSION)


# Streamlit 1.67 submits a password field when it loses focus, but not when Tab moves the focus to its show-password button. The
# next click would then run without the key. Hide the button: showing the key is not needed here, not even in a screenshot.
STYLE = """<style>[data-testid="stTextInput"] button[aria-pressed] { display: none; }</style>"""


def draw(state: ConnectionsPageState) -> Tick:
    """Draw the form and its test result; return a function that updates the test progress."""
    draft = state.draft
    assert draft is not None
    st.html(STYLE)
    st.markdown(f"#### {plain(_('Edit {name}').format(name=state.replacing) if state.replacing else _('New connection'))}")
    return _actions(state, fields.draw(state, draft))


def _actions(state: ConnectionsPageState, settings: ConnectionSettings | None) -> Tick:
    keeping = _keeping(state)
    running = state.checks is not None and state.checks.running
    with st.container(horizontal=True, vertical_alignment="center"):
        save = st.button(_("Save"), type="primary", icon=":material/save:", key=key(state, "save"), disabled=settings is None)
        test = st.button(
            _("Test"),
            icon=":material/network_check:",
            key=key(state, "test"),
            disabled=settings is None or running,
            help=_("Fetches the server's models without saving anything."),
        )
        st.button(_("Cancel"), key=key(state, "cancel"), on_click=close, args=(state,))
        tick = probe_progress.draw(state, _tried_name(state)[0], key(state, "stop"))
    if state.feedback.fault:
        st.error(plain(state.feedback.fault), icon=":material/error:")
    if settings is not None and test:
        _test(state, settings)
    if settings is not None and save:
        _save(state, settings, keeping)
    check = state.results.get(_tried_name(state))
    # Show the result only for the address and key that were tested.
    if check is not None and settings is not None and state.tried is not None and settings.reach() == state.tried.reach():
        _result(state, settings, check)
    return tick


def _keeping(state: ConnectionsPageState) -> str:
    return str(
        st.segmented_control(
            _("Storage"),
            list(KEEPING) if app_state.connections().saves else [SESSION],
            default=state.keeping,
            format_func=lambda kind: _(KEEPING[kind]),
            key=key(state, "keep"),
            required=True,
            persist_state="session",
            help=_(
                "Saved connections survive a restart, with their secrets encrypted. Everyone can call a shared "
                "connection with its key."
            ),
        )
    )


def _result(state: ConnectionsPageState, settings: ConnectionSettings, check: Check) -> None:
    results.draw([(_("Server"), check)])
    if check.better:
        st.button(
            _("Use this address"),
            icon=":material/move_up:",
            key=key(state, "better"),
            on_click=_use_address,
            args=(key(state, settings.ADDRESS_FIELD), check.better),
        )
    if check.listed and isinstance(settings, SettingsWithModels):
        st.button(
            ngettext("Import {count} model", "Import {count} models", len(check.listed)).format(count=len(check.listed)),
            icon=":material/playlist_add:",
            key=key(state, "bring"),
            on_click=model_table_editor.bring,
            args=(state, check.listed),
            help=_("Lets you correct model types or choose the default. Unchanged models are not saved."),
        )


def _use_address(key: str, address: str) -> None:
    st.session_state[key] = address


def _tried_name(state: ConnectionsPageState) -> tuple[str, str]:
    return (f"\0{state.version}", SERVER)  # a connection name cannot contain this character


def _test(state: ConnectionsPageState, settings: ConnectionSettings) -> None:
    state.tried = settings
    state.results.pop(_tried_name(state), None)
    attempt = app_state.connections().attempt(settings)
    name = _tried_name(state)[0]
    probe = app_state.connections().probe(settings)
    request = ProbeRequest(name, attempt.opened, settings.address, attempt.at, {SERVER: None}, probe, close=True)
    health_table.start(state, [request])
    st.rerun()


def _save(state: ConnectionsPageState, settings: ConnectionSettings, keeping: str) -> None:
    before = app_state.connections().get(state.replacing or "", visitor.owner()).settings
    try:
        app_state.connections().keep(
            settings,
            visitor.owner(),
            replacing=state.replacing,
            saved=keeping in (SAVED, SHARED),
            shared=keeping == SHARED,
        )
    except ConfigError as error:
        state.next_feedback.fault = spoken(error, field_labels(app_state.connections().kinds))
    else:
        if page_state.connection() == state.replacing and settings.name != state.replacing:
            st.session_state[page_state.RENAMED] = settings.name
        _keep_results(state, before, settings)
        state.open = settings.name
        state.next_feedback.success = _("{name} added.").format(name=settings.name)
        close(state)
    st.rerun()


def _keep_results(state: ConnectionsPageState, before: ConnectionSettings | None, settings: ConnectionSettings) -> None:
    """Move the test results that still apply to the saved connection's name; drop the others.

    Args:
        state: State of the page with the form.
        before: Settings of the connection that was replaced.
        settings: The saved settings.
    """
    results = {call: state.results.pop((name, call)) for name, call in tuple(state.results) if name == state.replacing}
    for named in [named for named in state.results if named[0] == settings.name]:
        del state.results[named]
    state.tested[settings.name] = settings.reach()
    if before is not None and before.reach() == settings.reach():
        state.results.update({(settings.name, call): check for call, check in results.items()})
    if state.tried is not None and state.tried.reach() == settings.reach():
        tried = _tried_name(state)
        state.moved[tried] = settings.name, SERVER  # also if the test is still running
        if tried in state.results:
            state.results[settings.name, SERVER] = state.results[tried]


def close(state: ConnectionsPageState) -> None:
    """Close the form and discard its contents."""
    state.results.pop(_tried_name(state), None)
    state.draft, state.replacing, state.typed_secrets, state.tried = None, None, {}, None
    state.version += 1


def _fill(state: ConnectionsPageState, settings: ConnectionSettings, replacing: str | None, keeping: str) -> None:
    state.version += 1
    state.draft, state.replacing, state.keeping, state.typed_secrets = settings, replacing, keeping, {}
    if isinstance(settings, SettingsWithModels):
        model_table_editor.fill(state, settings)
