"""How each widget of a connection's form is drawn; each function returns the settings' fields that it makes."""

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
"""Field → the place under its widget; a fold's title → the place under the fold."""


@dataclass(slots=True)
class FormDrawing:
    """A form while it is drawn."""

    held: ConnectionsPageState
    draft: ConnectionSettings
    form: Form
    slots: Slots = field(default_factory=dict)
    unread: dict[str, list[str]] = field(default_factory=dict)
    """Where an error is shown → what cannot be read there."""

    def key(self, name: str) -> str:
        """Return the key of one of the form's widgets."""
        return key(self.held, name)


def key(held: ConnectionsPageState, name: str) -> str:
    """Return the key of one of the form's widgets."""
    return f"connections.form.{held.version}.{name}"


def _help(found: FormField) -> str | None:
    return _(found.help).format(mask=MASK) if found.help else None


def _text(drawing: FormDrawing, found: FormField) -> dict[str, Any]:
    if found.secret:
        return {found.name: _secret(drawing, found)}
    value = st.text_input(
        _(found.label),
        getattr(drawing.draft, found.name),
        key=drawing.key(found.name),
        placeholder=found.placeholder or None,
        help=_help(found),
        persist_state="session",
    )
    return {found.name: value}


def _secret(drawing: FormDrawing, found: FormField) -> str:
    """Draw a secret's field: the browser does not get it back, and it is kept while nothing else is typed."""
    held, before = drawing.held, str(getattr(drawing.draft, found.name))
    typed = st.text_input(
        _(found.label),
        type="password",
        key=drawing.key(found.name),
        placeholder=_("unchanged") if held.typed_secrets.get(found.name) or before else found.placeholder,
        autocomplete="off",
        help=_help(found),
    )
    if typed:  # who leaves the page and comes back finds the field empty, and the secret kept
        held.typed_secrets[found.name] = typed
    return held.typed_secrets.get(found.name) or before


def _address(drawing: FormDrawing, found: FormField) -> dict[str, Any]:
    value = st.text_input(
        _(found.label),
        getattr(drawing.draft, found.name),
        key=drawing.key(found.name),
        placeholder=found.placeholder or None,
        help=_help(found),
        persist_state="session",
        on_change=_complete,
        args=(drawing.key(found.name), drawing.key(found.query) if found.query else ""),
    )
    return {found.name: value}


def _complete(address: str, query: str) -> None:
    typed = with_scheme(str(st.session_state[address] or ""))
    if not query:
        st.session_state[address] = typed
        return
    lines = str(st.session_state.get(query) or "")
    st.session_state[address], moved = moved_query(typed, lines)
    if moved != lines:
        st.session_state[query] = moved


def _key(drawing: FormDrawing, found: FormField) -> dict[str, Any]:
    held, draft = drawing.held, drawing.draft
    chosen = str(getattr(draft, found.variable))
    variables = list(dict.fromkeys([*([chosen] if chosen else []), *app_state.connections().variables]))
    source = st.segmented_control(
        _("API key (optional)"),
        [source for source in KEYS if source != VARIABLE or variables],
        default=_first_source(drawing, found),
        format_func=lambda source: _(KEYS[source]),
        key=key(held, "key_kind"),
        required=True,
        persist_state="session",
    )
    if source == TYPED:
        value = {found.name: _secret(drawing, found)}
        drawing.slots[found.name] = st.container()
        return value
    if source == VARIABLE:
        name = st.selectbox(
            _("Environment variable"),
            variables,
            key=drawing.key(found.variable),
            persist_state="session",
            help=_(
                "A variable on the machine that runs this app. Its administrator lists the allowed ones in CONNECTIONS_ENV."
            ),
        )
        drawing.slots[found.variable] = st.container()
        return {found.variable: name}
    return {}


def _first_source(drawing: FormDrawing, found: FormField) -> str:
    draft = drawing.draft
    preset = app_state.connections().kinds[draft.kind].presets().get(draft.preset)
    if drawing.held.typed_secrets.get(found.name) or getattr(draft, found.name):
        return TYPED
    if getattr(draft, found.variable):
        return VARIABLE
    return TYPED if drawing.held.replacing is None and preset is not None and preset.needs_key else NO_KEY


def _pairs(drawing: FormDrawing, found: FormField) -> dict[str, Any]:
    """Draw a field of names and values; lines that cannot be read are kept in `unread`."""
    label = _(found.label)
    text = st.text_area(
        label,
        as_lines(drawing.draft, found.name),
        key=drawing.key(found.name),
        height=80,
        persist_state="session",
        placeholder=found.placeholder,
        help=_help(found),
    )
    pairs, wrong, twice = as_values(str(text or ""))
    unread = [_("{label}: no colon in {line}").format(label=label, line=line) for line in wrong]
    unread += [_("{label}: {name} appears twice").format(label=label, name=repeated) for repeated in twice]
    if unread:
        drawing.unread.setdefault(found.group or found.name, []).extend(unread)
    return {found.name: kept(pairs, getattr(drawing.draft, found.name))}


def _proxy(drawing: FormDrawing, found: FormField) -> dict[str, Any]:
    before = str(getattr(drawing.draft, found.name))
    proxy = st.text_input(
        _(found.label),
        masked_proxy(before),
        key=drawing.key(found.name),
        placeholder=found.placeholder,
        help=_help(found),
        persist_state="session",
    )
    return {found.name: kept_proxy(proxy, before)}


def _switch(drawing: FormDrawing, found: FormField) -> dict[str, Any]:
    before = bool(getattr(drawing.draft, found.name))
    value = st.toggle(_(found.label), before, key=drawing.key(found.name), help=_help(found), persist_state="session")
    return {found.name: value}


def _long_text(drawing: FormDrawing, found: FormField) -> dict[str, Any]:
    value = st.text_area(
        _(found.label),
        getattr(drawing.draft, found.name),
        key=drawing.key(found.name),
        height=80,
        persist_state="session",
        placeholder=found.placeholder,
        help=_help(found),
    )
    return {found.name: value}


def _seconds(drawing: FormDrawing, found: FormField) -> dict[str, Any]:
    columns, seconds = st.columns(2), {}
    before = getattr(drawing.draft, found.name)
    for place, (part, label) in enumerate(found.parts.items()):
        value = columns[place % 2].number_input(
            _("Timeout {what}, seconds").format(what=_(label)),
            min_value=0.1,
            value=getattr(before, part),
            step=1.0,
            key=drawing.key(f"{found.name}.{part}"),
            placeholder=_("default"),
            persist_state="session",
        )
        if value is not None:
            seconds[part] = value
    return {found.name: seconds}


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
"""How each widget is drawn; each function returns the settings' fields that it makes."""
