"""Input of many texts at once: pasted lines, or a column of a file, optionally with marks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import streamlit as st

from boomerang.playground.forms import fields
from boomerang.playground.run.pane import Pane
from boomerang.workbench.i18n.translate import _, ngettext
from boomerang.workbench.parsing import text_files

MOST_IMPORTED = 1_000
MOST_BYTES = 10 * 2**20
Choice: TypeAlias = int | str | None
"""A mark; `None` if there is none."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The column for a person's judgement of each text."""

    name: str
    """Name of the column."""
    about: str
    """Its purpose, in the visitor's language."""
    choices: Sequence[int | str]
    sample: Sequence[Choice] = ()
    """Marks of the sample."""
    spellings: Mapping[str, int | str] = field(default_factory=dict)
    """Other spellings of a choice that files use, in lower case."""

    def read(self, cell: object) -> Choice:
        """Return the choice for a cell; `None` if it matches none."""
        if isinstance(cell, float) and cell.is_integer():  # a numeric column with missing values
            cell = int(cell)
        word = str(cell).strip().casefold()
        return next((choice for choice in self.choices if str(choice).casefold() == word), self.spellings.get(word))


@dataclass(slots=True)
class TableState:
    """State of the table beyond its texts."""

    marks: list[Choice] = field(default_factory=list)
    """One per text."""
    base: list[dict[str, Choice]] = field(default_factory=list)
    """Initial rows of the table's widget; its edits are relative to them."""
    json_of: int | None = None
    """Editor version that last filled the JSON field."""


Bring: TypeAlias = Callable[[Pane, Sequence[str], Sequence[Choice]], None]
"""Puts rows into a fresh editor."""


def paste(page: Pane, bring: Bring) -> None:
    """Draw the field for pasted lines, which replace or follow the rows."""
    key, opened = page.key("paste"), page.key("paste.open")

    def take(before: Sequence[str], marks: Sequence[Choice]) -> None:
        if not (lines := filled_lines(str(st.session_state.get(key) or ""))):
            return
        bring(page, [*before, *lines], marks)
        st.session_state[key] = ""
        _close(page, "paste")

    with st.popover(_("Paste lines"), icon=":material/content_paste:", key=opened, on_change="rerun"):
        st.text_area(_("One text per line"), key=key, height=160, persist_state="session")
        _replace_or_append(page, "paste", take)


# A menu that a script closes takes the focus with it: put it back on the menu's button, once per closing.
_FOCUS = """
const done = (window.boomerangMenus ??= {})
export default function ({ data }) {
  if (done[data.key] === data.times) return
  done[data.key] = data.times
  setTimeout(() => document.querySelector(`.st-key-${data.key} button`)?.focus(), 100)
}
"""


@dataclass(slots=True)
class _ClosedMenus:
    times: int = 0
    """How often a menu was closed by a script."""
    name: str = ""
    """The last one."""


def _close(page: Pane, name: str) -> None:
    st.session_state[page.key(f"{name}.open")] = False
    closed = page.state.kept(_ClosedMenus)
    closed.times, closed.name = closed.times + 1, name


def restore_focus(page: Pane) -> None:
    """Focus the button of a menu that was just closed; call it after the menus."""
    closed = page.state.kept(_ClosedMenus)
    if closed.times:
        component: Any = st.components.v2.component("menu_focus", html="<i hidden></i>", js=_FOCUS)
        menu = page.key(f"{closed.name}.open").replace(".", "-")
        component(data={"key": menu, "times": closed.times}, key=page.key("menu.focus"), height=0)


def filled_lines(text: str) -> list[str]:
    """Return a text's lines that are not blank."""
    return [line.strip() for line in text_files.lines(text) if line.strip()]


def _replace_or_append(page: Pane, name: str, take: Callable[[Sequence[str], Sequence[Choice]], None]) -> None:
    """Draw the two buttons; `take` gets the rows that stay and their marks."""
    rows, marks = page.state.rows, page.state.kept(TableState).marks
    with st.container(horizontal=True):
        st.button(_("Replace rows"), type="primary", key=page.key(f"{name}.replace"), on_click=take, args=([], []))
        st.button(_("Append rows"), key=page.key(f"{name}.add"), on_click=take, args=(rows, marks))


def pick(page: Pane, mark: Mark | None, bring: Bring) -> None:
    """Draw the file upload."""
    with st.popover(_("Import"), icon=":material/upload_file:", key=page.key("import.open"), on_change="rerun"):
        upload = st.file_uploader(
            _("CSV, TSV, TXT, JSONL or JSON as UTF-8 or UTF-16, up to {rows:,} rows and {size} MB").format(
                rows=MOST_IMPORTED, size=MOST_BYTES // 2**20
            ),
            type=list(text_files.TYPES),
            max_upload_size=MOST_BYTES // 2**20,
            key=page.key("import"),
        )
        if upload is None:
            return
        if upload.size > MOST_BYTES:
            fields.field_fault(
                None, _("The file has {size:,} bytes; the limit is {most:,}.").format(size=upload.size, most=MOST_BYTES)
            )
            return
        head = True
        if upload.name.lower().endswith(text_files.WITH_HEAD):
            head = st.toggle(_("First line is a header"), value=True, key=page.key("import.head"))
        try:
            table = text_files.read(upload.name, upload.getvalue(), head=head)
        except text_files.ImportFault as fault:
            fields.field_fault(None, str(fault))
            return
        _imported(page, table, mark, bring)


def _imported(page: Pane, table: text_files.Table, mark: Mark | None, bring: Bring) -> None:
    """Draw a file's contents, and the buttons that import it."""
    names = list(table.columns)
    chosen = st.selectbox(_("Text column"), names, index=names.index(table.wordiest), key=page.key("import.column"))
    mark_column = None
    if mark is not None:
        at = names.index(mark.name) if mark.name in names else None
        mark_column = st.selectbox(
            _("Column `{name}`").format(name=mark.name), names, index=at, key=page.key("import.mark"), placeholder=_("None")
        )
    cells = [
        (text.strip(), table.columns[str(mark_column)][at] if mark_column else "")
        for at, text in enumerate(table.columns[str(chosen)])
    ]
    rows = [(text, mark.read(cell) if mark else None) for text, cell in cells if text][:MOST_IMPORTED]
    template = ngettext("Imported {taken:,} of {all:,} row.", "Imported {taken:,} of {all:,} rows.", table.rows)
    st.caption(template.format(taken=len(rows), all=table.rows))

    def take(before: Sequence[str], marks: Sequence[Choice]) -> None:
        bring(page, [*before, *(text for text, _mark in rows)], [*marks, *(value for _text, value in rows)])
        _close(page, "import")

    _replace_or_append(page, "import", take)
