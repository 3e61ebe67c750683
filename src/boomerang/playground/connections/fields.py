"""The fields of a connection's form, drawn from its kind's data: what they contain becomes settings, or is marked as wrong."""

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


def draw(held: ConnectionsPageState, draft: ConnectionSettings) -> ConnectionSettings | None:
    """Draw the fields; returns the settings that they make, `None` while something is wrong with one."""
    form = form_of(draft)
    drawing = FormDrawing(held, draft, form)
    values: dict[str, Any] = {"kind": draft.kind, "preset": draft.preset}
    narrow = [found for found in form.fields if found.widget is not Widget.MODELS]
    left, right = st.columns(2, gap="medium")
    with left:
        values["name"] = st.text_input(_("Name"), draft.name, key=key(held, "name"), max_chars=60, persist_state="session")
        drawing.slots["name"] = st.container()
        values |= _column(drawing, [found for found in narrow if not found.right])
    with right:
        values |= _column(drawing, [found for found in narrow if found.right])
    for found in form.fields:
        if found.widget is Widget.MODELS and isinstance(draft, SettingsWithModels):
            values |= model_table_editor.draw(held, draft)
    drawing.slots[""] = st.container()
    settings = _settings(drawing, values)
    return None if drawing.unread else settings


def form_of(settings: ConnectionSettings) -> Form:
    """Return the form of a connection's kind; an empty one for a kind that has none."""
    form = app_state.connections().kinds[settings.kind].form
    return form() if form is not None else Form(())


def _column(drawing: FormDrawing, fields: list[FormField]) -> dict[str, Any]:
    """Draw the fields of a column: first the open ones, then each fold."""
    values: dict[str, Any] = {}
    for found in fields:
        if not found.group:
            values |= WIDGETS[found.widget](drawing, found)
            if found.widget is not Widget.KEY:  # which has the places that it needs
                drawing.slots[found.name] = st.container()
    for group in dict.fromkeys(found.group for found in fields if found.group):
        folded = st.expander(_(group), icon=":material/tune:")
        drawing.slots[group] = st.container()  # outside the fold: an error in it shows while it is folded
        with folded:
            for found in fields:
                if found.group == group:
                    values |= WIDGETS[found.widget](drawing, found)
        with drawing.slots[group]:
            for words in drawing.unread.get(group, ()):
                field_fault(None, words)
    return values


def _settings(drawing: FormDrawing, values: Mapping[str, Any]) -> ConnectionSettings | None:
    """Make settings of the values; shows under each field what is wrong with it."""
    settings, faults = None, []
    try:
        settings = drawing.draft.checked(values)
    except SettingsError as error:
        faults = error.faults
    labels = LABELS | dict(drawing.form.labels())
    places = {found.name: found.group or found.name for found in drawing.form.fields}
    wrong = set()
    for fault in faults:
        place = places.get(field_of(fault), field_of(fault))
        wrong.add(place)
        with drawing.slots.get(place, drawing.slots[""]):
            field_fault(None, spoken(fault, labels, [model["model"] for model in values.get("models", ())]))
    for found in drawing.form.fields:
        # A caption and not a tip: one that opens with the focus would hide what is under it.
        if found.caption and not found.group and found.name not in wrong:
            drawing.slots[found.name].caption(plain(_(found.caption).replace("`", "")))  # code is too pale in a caption
    return settings
