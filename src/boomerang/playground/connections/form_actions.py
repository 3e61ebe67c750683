"""What a connection form does: save and use, test, cancel; and what its test found."""

from __future__ import annotations

import streamlit as st

from boomerang.invoker.backend import ListedModel, TypeFrom
from boomerang.invoker.connection_kind import Check
from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.errors import ConfigError
from boomerang.invoker.settings import ConnectionSettings, SettingsWithModels
from boomerang.playground.session import app_state, page_state, visitor
from boomerang.playground.ui import html_tables
from boomerang.playground.ui.escape import plain
from boomerang.workbench.connections.probe import CALLS
from boomerang.workbench.connections.probe_jobs import SERVER, Named, ProbeRequest
from boomerang.workbench.diagnosis.settings_errors import field_labels, spoken
from boomerang.workbench.i18n.translate import _, ngettext

from . import health_table, model_table_editor, probe_progress
from . import probe_results as results
from .field_widgets import key
from .page_state import ConnectionsPageState
from .probe_progress import Tick

SESSION, SAVED, SHARED = "session", "saved", "shared"
MOST_NAMED = 20
"""Models named of each type."""


def draw(state: ConnectionsPageState, settings: ConnectionSettings | None, keeping: str) -> tuple[Tick, bool]:
    """Draw the buttons and the test's result, and do what was pressed.

    Args:
        state: State of the page with the form.
        settings: What is in the form; `None` while a field has an error.
        keeping: The selected storage.

    Returns:
        A function that updates the test progress, and whether Save or Test was pressed.
    """
    running = state.checks is not None and state.checks.running
    # Never disabled for an error: typing an address and pressing a button at once would press a disabled one.
    with st.container(horizontal=True, vertical_alignment="center"):
        save = st.button(
            _("Save") if state.replacing else _("Save and use"),
            type="primary",
            icon=":material/check:",
            key=key(state, "save"),
            on_click=_attempt,
            args=(state,),
            help=None if state.replacing else _("Selects the connection for all pages, as in the sidebar."),
        )
        test = st.button(
            _("Test"),
            icon=":material/network_check:",
            key=key(state, "test"),
            disabled=running,
            on_click=_attempt,
            args=(state,),
            help=_("Fetches the server's models without saving anything."),
        )
        st.button(_("Cancel"), key=key(state, "cancel"), on_click=cancel, args=(state,), help=_("Keeps nothing."))
        progress = st.container(horizontal=True, vertical_alignment="center", width="content")
    steps = st.container()
    with progress:
        tick = probe_progress.draw(state, tried_name(state)[0], key(state, "stop"), steps)
    if state.feedback.fault:
        st.error(plain(state.feedback.fault), icon=":material/error:")
    if settings is not None and test:
        _test(state, settings)
    if settings is not None and save:
        _save(state, settings, keeping)
    check = state.results.get(tried_name(state))
    # Show the result only for the address and key that were tested.
    if check is not None and settings is not None and state.tried is not None and settings.reach() == state.tried.reach():
        _result(state, settings, check)
    return tick, save or test


def cancel(state: ConnectionsPageState) -> None:
    """Close the form, stop its test and discard all that was typed."""
    if state.checks is not None and probe_progress.running(state, tried_name(state)[0]):
        state.checks.stop()
    _close(state)


def _close(state: ConnectionsPageState) -> None:
    state.results.pop(tried_name(state), None)
    typed = key(state, "")
    for name in [name for name in st.session_state if str(name).startswith(typed)]:
        del st.session_state[name]
    state.draft, state.replacing, state.typed_secrets, state.tried = None, None, {}, None
    state.attempted, state.advanced, state.wrong_advanced, state.open_advanced = False, (0, ()), frozenset(), False
    state.version += 1


def tried_name(state: ConnectionsPageState) -> Named:
    """Return the name of the form's test: no connection's, because a name cannot contain its first character."""
    return (f"\0{state.version}", SERVER)


def _attempt(state: ConnectionsPageState) -> None:
    state.attempted = True


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
    if not check.listed:
        return
    html_tables.facts(_by_type(check.listed))
    if any(model.type_from is TypeFrom.GUESSED for model in check.listed):
        st.caption(_("? marks a type guessed from the model's name."))
    if isinstance(settings, SettingsWithModels) and {model.model for model in check.listed} - {
        row["model"] for row in state.now
    }:
        st.button(
            ngettext("Import {count} model", "Import {count} models", len(check.listed)).format(count=len(check.listed)),
            icon=":material/playlist_add:",
            key=key(state, "bring"),
            on_click=model_table_editor.bring,
            args=(state, check.listed),
            help=_("Lets you correct model types or choose the default. Unchanged models are not saved."),
        )


def _by_type(models: tuple[ListedModel, ...]) -> dict[str, str]:
    """Return the names of models by type, each with its number; long lists are shortened."""
    titles: dict[ModelType, str] = {}
    for call, model_type in CALLS.items():
        titles.setdefault(model_type, health_table.COLUMNS[call])
    rows = {}
    for model_type, title in titles.items():
        names = [_with_sign(model) for model in models if model.model_type is model_type]
        more = [_("and {count} more").format(count=len(names) - MOST_NAMED)] if len(names) > MOST_NAMED else []
        if names:
            rows[f"{_(title)} · {len(names)}"] = ", ".join([*names[:MOST_NAMED], *more])
    return rows


def _with_sign(model: ListedModel) -> str:
    return f"{model.model}\xa0?" if model.type_from is TypeFrom.GUESSED else model.model


def _use_address(key: str, address: str) -> None:
    st.session_state[key] = address


def _test(state: ConnectionsPageState, settings: ConnectionSettings) -> None:
    state.tried = settings
    state.results.pop(tried_name(state), None)
    attempt = app_state.connections().attempt(settings)
    name = tried_name(state)[0]
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
        _keep_results(state, before, settings)
        state.open = settings.name
        state.next_feedback.success = _use(state, settings.name)
        _close(state)
    st.rerun()


def _use(state: ConnectionsPageState, name: str) -> str:
    """Select a new connection, or one that was selected before; return what was done."""
    selected = page_state.connection()
    if state.replacing is None or selected == state.replacing:
        if selected != name:
            st.session_state[page_state.RENAMED] = name
        return _("{name} saved and selected. All pages use it now.").format(name=name)
    return _("{name} saved.").format(name=name)


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
        tried = tried_name(state)
        state.moved[tried] = settings.name, SERVER  # also if the test is still running
        if tried in state.results:
            state.results[settings.name, SERVER] = state.results[tried]
