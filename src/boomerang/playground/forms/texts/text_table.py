"""A table of texts in a form: typed, pasted as lines, imported from a file, or edited as JSON; the two editors stay in sync.

A page may have a mark beside each text: a person's judgement, such as how relevant a document is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from boomerang.playground.forms import fields
from boomerang.playground.run.pane import Pane
from boomerang.playground.session.page_state import PageState
from boomerang.workbench.i18n.translate import N_, _, ngettext
from boomerang.workbench.parsing.json_text import JsonFault, locate, parse, pretty

from . import paste_and_import
from .paste_and_import import Choice, Mark, TableState

__all__ = ["Choice", "Mark", "Rows", "bring", "draw", "fill"]

TABLE, JSON = N_("Table"), "JSON"


@dataclass(frozen=True, slots=True)
class Rows:
    """Contents of the table, without blank rows."""

    texts: list[str]
    marks: list[Choice]
    """One per text."""


def draw(page: Pane, label: str, column: str, sample: Sequence[str], mark: Mark | None = None) -> Rows:
    """Draw the table, or its rows as JSON, and the controls to paste or import rows.

    Args:
        page: The page or pane; it can have one table.
        label: Describes the texts, in the visitor's language.
        column: Name of the text column.
        sample: Initial texts.
        mark: The mark column, if there is one.
    """
    _restore(page, sample, mark)
    key = page.hold("rows.as", TABLE, (TABLE, JSON).__contains__)
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.markdown(label, width="content")
        st.segmented_control(
            _("Edit as"),
            [TABLE, JSON],
            format_func=_,
            key=key,
            required=True,
            on_change=_switch,
            args=(page, column, mark),
            label_visibility="collapsed",
            persist_state="session",
        )
    rows = _as_json(page, label, column, mark) if st.session_state[key] == JSON else _as_table(page, label, column, mark)
    page.state.rows, page.state.kept(TableState).marks = rows.texts, rows.marks
    page.put("rows", rows.texts, list(sample))
    if mark is not None:
        page.put("marks", rows.marks, _padded(mark.sample, len(sample)))
    with st.container(horizontal=True, vertical_alignment="center"):
        paste_and_import.paste(page, bring)
        paste_and_import.pick(page, mark, bring)
        paste_and_import.restore_focus(page)
        st.caption(ngettext("{count} row", "{count} rows", len(rows.texts)).format(count=len(rows.texts)), width="content")
    return Rows(list(rows.texts), list(rows.marks))


def _restore(page: Pane, sample: Sequence[str], mark: Mark | None) -> None:
    """Load rows from the URL or a chosen sample, or the initial sample."""
    state, table = page.state, page.state.kept(TableState)
    linked, marks = page.take("rows", []), page.take("marks", [])
    if linked is not None:
        state.rows, state.editor = [str(row) for row in linked], state.editor + 1
    if not state.editor:
        state.rows, state.editor = list(sample), 1
        table.marks = list(mark.sample) if mark else []
    sample_marks = st.session_state.pop(page.key("marks"), None)  # of a chosen sample
    if mark is not None and (sample_marks is not None or marks is not None):
        table.marks = [mark.read(cell) for cell in (sample_marks if sample_marks is not None else marks)]
    table.marks = _padded(table.marks, len(state.rows))


def _padded(marks: Sequence[Choice], count: int) -> list[Choice]:
    return [*marks[:count], *[None] * (count - len(marks))]


def _as_table(page: Pane, label: str, column: str, mark: Mark | None) -> Rows:
    state, table = page.state, page.state.kept(TableState)
    key = page.key(f"rows.{state.editor}")
    if key not in st.session_state:  # a fresh widget, or one that Streamlit dropped while another page was open
        pairs = list(zip(state.rows, table.marks, strict=True)) or [("", None)]
        # The mark comes first: after a long text it would be out of view.
        table.base = [({mark.name: value} if mark else {}) | {column: text} for text, value in pairs]
    columns: dict[str, Any] = {column: st.column_config.TextColumn(column, width="large")}
    if mark is not None:
        columns[mark.name] = st.column_config.SelectboxColumn(mark.name, options=list(mark.choices), width=85, help=mark.about)
    edited = st.data_editor(
        table.base,
        num_rows="dynamic",
        key=key,
        # Computed from the base, not the current rows: a changed height creates a new widget and loses its edits.
        height=min(420, 74 + 35 * max(3, len(table.base))),
        column_config=columns,
        placeholder="",
        alt=label,
    )
    kept = [row for row in edited if row.get(column) and str(row[column]).strip()]
    marks = [mark.read(row.get(mark.name)) if mark else None for row in kept]
    return Rows([str(row[column]) for row in kept], marks)


def _as_json(page: Pane, label: str, column: str, mark: Mark | None) -> Rows:
    state, table, key = page.state, page.state.kept(TableState), page.key("rows.json")
    if key not in st.session_state or table.json_of != state.editor:
        st.session_state[key] = _written(state.rows, table.marks, column, mark)
        table.json_of = state.editor
    text = st.text_area(_("{label} as JSON").format(label=label), key=key, height=260, label_visibility="collapsed")
    rows = _parsed(str(text or ""), column, mark)
    if isinstance(rows, JsonFault):
        fields.field_fault(page, f"{label}: {rows}")
        return Rows(state.rows, table.marks)
    return rows


def _written(texts: Sequence[str], marks: Sequence[Choice], column: str, mark: Mark | None) -> str:
    if mark is None or not any(value is not None for value in marks):
        return pretty(list(texts))
    return pretty(
        [{column: text} | ({} if value is None else {mark.name: value}) for text, value in zip(texts, marks, strict=True)]
    )


def _parsed(text: str, column: str, mark: Mark | None) -> Rows | JsonFault:
    value = parse(text, list)
    if isinstance(value, JsonFault):
        return value
    rows = Rows([], [])
    for number, item in enumerate(value):
        row_text = item.get(column) if isinstance(item, dict) else item
        cell = item.get(mark.name) if isinstance(item, dict) and mark else None
        choice = mark.read(cell) if mark and cell is not None else None
        if not isinstance(row_text, str):
            return JsonFault(
                _("expected a string or an object with a string `{column}`").format(column=column), *locate(text, [number])
            )
        if cell is not None and choice is None:
            choices = ", ".join(map(str, mark.choices)) if mark else ""
            wrong = _("`{name}` must be one of {choices}").format(name=mark.name if mark else "", choices=choices)
            return JsonFault(wrong, *locate(text, [number]))
        if row_text.strip():
            rows.texts.append(row_text)
            rows.marks.append(choice)
    return rows


def _switch(page: Pane, column: str, mark: Mark | None) -> None:
    """Move the rows from one editor to the other; invalid JSON keeps the JSON editor open."""
    key = page.key("rows.as")
    if st.session_state[key] == JSON:
        page.state.kept(TableState).json_of = None
        return
    rows = _parsed(str(st.session_state.get(page.key("rows.json"), "")), column, mark)
    if isinstance(rows, JsonFault):
        st.session_state[key] = JSON
        return
    bring(page, rows.texts, rows.marks)


def bring(page: Pane, texts: Sequence[str], marks: Sequence[Choice]) -> None:
    """Put rows into a fresh editor."""
    fill(page.state, texts, marks)


def fill(state: PageState, texts: Sequence[str], marks: Sequence[Choice] = ()) -> None:
    """Put rows into a fresh editor of the pane with this state, drawn or not."""
    state.rows, state.kept(TableState).marks = list(texts), _padded(marks, len(texts))
    state.editor += 1
