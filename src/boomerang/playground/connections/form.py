"""The form of a connection: three fields and the buttons; everything else is under Advanced."""

from __future__ import annotations

import streamlit as st

from boomerang.invoker.connection_kind import Kind, Preset, blank_settings
from boomerang.invoker.settings import ConnectionSettings, SettingsWithModels
from boomerang.playground.session import app_state, visitor
from boomerang.playground.ui.escape import plain
from boomerang.workbench.connections.connection import Connection, Origin
from boomerang.workbench.connections.form_text import free_name
from boomerang.workbench.i18n.translate import N_, _, ngettext

from . import fields, form_actions, model_table_editor
from .field_widgets import FormDrawing, key
from .form_actions import SAVED, SESSION, SHARED, cancel
from .page_state import ConnectionsPageState
from .probe_progress import Tick

KEEPING = {SESSION: N_("This session"), SAVED: N_("Only me"), SHARED: N_("Everyone")}


def begin(state: ConnectionsPageState, kind: Kind, preset: Preset) -> None:
    """Open the form for a new connection."""
    _fill(state, blank_settings(kind, preset), None, SESSION)


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
    drawing = FormDrawing(state, draft, fields.form_of(draft))
    values = fields.draw_basic(drawing)
    drawing.slots[""] = st.container()
    actions = st.container()
    if state.open_advanced:
        st.session_state[drawing.key("advanced")], state.open_advanced = True, False
    # No icon: it would hide the chevron.
    advanced = st.expander(_advanced_label(state), key=drawing.key("advanced"), on_change="rerun")
    with advanced:
        keeping = _keeping(state)
        values |= fields.draw_advanced(drawing, models=bool(advanced.open))
    settings, wrong = fields.settings_from(drawing, values)
    with actions:
        tick, pressed = form_actions.draw(state, settings, keeping)
    shown = fields.number_set(drawing, values) + (keeping != SESSION), tuple(wrong)
    state.open_advanced = bool(wrong) and not advanced.open and (pressed or not set(wrong) <= state.wrong_advanced)
    state.wrong_advanced = frozenset(wrong)
    # Streamlit 1.67 draws an expander with another label anew, in spite of its key, and a field in it would lose the focus. So
    # the label changes only while it is closed.
    if state.open_advanced or (not advanced.open and shown != state.advanced):
        state.advanced, state.redrawn = shown, True
        st.rerun()
    return tick


def _advanced_label(state: ConnectionsPageState) -> str:
    count, wrong = state.advanced
    parts = [_("Advanced")]
    if count:
        parts.append(ngettext("{count} set", "{count} set", count).format(count=count))
    if wrong:
        parts.append(_("check: {names}").format(names=", ".join(wrong)))
    return plain(" · ".join(parts))


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


def _fill(state: ConnectionsPageState, settings: ConnectionSettings, replacing: str | None, keeping: str) -> None:
    cancel(state)
    state.draft, state.replacing, state.keeping = settings, replacing, keeping
    if isinstance(settings, SettingsWithModels):
        model_table_editor.fill(state, settings)
