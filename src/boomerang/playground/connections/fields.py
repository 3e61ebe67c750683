"""The fields of a connection's form: what stands in them becomes settings, or is said to be wrong under the field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from boomerang.invoker.http.redaction.masking import MASK
from boomerang.invoker.settings import ConnectionSettings, SettingsError, settings_of
from boomerang.playground.forms.fields import field_fault
from boomerang.playground.session import app_state
from boomerang.playground.ui.escape import plain
from boomerang.workbench.connections.form_text import (
    as_lines,
    as_values,
    kept,
    kept_proxy,
    masked_proxy,
    moved_query,
    with_scheme,
)
from boomerang.workbench.connections.server_presets import PRESETS
from boomerang.workbench.diagnosis.settings_errors import TIMEOUTS, spoken, widget_of
from boomerang.workbench.i18n.translate import N_, _

from . import model_table_editor
from .page_state import ConnectionsPageState

NO_KEY, TYPED, VARIABLE = "none", "typed", "variable"
KEYS = {NO_KEY: N_("none"), TYPED: N_("typed here"), VARIABLE: N_("from a variable")}
HELP = {
    "base_url": N_("Up to and with `/v1`, such as `http://localhost:11434/v1`."),
    "provider": N_("The provider that would serve the same models in a Dify; it stands in every ModelConfig and in the code."),
}
"""What stands under a field as long as nothing is wrong with it: a tip that opens with the focus would hide what is."""
Slots = dict[str, DeltaGenerator]
"""Field → the place under its widget."""


def draw(held: ConnectionsPageState, draft: ConnectionSettings) -> ConnectionSettings | None:
    """Draw the fields; gives the settings that stand in them, `None` while something is wrong with one."""
    slots: Slots = {}
    unread: list[str] = []
    left, right = st.columns(2, gap="medium")
    with left:
        fields = _chief(held, draft, slots)
    with right:
        fields |= _key(held, draft, slots) | _more(held, draft, slots, unread)
    fields |= model_table_editor.draw(held, draft)
    slots["models"] = st.container()
    settings = _settings(fields, slots)
    return None if unread else settings


def key(held: ConnectionsPageState, name: str) -> str:
    """Return the key of one of the form's widgets."""
    return f"connections.form.{held.version}.{name}"


def _settings(fields: Mapping[str, Any], slots: Slots) -> ConnectionSettings | None:
    """Make settings of what stands in the fields; says under each what is wrong with it."""
    settings, faults = None, []
    try:
        settings = settings_of(fields)
    except SettingsError as error:
        faults = error.faults
    for fault in faults:
        with slots.get(widget_of(fault), slots["models"]):
            field_fault(None, spoken(fault, [model["model"] for model in fields["models"]]))
    for field, words in HELP.items():
        if not any(widget_of(fault) == field for fault in faults):
            slots[field].caption(plain(_(words).replace("`", "")))  # code is too pale in a caption
    return settings


def _chief(held: ConnectionsPageState, draft: ConnectionSettings, slots: Slots) -> dict[str, Any]:
    name = st.text_input(_("Name"), draft.name, key=key(held, "name"), max_chars=60, persist_state="session")
    slots["name"] = st.container()
    base_url = st.text_input(
        _("Base address"),
        draft.base_url,
        key=key(held, "base_url"),
        persist_state="session",
        on_change=_complete,
        args=(key(held, "base_url"), key(held, "query")),
    )
    slots["base_url"] = st.container()
    provider = st.text_input(
        _("Dify provider"),
        draft.provider,
        key=key(held, "provider"),
        persist_state="session",
    )
    slots["provider"] = st.container()
    return {"name": name, "base_url": base_url, "provider": provider, "preset": draft.preset}


def _complete(address: str, query: str) -> None:
    typed, lines = with_scheme(str(st.session_state[address] or "")), str(st.session_state.get(query) or "")
    st.session_state[address], moved = moved_query(typed, lines)
    if moved != lines:
        st.session_state[query] = moved


def _key(held: ConnectionsPageState, draft: ConnectionSettings, slots: Slots) -> dict[str, Any]:
    variables = list(dict.fromkeys([*([draft.api_key_env] if draft.api_key_env else []), *app_state.connections().variables]))
    kind = st.segmented_control(
        _("Where the key is"),
        [kind for kind in KEYS if kind != VARIABLE or variables],
        default=_first_kind(held, draft),
        format_func=lambda kind: _(KEYS[kind]),
        key=key(held, "key_kind"),
        required=True,
        persist_state="session",
    )
    found: dict[str, Any] = {}
    if kind == TYPED:
        typed = st.text_input(
            _("API key"),
            type="password",
            key=key(held, "api_key"),
            placeholder=_("kept as it is") if held.typed_key or draft.api_key else "sk-…",
            autocomplete="off",
            help=_("Sent as a bearer token. It is masked before anything is recorded."),
        )
        held.typed_key = typed or held.typed_key  # who leaves the page and comes back finds the field empty, and the key kept
        found["api_key"] = held.typed_key or draft.api_key
        slots["api_key"] = st.container()
    elif kind == VARIABLE:
        found["api_key_env"] = st.selectbox(
            _("Environment variable"),
            variables,
            key=key(held, "api_key_env"),
            persist_state="session",
            help=_("Of the machine that this app runs on. Whoever runs it lists in CONNECTIONS_ENV which ones may be named."),
        )
        slots["api_key_env"] = st.container()
    return found


def _first_kind(held: ConnectionsPageState, draft: ConnectionSettings) -> str:
    preset = PRESETS.get(draft.preset)
    if held.typed_key or draft.api_key:
        return TYPED
    if draft.api_key_env:
        return VARIABLE
    return TYPED if held.replacing is None and preset is not None and preset.needs_key else NO_KEY


def _more(held: ConnectionsPageState, draft: ConnectionSettings, slots: Slots, unread: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    folded = st.expander(_("Headers, query, proxy, certificate, time limits"), icon=":material/tune:")
    slots["more"] = st.container()  # outside: what is wrong in there is seen while it is folded
    with folded:
        found["headers"] = _pairs(held, draft, "headers", _("Headers"), "X-Team: qa", unread)
        found["query"] = _pairs(held, draft, "query", _("Query"), "api-version: 2026-01-01", unread)
        proxy = st.text_input(
            _("Proxy"),
            masked_proxy(draft.proxy),
            key=key(held, "proxy"),
            placeholder="http://proxy.example:3128",
            persist_state="session",
        )
        found["proxy"] = kept_proxy(proxy, draft.proxy)
        found["verify"] = st.toggle(
            _("Check the server's certificate"), draft.verify, key=key(held, "verify"), persist_state="session"
        )
        found["ca"] = st.text_area(
            _("Certificate of a private authority (PEM)"),
            draft.ca,
            key=key(held, "ca"),
            height=80,
            persist_state="session",
            placeholder="-----BEGIN CERTIFICATE-----",
        )
        columns = st.columns(2)
        timeouts = draft.timeouts.model_dump()
        found["timeouts"] = {}
        for place, (name, label) in enumerate(TIMEOUTS.items()):
            value = columns[place % 2].number_input(
                _("Seconds {what}").format(what=_(label)),
                min_value=0.1,
                value=timeouts[name],
                step=1.0,
                key=key(held, f"timeouts.{name}"),
                placeholder=_("as usual"),
                persist_state="session",
            )
            if value is not None:
                found["timeouts"][name] = value
    with slots["more"]:
        for words in unread:
            field_fault(None, words)
    return found


def _pairs(
    held: ConnectionsPageState, draft: ConnectionSettings, name: str, label: str, example: str, unread: list[str]
) -> dict[str, str]:
    """Draw a field of names and values; what cannot be read of it is added to `unread`, in words."""
    text = st.text_area(
        label,
        as_lines(draft, name),
        key=key(held, name),
        height=80,
        persist_state="session",
        placeholder=example,
        help=_(
            "One on a line, with a colon. What is secret shows as {mask}, and stays as it is while that stands there."
        ).format(mask=MASK),
    )
    found, wrong, twice = as_values(str(text or ""))
    unread += [_("{label}: no colon in {line}").format(label=label, line=line) for line in wrong]
    unread += [_("{label}: {name} is there twice").format(label=label, name=repeated) for repeated in twice]
    return kept(found, getattr(draft, name))
