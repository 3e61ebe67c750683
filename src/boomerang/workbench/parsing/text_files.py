"""Read texts from an uploaded file: CSV, TSV, TXT, JSONL or JSON, as columns of a table."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any
from unicodedata import category

from boomerang.invoker.audio.file_type import kind_of
from boomerang.workbench.i18n.translate import _

from .json_text import JsonFault, Members, exact, indented

TYPES = ("csv", "tsv", "txt", "jsonl", "ndjson", "json")
WITH_HEAD = ("csv", "tsv")
DELIMITERS = ",;\t|"
LONGEST_NAME = 80
"""Most characters kept of a column's name."""
MOST_CELLS = 5_000_000
"""Most cells of a table of objects: if every row had its own names, the table would grow with the square of the rows."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is a prefix of it
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS = re.compile(r"[\x00-\x08]")
_LINE_END = re.compile(r"\r\n?|\n")
_DECLARED = re.compile(r'"?sep=([^\r\n\0"])"?(?:\r\n?|\n|\Z)', re.IGNORECASE)
"""The first line in which Excel names the delimiter."""
_END = "\ufdd0end\ufdd0"
"""Appended after the last line; contains a Unicode noncharacter, which no text has."""


class ImportFault(Exception):
    """The file contains no texts; the message says why, in the visitor's language."""


@dataclass(frozen=True, slots=True)
class Table:
    """The content of a file."""

    columns: dict[str, list[str]]
    """Name → one cell per row; empty if a row has none."""

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values()), []))

    @property
    def wordiest(self) -> str:
        """The column with the most characters, which is most likely the one with the texts."""
        return max(self.columns, key=lambda name: sum(map(len, self.columns[name])))


def read(name: str, data: bytes, *, head: bool = True) -> Table:
    """Read a file.

    Args:
        name: File name; its extension decides the format.
        data: UTF-8, or UTF-16 or UTF-32 with or without a byte order mark; with any line endings.
        head: Whether the first line of a CSV or TSV file names its columns.

    Raises:
        ImportFault: It is empty, not text, or not in the format of its extension; names the line.
    """
    ending = name.rpartition(".")[2].lower()
    text = _decoded(data)
    if ending in WITH_HEAD:
        table = _separated(text, "\t" if ending == "tsv" else None, head)
    elif ending in ("jsonl", "ndjson"):
        table = _objects(_parsed(line, number) for number, line in enumerate(lines(text), 1) if line.strip())
    elif ending == "json":
        table = _objects(_items(text))
    else:
        table = Table({_("line"): [line.strip() for line in lines(text) if line.strip()]})
    if not table.rows:
        raise ImportFault(_("This file contains no text."))
    return table


def lines(text: str) -> list[str]:
    """Split a text at CR, LF and CRLF, but not at separators inside a text, such as U+2028 or a form feed."""
    return _LINE_END.split(text)


def _decoded(data: bytes) -> str:
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), None) or _without_mark(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        _refuse_other_kinds(data)
        line = len(lines(data[: error.start].decode(encoding, "replace")))
        raise ImportFault(_("Line {line} is not UTF-8: save the file as UTF-8.").format(line=line)) from error
    if _CONTROLS.search(text):
        _refuse_other_kinds(data)
    return text


def _refuse_other_kinds(data: bytes) -> None:
    kind = kind_of(data)
    if kind is not None and not kind.media_type.startswith("text/"):
        raise ImportFault(_("Not a text file: {kind}.").format(kind=kind.name))


def _without_mark(data: bytes) -> str:
    """Guess the encoding of a text without a byte order mark: UTF-16 if its zero bytes decode to ASCII characters.

    Other encodings are rejected. charset-normalizer takes French and English cp1252 for cp1250 ("modèle" becomes "modčle") at
    any length, and many Arabic tables in UTF-16 for UTF-8.
    """
    zeros = data.count(0)
    if not zeros or (zeros < len(data) // 8 and _signs(data, "utf-8")):
        return "utf-8"
    even = data[: len(data) // 2 * 2]
    signs = {name: _signs(even, name) for name in ("utf-16-le", "utf-16-be")}
    best = max(signs, key=lambda name: signs[name])
    return best if signs[best] else "utf-8"


def _signs(data: bytes, encoding: str) -> int:
    """Count the ASCII characters that an encoding finds; 0 if it finds unassigned or private-use ones."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return 0
    if any(category(sign) in ("Cn", "Co") for sign in set(text)):
        return 0
    return sum(sign in "\t\n\r" or " " <= sign <= "~" for sign in text)


def _separated(text: str, delimiter: str | None, head: bool) -> Table:
    if declared := _DECLARED.match(text):
        delimiter, text = declared[1], text[declared.end() :]
    records = list(_records(text, delimiter or max(DELIMITERS, key=lambda sign: _width(text, sign))))
    width = max(map(len, records), default=0)
    named = records[0] if head and records else []
    names = _distinct([*named, *[""] * (width - len(named))])
    rows = [cells + [""] * (width - len(cells)) for cells in records[1 if head else 0 :]]
    return Table({column: [row[index] for row in rows] for index, column in enumerate(names)})


def _width(text: str, delimiter: str) -> int:
    """Count the cells of the first record."""
    try:
        return len(next(_records(text, delimiter), []))
    except ImportFault:  # raised again if this becomes the delimiter
        return lines(text.lstrip("\r\n"))[0].count(delimiter) + 1


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    """Yield the non-empty records.

    Raises:
        ImportFault: A quote is never closed, which would make the rest one cell.
    """
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))  # the file's size is limited before it is read
    end = f"{delimiter}{_END}{delimiter}"  # a record of its own, unless a quote is still open
    reader = csv.reader(chain(io.StringIO(text, newline=""), [end]), delimiter=delimiter)
    first = 1
    while True:
        try:
            cells = next(reader)
        except csv.Error as error:
            raise ImportFault(_("Line {line} cannot be read as CSV.").format(line=reader.line_num)) from error
        if cells == ["", _END, ""]:
            return
        if any(_END in cell for cell in cells):
            raise ImportFault(_("Line {line}: unclosed quote.").format(line=first))
        if any(cell.strip() for cell in cells):
            yield cells
        first = reader.line_num + 1


def _distinct(names: list[str]) -> list[str]:
    """Make the column names unique."""
    unique: list[str] = []
    for number, name in enumerate(names, 1):
        wanted = name.strip()[:LONGEST_NAME] or _("column {number}").format(number=number)
        unique.append(f"{wanted} ({number})" if wanted in unique else wanted)
    return unique


def _items(text: str) -> Iterable[Any]:
    value = _parsed(text)
    if not isinstance(value, list):
        raise ImportFault(_("Expected a list of strings or objects."))
    return value


def _objects(items: Iterable[Any]) -> Table:
    columns: dict[str, dict[int, str]] = {}
    count = 0
    for count, item in enumerate(items, 1):
        members = item.pairs if isinstance(item, Members) else [(_("text"), item)]
        for name, cell in dict(members).items():
            columns.setdefault(name, {})[count - 1] = _cell(cell)
    if count * len(columns) > MOST_CELLS:
        template = _("Too many cells for one table ({rows:,} rows, {columns:,} column names). Use the same names in all rows.")
        raise ImportFault(template.format(rows=count, columns=len(columns)))
    return Table({name: [cells.get(row, "") for row in range(count)] for name, cells in columns.items()})


def _parsed(text: str, first_line: int = 1) -> Any:
    try:
        return exact(text)
    except json.JSONDecodeError as error:
        fault = JsonFault(error.msg[0].lower() + error.msg[1:], error.lineno + first_line - 1, error.colno)
    except RecursionError:
        fault = JsonFault(_("nested too deeply"), first_line, 1)
    raise ImportFault(_("This is not JSON: {fault}").format(fault=fault))


def _cell(value: Any) -> str:
    """Return a value as a cell's text: strings and numbers as written, the rest as JSON."""
    if isinstance(value, str):
        return str(value)
    return "" if value is None else indented(value, indent=None)
