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
from boomerang.workbench.i18n.translate import _

from .page_state import ConnectionsPageState

Slots = dict[str, DeltaGenerator]
"""Field → the place under its widget."""


@dataclass(slots=True)
class FormDrawing:
    """State of a form while it is being drawn."""

    state: ConnectionsPageState
    draft: ConnectionSettings
    form: Form
    slots: Slots = field(default_factory=dict)
    unread: dict[str, list[str]] = field(default_factory=dict)
    """Field → errors of unparsable input."""

    def key(self, name: str) -> str:
        """Return the session state key of a form widget."""
        return key(self.state, name)


def key(state: ConnectionsPageState, name: str) -> str:
    """Return the session state key of a form widget."""
    return f"connections.form.{state.version}.{name}"


def _help(field: FormField) -> str | None:
    return _(field.help).format(mask=MASK) if field.help else None


def _label(drawing: FormDrawing, field: FormField) -> str:
    label = _(field.label)
    preset = app_state.connections().kinds[drawing.draft.kind].presets().get(drawing.draft.preset)
    required = not field.optional or (preset is not None and preset.needs_key)
    return label if required else _("{label} (optional)").format(label=label)


def _text(drawing: FormDrawing, field: FormField) -> dict[str, Any]:
    if field.secret:
        return {field.name: _secret(drawing, field)}
    value = st.text_input(
        _label(drawing, field),
        getattr(drawing.draft, field.name),
        key=drawing.key(field.name),
        placeholder=field.placeholder or None,
        help=_help(field),
        persist_state="session",
    )
    return {field.name: value}


def _secret(drawing: FormDrawing, field: FormField, instead: str = "") -> str:
    """Draw a secret's field. The browser never gets the secret back; it is kept unless a new one is typed.

    Args:
        drawing: The form.
        field: The secret's field.
        instead: Where the secret comes from instead; nothing can be typed then.
    """
    state = drawing.state
    kept_secret = state.typed_secrets.get(field.name) or str(getattr(drawing.draft, field.name))
    typed = st.text_input(
        _label(drawing, field),
        type="password",
        key=drawing.key(field.name),
        placeholder=instead or (_("unchanged") if kept_secret else field.placeholder),
        autocomplete="off",
        help=_help(field),
        disabled=bool(instead),
    )
    if instead:
        return ""
    if typed:  # a visitor who leaves the page and returns finds the field empty and the secret kept
        state.typed_secrets[field.name] = typed
    elif kept_secret and _removed(drawing, field):
        return ""
    return typed or kept_secret


def _removed(drawing: FormDrawing, field: FormField) -> bool:
    label = _("Remove {label}").format(label=_(field.label))
    return st.checkbox(label, key=drawing.key(f"{field.name}.remove"), persist_state="session")


def _address(drawing: FormDrawing, field: FormField) -> dict[str, Any]:
    value = st.text_input(
        _label(drawing, field),
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
    # The variable is chosen under Advanced, which is drawn later.
    variable = st.session_state.get(drawing.key(field.variable), getattr(drawing.draft, field.variable))
    return {field.name: _secret(drawing, field, _("from variable {name}").format(name=variable) if variable else "")}


def _variable(drawing: FormDrawing, field: FormField) -> dict[str, Any]:
    """Draw the variables that a visitor may name; nothing if there are none."""
    chosen = str(getattr(drawing.draft, field.name))
    variables = list(dict.fromkeys([*([chosen] if chosen else []), *app_state.connections().variables]))
    if not variables:
        return {}
    name = st.selectbox(
        _(field.label),
        ["", *variables],
        index=1 if chosen else 0,
        format_func=lambda variable: variable or _("none"),
        key=drawing.key(field.name),
        help=_help(field),
        persist_state="session",
    )
    return {field.name: name}


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
        drawing.unread[field.name] = unread
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
    Widget.VARIABLE: _variable,
    Widget.PAIRS: _pairs,
    Widget.PROXY: _proxy,
    Widget.SWITCH: _switch,
    Widget.LONG_TEXT: _long_text,
    Widget.SECONDS: _seconds,
}
"""Widget → the function that draws it and returns the settings fields it produces."""
