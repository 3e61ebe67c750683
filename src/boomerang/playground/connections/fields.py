"""The fields of a connection form, drawn from the kind's form data; turns their values into settings or shows errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from boomerang.invoker.connection_form import Form, FormField, Widget
from boomerang.invoker.settings import ConnectionSettings, SettingsError, SettingsWithModels
from boomerang.playground.forms.fields import field_fault
from boomerang.playground.session import app_state
from boomerang.playground.ui.escape import plain
from boomerang.workbench.diagnosis.settings_errors import LABELS, field_of, spoken
from boomerang.workbench.i18n.translate import _

from . import model_table_editor
from .field_widgets import WIDGETS, FormDrawing, key
from .page_state import ConnectionsPageState


def draw(state: ConnectionsPageState, draft: ConnectionSettings) -> ConnectionSettings | None:
    """Draw the fields and return the resulting settings; `None` while a field has an error."""
    form = form_of(draft)
    drawing = FormDrawing(state, draft, form)
    values: dict[str, Any] = {"kind": draft.kind, "preset": draft.preset}
    narrow = [field for field in form.fields if field.widget is not Widget.MODELS]
    left, right = st.columns(2, gap="medium")
    with left:
        values["name"] = st.text_input(_("Name"), draft.name, key=key(state, "name"), max_chars=60, persist_state="session")
        drawing.slots["name"] = st.container()
        values |= _column(drawing, [field for field in narrow if not field.right])
    with right:
        values |= _column(drawing, [field for field in narrow if field.right])
    for field in form.fields:
        if field.widget is Widget.MODELS and isinstance(draft, SettingsWithModels):
            values |= model_table_editor.draw(state, draft)
    drawing.slots[""] = st.container()
    settings = _settings(drawing, values)
    return None if drawing.unread else settings


def form_of(settings: ConnectionSettings) -> Form:
    """Return the form of a connection's kind; an empty form if the kind has none."""
    form = app_state.connections().kinds[settings.kind].form
    return form() if form is not None else Form(())


def _column(drawing: FormDrawing, fields: list[FormField]) -> dict[str, Any]:
    """Draw the fields of a column: ungrouped ones first, then each expander."""
    values: dict[str, Any] = {}
    for field in fields:
        if not field.group:
            values |= WIDGETS[field.widget](drawing, field)
            if field.widget is not Widget.KEY:  # which creates its own places
                drawing.slots[field.name] = st.container()
    for group in dict.fromkeys(field.group for field in fields if field.group):
        folded = st.expander(_(group), icon=":material/tune:")
        drawing.slots[group] = st.container()  # outside the expander, so an error shows even when it is collapsed
        with folded:
            for field in fields:
                if field.group == group:
                    values |= WIDGETS[field.widget](drawing, field)
        with drawing.slots[group]:
            for message in drawing.unread.get(group, ()):
                field_fault(None, message)
    return values


def _settings(drawing: FormDrawing, values: Mapping[str, Any]) -> ConnectionSettings | None:
    """Build settings from the values and show errors under their fields."""
    settings, faults = None, []
    try:
        settings = drawing.draft.checked(values)
    except SettingsError as error:
        faults = error.faults
    labels = LABELS | dict(drawing.form.labels())
    places = {field.name: field.group or field.name for field in drawing.form.fields}
    wrong = set()
    for fault in faults:
        place = places.get(field_of(fault), field_of(fault))
        wrong.add(place)
        with drawing.slots.get(place, drawing.slots[""]):
            field_fault(None, spoken(fault, labels, [model["model"] for model in values.get("models", ())]))
    for field in drawing.form.fields:
        # A caption, not a tooltip: one that opens on focus would hide what is under it.
        if field.caption and not field.group and field.name not in wrong:
            drawing.slots[field.name].caption(plain(_(field.caption).replace("`", "")))  # inline code is too pale in a caption
    return settings
