"""The fields of a connection form, drawn from the kind's form data; turns their values into settings or shows errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from boomerang.invoker.connection_form import Form, FormField, Widget
from boomerang.invoker.connection_kind import Preset, blank_settings
from boomerang.invoker.settings import ConnectionSettings, SettingsError, SettingsWithModels
from boomerang.playground.forms.fields import field_fault
from boomerang.playground.session import app_state, visitor
from boomerang.playground.ui.escape import plain
from boomerang.workbench.connections.form_text import free_name, proposed_name
from boomerang.workbench.diagnosis.settings_errors import LABELS, field_of, spoken
from boomerang.workbench.i18n.translate import _

from . import model_table_editor
from .field_widgets import WIDGETS, FormDrawing

MOST_IN_A_ROW = 3


def form_of(settings: ConnectionSettings) -> Form:
    """Return the form of a connection's kind; an empty form if the kind has none."""
    form = app_state.connections().kinds[settings.kind].form
    return form() if form is not None else Form(())


def draw_basic(drawing: FormDrawing) -> dict[str, Any]:
    """Draw the name and the basic fields side by side; return their values."""
    draft, basic = drawing.draft, drawing.form.basic
    columns = st.columns(min(MOST_IN_A_ROW, 1 + len(basic)), gap="medium")
    with columns[0]:
        proposed = _proposed_name(drawing)
        typed = st.text_input(
            _("Name"), draft.name, key=drawing.key("name"), max_chars=60, placeholder=proposed, persist_state="session"
        )
        drawing.slots["name"] = st.container()
    values = {"kind": draft.kind, "preset": draft.preset, "name": str(typed).strip() or proposed}
    for place, field in enumerate(basic, start=1):
        with columns[place % len(columns)]:
            values |= _field(drawing, field)
    return values


def draw_advanced(drawing: FormDrawing, *, models: bool) -> dict[str, Any]:
    """Draw the fields under Advanced; return their values.

    Args:
        drawing: The form.
        models: Whether to draw the table of models, which is expensive.
    """
    values: dict[str, Any] = {}
    narrow = [field for field in drawing.form.advanced if field.widget is not Widget.MODELS]
    half = (len(narrow) + 1) // 2
    for column, fields in zip(st.columns(2, gap="medium"), (narrow[:half], narrow[half:]), strict=True):
        with column:
            for field in fields:
                values |= _field(drawing, field)
    for field in drawing.form.advanced:
        if field.widget is Widget.MODELS and isinstance(drawing.draft, SettingsWithModels):
            table = model_table_editor.draw if models else model_table_editor.closed
            values |= table(drawing.state, drawing.draft)
            drawing.slots[field.name] = st.container()
    return values


def settings_from(drawing: FormDrawing, values: Mapping[str, Any]) -> tuple[ConnectionSettings | None, Sequence[str]]:
    """Build settings from the values and show errors under their fields.

    Returns:
        The settings, `None` while a field has an error; and the labels of the fields under Advanced with errors.
    """
    settings, faults = None, []
    try:
        settings = drawing.draft.checked(values)
    except SettingsError as error:
        faults = error.faults
    labels = LABELS | dict(drawing.form.labels())
    messages = {name: list(unread) for name, unread in drawing.unread.items()}
    for fault in faults:
        name = field_of(fault)
        if drawing.state.attempted or values.get(name) != "":
            place = name if name in drawing.slots else _place(drawing.form, name)
            text = spoken(fault, labels, [model["model"] for model in values.get("models", ())])
            messages.setdefault(place, []).append(text)
    for place, texts in messages.items():
        with drawing.slots.get(place, drawing.slots[""]):
            for text in texts:
                field_fault(None, text)
    _captions(drawing, without=messages)
    wrong = [_(field.label) for field in drawing.form.advanced if field.name in messages]
    return (None if drawing.unread else settings), wrong


def number_set(drawing: FormDrawing, values: Mapping[str, Any]) -> int:
    """Return the number of fields under Advanced that differ from what the connection's preset starts with."""
    kind = app_state.connections().kinds[drawing.draft.kind]
    start = blank_settings(kind, kind.presets().get(drawing.draft.preset, Preset("", ""))).model_dump()
    return sum(_is_set(field, values, start) for field in drawing.form.advanced)


def _is_set(field: FormField, values: Mapping[str, Any], start: Mapping[str, Any]) -> bool:
    match field.widget:
        case Widget.MODELS:
            return any(values.get(name) for name in ("models", "defaults", "system_model"))
        case Widget.SECONDS:
            return bool(values.get(field.name))
    return bool(values.get(field.name, start[field.name]) != start[field.name])


def _proposed_name(drawing: FormDrawing) -> str:
    """Return the name that the connection gets if none is typed."""
    draft, connections = drawing.draft, app_state.connections()
    if drawing.state.replacing is not None:
        return drawing.state.replacing
    presets = connections.kinds[draft.kind].presets()
    preset = presets.get(draft.preset)
    # The address is drawn after the name.
    address = str(st.session_state.get(drawing.key(draft.ADDRESS_FIELD), draft.address)) if draft.ADDRESS_FIELD else ""
    of_address = "" if preset is not None and preset.base_url else proposed_name(address, presets.values())
    of_preset = (_(preset.first_name) if preset.first_name else preset.title) if preset is not None else ""
    return free_name(of_address or of_preset, set(connections.names(visitor.owner())))


def _field(drawing: FormDrawing, field: FormField) -> dict[str, Any]:
    values = WIDGETS[field.widget](drawing, field)
    if values:
        drawing.slots[field.name] = st.container()
    return values


def _place(form: Form, name: str) -> str:
    """Return the field that shows errors of a setting without a field of its own, such as the default models."""
    models = next((field.name for field in form.fields if field.widget is Widget.MODELS), "")
    return models if name in ("defaults", "system_model") else ""


def _captions(drawing: FormDrawing, *, without: Iterable[str]) -> None:
    for field in drawing.form.fields:
        # A caption, not a tooltip: one that opens on focus would hide what is under it.
        if field.caption and field.name in drawing.slots and field.name not in without:
            drawing.slots[field.name].caption(plain(_(field.caption).replace("`", "")))  # inline code is too pale in a caption
