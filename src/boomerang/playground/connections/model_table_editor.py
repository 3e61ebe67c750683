"""Editor for a connection's models: types, defaults, voices and Dify declarations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import streamlit as st
from pydantic import ValidationError

from boomerang.invoker.backend import ListedModel, TypeFrom
from boomerang.invoker.entities.model import ModelPropertyKey, ModelType
from boomerang.invoker.errors import ConfigError
from boomerang.invoker.settings import ConnectionModel, SettingsWithModels, faults
from boomerang.playground.forms.fields import field_fault
from boomerang.playground.session import app_state, visitor
from boomerang.playground.ui.escape import plain
from boomerang.workbench.i18n.translate import _, ngettext
from boomerang.workbench.parsing.json_text import JsonFault, parse, pretty

from .page_state import ConnectionsPageState

TYPES = [kind.value for kind in ModelType]
COLUMNS = ("model", "model_type", "default", "mode", "context_size", "max_chunks", "voices")
GUESSED = "guessed"
"""Key of a row's value: the type was guessed. Not a column, because it is outdated once another type is chosen."""
HEADING = "connection-form-models"
"""Key of the table's heading, which an import scrolls to."""
MOST_ROWS = 500
MOST_NAMED = 5
"""Models with guessed types named in the caption."""


def fill(state: ConnectionsPageState, settings: SettingsWithModels) -> None:
    """Initialize the table from the settings and the models already fetched from the server."""
    listed: Sequence[ListedModel] = ()
    if state.replacing is not None:
        connection = app_state.connections().get(state.replacing, visitor.owner())
        with suppress(ConfigError):  # a connection that no longer opens can still be edited
            listed = connection.backend.models() if connection.settings is not None else ()
    configured = {model.model: row(model, settings) for model in settings.models}
    listed_rows = {model.model: row(model, settings) for model in listed if model.model not in configured}
    _begin(state, list(configured.values()), list(listed_rows.values()))
    state.listed = list(listed_rows.values())
    state.described = {model.model: _beyond(model) for model in settings.models if _beyond(model)}


def bring(state: ConnectionsPageState, listed: Sequence[ListedModel]) -> None:
    """Add models just fetched from a server to the table; existing rows stay unchanged."""
    assert isinstance(state.draft, SettingsWithModels)
    there = {row_now["model"] for row_now in state.now}
    fresh = [row(model, state.draft) for model in listed if model.model not in there]
    kept = [dict(row_now) for row_now in state.now]
    _begin(state, kept, fresh)
    state.listed, state.open_advanced = [*state.listed, *fresh], True
    state.jump = state.jump[0] + 1, f".st-key-{HEADING}"


def _begin(state: ConnectionsPageState, configured: list[dict[str, Any]], listed: list[dict[str, Any]]) -> None:
    """Fill the table. Configured models are always included, listed ones up to the limit."""
    room = max(0, MOST_ROWS - len(configured))
    state.rows, state.left_out = [*configured, *listed[:room]], len(listed[room:])
    state.now = [row_now for row_now in state.rows if row_now["model"]]
    state.table, state.table_drawn = state.table + 1, False


def row(model: Any, settings: SettingsWithModels) -> dict[str, Any]:
    """Return a model as a row."""
    properties = model.model_properties
    voices = properties.get(ModelPropertyKey.VOICES) or []
    return {
        "model": model.model,
        "model_type": model.model_type.value,
        "default": settings.defaults.get(model.model_type) == model.model,
        "mode": properties.get(ModelPropertyKey.MODE),
        "context_size": properties.get(ModelPropertyKey.CONTEXT_SIZE),
        "max_chunks": properties.get(ModelPropertyKey.MAX_CHUNKS),
        "voices": ", ".join(voice["mode"] for voice in voices),
        GUESSED: getattr(model, "type_from", TypeFrom.DECLARED) is TypeFrom.GUESSED,
    }


def closed(state: ConnectionsPageState, settings: SettingsWithModels) -> dict[str, Any]:
    """Return the settings fields of the table while it is not drawn; its edits are kept for when it is drawn again."""
    if state.table_drawn:
        state.rows, state.table, state.table_drawn = state.now, state.table + 1, False
    return _values(state, st.session_state.get(_system_key(state), settings.system_model))


def draw(state: ConnectionsPageState, settings: SettingsWithModels) -> dict[str, Any]:
    """Draw the table and its additional controls; return the settings fields they produce."""
    state.table_drawn = True
    with st.container(key=HEADING):
        st.markdown(f"**{_('Models')}**")
    st.caption(_("Models listed by the server appear automatically. Override or add models here."))
    base = state.rows or [dict.fromkeys(COLUMNS)]
    edited = st.data_editor(
        base,
        num_rows="dynamic",
        key=f"connections.form.{state.version}.models.{state.table}",
        height=min(330, 74 + 35 * max(3, len(base))),
        column_order=COLUMNS,
        column_config={
            "model": st.column_config.TextColumn(_("Model"), width="medium"),
            "model_type": st.column_config.SelectboxColumn(_("Type"), options=TYPES),
            "default": st.column_config.CheckboxColumn(_("Default"), help=_("Preselected on pages of this type.")),
            "mode": st.column_config.SelectboxColumn(_("Mode"), options=["chat", "completion"]),
            "context_size": st.column_config.NumberColumn(_("Context"), min_value=1, step=1, help=_("Tokens.")),
            "max_chunks": st.column_config.NumberColumn(_("Max. texts per call"), min_value=1, step=1),
            "voices": st.column_config.TextColumn(_("Voices"), help=_("Comma-separated names.")),
        },
        placeholder="",
        alt=_("Models"),
    )
    if state.left_out:
        left_out = ngettext(
            "{count} more model from the server is not shown. Type its name to override it.",
            "{count} more models from the server are not shown. Type a name to override one.",
            state.left_out,
        )
        st.caption(left_out.format(count=state.left_out))
    rows = [edited_row for edited_row in edited if str(edited_row.get("model") or "").strip()]
    _caption_guessed(rows, state.listed)
    state.now = [{name: edited_row.get(name) for name in COLUMNS} for edited_row in rows]
    left, right = st.columns(2, gap="medium", vertical_alignment="bottom")
    with right:
        _described(state, [str(edited_row["model"]) for edited_row in rows])
    llms = [str(edited_row["model"]) for edited_row in rows if edited_row.get("model_type") in (None, ModelType.LLM.value)]
    system_model = left.selectbox(
        _("System model"),
        list(dict.fromkeys([*([settings.system_model] if settings.system_model else []), *llms])),
        index=0 if settings.system_model else None,
        key=_system_key(state),
        accept_new_options=True,
        placeholder=_("the default LLM"),
        help=_("Acts as Dify's workspace default LLM. Used by summary."),
        persist_state="session",
    )
    return _values(state, system_model)


def _system_key(state: ConnectionsPageState) -> str:
    return f"connections.form.{state.version}.system"


def _values(state: ConnectionsPageState, system_model: str | None) -> dict[str, Any]:
    models, defaults = configured_models(state.now, state.listed, state.described)
    return {"models": models, "defaults": defaults, "system_model": system_model or ""}


def configured_models(
    rows: Sequence[Mapping[str, Any]],
    listed: Sequence[Mapping[str, Any]],
    described: Mapping[str, Mapping[str, Any]],
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return the configured models and the default of each type.

    Rows unchanged since the server listed them are left out: the model may be gone tomorrow.

    Args:
        rows: The current table.
        listed: Rows built from the server's list, as built.
        described: Model name → declaration beyond the table's columns.
    """
    models: list[dict[str, Any]] = []
    defaults: dict[str, str] = {}
    as_listed = {_row_values(old) for old in listed}
    listed_rows = {old["model"]: old for old in listed}
    for edited_row in rows:
        name = str(edited_row["model"]).strip()
        model_type = str(edited_row.get("model_type") or ModelType.LLM.value)
        if edited_row.get("default"):
            defaults.setdefault(model_type, name)
        if name not in described and _row_values(edited_row) in as_listed:
            continue
        own = _without_listed(edited_row, listed_rows.get(name, {}))
        models.append({"model": name, "model_type": model_type} | _properties(own, described.get(name, {})))
    return models, defaults


def _caption_guessed(rows: Sequence[Mapping[str, Any]], listed: Sequence[Mapping[str, Any]]) -> None:
    """Show which models still have a guessed type."""
    guessed = {(old["model"], old["model_type"]) for old in listed if old[GUESSED]}
    names = [str(edited_row["model"]) for edited_row in rows if (edited_row["model"], edited_row.get("model_type")) in guessed]
    if names:
        named = ", ".join(names[:MOST_NAMED]) + (", …" if len(names) > MOST_NAMED else "")
        template = _("Types guessed from names ({count}): {names}. Correct any that are wrong.")
        st.caption(plain(template.format(count=len(names), names=named)))


def _row_values(values: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return a row's values for comparison, without `default`."""
    return tuple(values.get(key) for key in COLUMNS if key != "default")


def _without_listed(values: Mapping[str, Any], listed_values: Mapping[str, Any]) -> dict[str, Any]:
    """Blank the limits equal to the server's list, so that the server's current values keep applying."""
    return {key: None if key in _LIMITS and value == listed_values.get(key) else value for key, value in values.items()}


_LIMITS = ("context_size", "max_chunks")


def _properties(values: Mapping[str, Any], beyond: Mapping[str, Any]) -> dict[str, Any]:
    voices = [voice.strip() for voice in str(values.get("voices") or "").split(",") if voice.strip()]
    listed = beyond.get("model_properties", {})
    spelled = {voice["mode"]: voice for voice in listed.get("voices", []) if isinstance(voice, dict)}
    stated = {
        "mode": (values.get("mode") or None) if values.get("model_type") in (None, ModelType.LLM.value) else None,
        "context_size": int(values["context_size"]) if values.get("context_size") else None,
        "max_chunks": int(values["max_chunks"]) if values.get("max_chunks") else None,
        "voices": [spelled.get(voice, voice) for voice in voices] or None,
    }
    kept = {name: value for name, value in listed.items() if name not in stated}
    properties = kept | {name: value for name, value in stated.items() if value is not None}
    more = {name: value for name, value in beyond.items() if name != "model_properties"}
    return more | ({"model_properties": properties} if properties else {})


def _described(state: ConnectionsPageState, names: Sequence[str]) -> None:
    """Draw the editor for what has no column: parameter rules, features and prices, in Dify's schema."""
    with st.expander(_("Parameter rules, features and prices of a model"), type="compact"):
        name = st.selectbox(_("Model"), list(names), key=f"connections.form.{state.version}.described")
        if name is None:
            st.caption(_("Add a model to the table first."))
            return
        text = st.text_area(
            _("Dify model declaration (JSON)"),
            pretty(state.described.get(name, {})),
            key=f"connections.form.{state.version}.described.{name}",
            height=200,
            placeholder='{"parameter_rules": [{"name": "temperature", "use_template": "temperature", "max": 1.5}]}',
            persist_state="session",
        )
        value = parse(str(text or "{}"), dict)
        if isinstance(value, JsonFault):
            field_fault(None, f"{name}: {value}")
            return
        try:
            ConnectionModel.model_validate({"model": name, "model_type": "llm"} | value)
        except ValidationError as error:
            for fault in faults(error, name):
                field_fault(None, fault)
            return
        state.described = (
            {**state.described, name: value} if value else {key: old for key, old in state.described.items() if key != name}
        )


def _beyond(model: ConnectionModel) -> dict[str, Any]:
    """Return the parts of a model's declaration that have no column."""
    value = model.model_dump(mode="json", exclude_defaults=True, by_alias=True, exclude={"model", "model_type", "label"})
    properties = {
        name: inner
        for name, inner in value.get("model_properties", {}).items()
        if name not in ("mode", "context_size", "max_chunks")
    }
    if not any(
        isinstance(voice, dict) and (voice.get("language") or voice["mode"] != voice.get("name"))
        for voice in properties.get("voices", [])
    ):
        properties.pop("voices", None)
    return {name: inner for name, inner in value.items() if name != "model_properties"} | (
        {"model_properties": properties} if properties else {}
    )
