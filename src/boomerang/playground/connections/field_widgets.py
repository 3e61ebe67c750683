"""Drawing of each widget of a connection form; each function returns the settings fields it produces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from boomerang.invoker.connection_form import Form, FormField, Widget
from boomerang.invoker.http.redaction.masking import MASK
from boomerang.invoker.settings import ConnectionSettings
from boomerang.playground.session import app_state
from boomerang.workbench.connections.form_text import (
    as_lines,
    as_values,
    kept,
    kept_proxy,
    masked_proxy,
    moved_query,
    with_scheme,
)
from boomerang.workbench.i18n.translate import N_, _

from .page_state import ConnectionsPageState

NO_KEY, TYPED, VARIABLE = "none", "typed", "variable"
KEYS = {NO_KEY: N_("none"), TYPED: N_("entered here"), VARIABLE: N_("from an environment variable")}
Slots = dict[str, DeltaGenerator]
"""Field → the place under its widget; expander title → the place under the expander."""


@dataclass(slots=True)
class FormDrawing:
    """State of a form while it is being drawn."""

    state: ConnectionsPageState
    draft: ConnectionSettings
    form: Form
    slots: Slots = field(default_factory=dict)
    unread: dict[str, list[str]] = field(default_factory=dict)
    """Where an error is shown → errors of unparsable input."""

    def key(self, name: str) -> str:
        """Return the session state key of a form widget."""
        return key(self.state, name)


def key(state: ConnectionsPageState, name: str) -> str:
    """Return the session state key of a form widget."""
    return f"connections.form.{state.version}.{name}"


def _help(field: FormField) -> str | None:
    return _(field.help).format(mask=MASK) if field.help else None


def _text(drawing: FormDrawing, field: FormField) -> dict[str, Any]:
    if field.secret:
        return {field.name: _secret(drawing, field)}
    value = st.text_input(
        _(field.label),
        getattr(drawing.draft, field.name),
        key=drawing.key(field.name),
        placeholder=field.placeholder or None,
        help=_help(field),
        persist_state="session",
    )
    return {field.name: value}


def _secret(drawing: FormDrawing, field: FormField) -> str:
    """Draw a secret's field. The browser never gets the secret back; it is kept unless a new one is typed."""
    state, before = drawing.state, str(getattr(drawing.draft, field.name))
    typed = st.text_input(
        _(field.label),
        type="password",
        key=drawing.key(field.name),
        placeholder=_("unchanged") if state.typed_secrets.get(field.name) or before else field.placeholder,
        autocomplete="off",
        help=_help(field),
    )
    if typed:  # a visitor who leaves the page and returns finds the field empty and the secret kept
        state.typed_secrets[field.name] = typed
    return state.typed_secrets.get(field.name) or before


def _address(drawing: FormDrawing, field: FormField) -> dict[str, Any]:
    value = st.text_input(
        _(field.label),
        getattr(drawing.draft, field.name),
        key=drawing.key(field.name),
        placeholder=field.placeholder or None,
        help=_help(field),
        persist_state="session",
        on_change=_complete,
        args=(drawing.key(field.name), drawing.key(field.query) if field.query else ""),
    )
    return {field.name: value}


def _complete(address: str, query: str) -> None:
    typed = with_scheme(str(st.session_state[address] or ""))
    if not query:
        st.session_state[address] = typed
        return
    lines = str(st.session_state.get(query) or "")
    st.session_state[address], moved = moved_query(typed, lines)
    if moved != lines:
        st.session_state[query] = moved


def _key(drawing: FormDrawing, field: FormField) -> dict[str, Any]:
    state, draft = drawing.state, drawing.draft
    chosen = str(getattr(draft, field.variable))
    variables = list(dict.fromkeys([*([chosen] if chosen else []), *app_state.connections().variables]))
    source = st.segmented_control(
        _("API key (optional)"),
        [source for source in KEYS if source != VARIABLE or variables],
        default=_first_source(drawing, field),
        format_func=lambda source: _(KEYS[source]),
        key=key(state, "key_kind"),
        required=True,
        persist_state="session",
    )
    if source == TYPED:
        value = {field.name: _secret(drawing, field)}
        drawing.slots[field.name] = st.container()
        return value
    if source == VARIABLE:
        name = st.selectbox(
            _("Environment variable"),
            variables,
            key=drawing.key(field.variable),
            persist_state="session",
            help=_(
                "A variable on the machine that runs this app. Its administrator lists the allowed ones in CONNECTIONS_ENV."
            ),
        )
        drawing.slots[field.variable] = st.container()
        return {field.variable: name}
    return {}


def _first_source(drawing: FormDrawing, field: FormField) -> str:
    draft = drawing.draft
    preset = app_state.connections().kinds[draft.kind].presets().get(draft.preset)
    if drawing.state.typed_secrets.get(field.name) or getattr(draft, field.name):
        return TYPED
    if getattr(draft, field.variable):
        return VARIABLE
    return TYPED if drawing.state.replacing is None and preset is not None and preset.needs_key else NO_KEY


def _pairs(drawing: FormDrawing, field: FormField) -> dict[str, Any]:
    """Draw a field of names and values; report unparsable lines in `unread`."""
    label = _(field.label)
    text = st.text_area(
        label,
        as_lines(drawing.draft, field.name),
        key=drawing.key(field.name),
        height=80,
        persist_state="session",
        placeholder=field.placeholder,
        help=_help(field),
    )
    pairs, wrong, twice = as_values(str(text or ""))
    unread = [_("{label}: no colon in {line}").format(label=label, line=line) for line in wrong]
    unread += [_("{label}: {name} appears twice").format(label=label, name=repeated) for repeated in twice]
    if unread:
        drawing.unread.setdefault(field.group or field.name, []).extend(unread)
    return {field.name: kept(pairs, getattr(drawing.draft, field.name))}


def _proxy(drawing: FormDrawing, field: FormField) -> dict[str, Any]:
    before = str(getattr(drawing.draft, field.name))
    proxy = st.text_input(
        _(field.label),
        masked_proxy(before),
        key=drawing.key(field.name),
        placeholder=field.placeholder,
        help=_help(field),
        persist_state="session",
    )
    return {field.name: kept_proxy(proxy, before)}


def _switch(drawing: FormDrawing, field: FormField) -> dict[str, Any]:
    before = bool(getattr(drawing.draft, field.name))
    value = st.toggle(_(field.label), before, key=drawing.key(field.name), help=_help(field), persist_state="session")
    return {field.name: value}


def _long_text(drawing: FormDrawing, field: FormField) -> dict[str, Any]:
    value = st.text_area(
        _(field.label),
        getattr(drawing.draft, field.name),
        key=drawing.key(field.name),
        height=80,
        persist_state="session",
        placeholder=field.placeholder,
        help=_help(field),
    )
    return {field.name: value}


def _seconds(drawing: FormDrawing, field: FormField) -> dict[str, Any]:
    columns, seconds = st.columns(2), {}
    before = getattr(drawing.draft, field.name)
    for place, (part, label) in enumerate(field.parts.items()):
        value = columns[place % 2].number_input(
            _("Timeout {what}, seconds").format(what=_(label)),
            min_value=0.1,
            value=getattr(before, part),
            step=1.0,
            key=drawing.key(f"{field.name}.{part}"),
            placeholder=_("default"),
            persist_state="session",
        )
        if value is not None:
            seconds[part] = value
    return {field.name: seconds}


WIDGETS: Mapping[Widget, Callable[[FormDrawing, FormField], dict[str, Any]]] = {
    Widget.TEXT: _text,
    Widget.ADDRESS: _address,
    Widget.KEY: _key,
    Widget.PAIRS: _pairs,
    Widget.PROXY: _proxy,
    Widget.SWITCH: _switch,
    Widget.LONG_TEXT: _long_text,
    Widget.SECONDS: _seconds,
}
"""Widget → the function that draws it and returns the settings fields it produces."""
