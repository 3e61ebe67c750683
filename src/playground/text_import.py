"""Texts out of a file that somebody picked: CSV, TSV, TXT, JSONL or JSON, as columns of a table."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass

from .words import _

TYPES = ("csv", "tsv", "txt", "jsonl", "ndjson", "json")
WITH_HEAD = ("csv", "tsv")
DELIMITERS = ",;\t|"


class ImportFault(Exception):
    """Why a file gives no texts, in the visitor's language."""


@dataclass(frozen=True, slots=True)
class Table:
    """What is in a file."""

    columns: dict[str, list[str]]
    """Name → one cell for each row; empty where a row has none."""

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(next(iter(self.columns.values()), []))

    @property
    def wordiest(self) -> str:
        """The column with the most characters, which is most likely the one with the texts."""
        return max(self.columns, key=lambda name: sum(map(len, self.columns[name])))


def read(name: str, data: bytes, *, head: bool = True) -> Table:
    """Read a file.

    Args:
        name: Of the file; its ending tells what it is.
        data: UTF-8, or UTF-16 with its mark at the beginning.
        head: Whether the first line of a CSV or TSV file names its columns.

    Raises:
        ImportFault: It is empty, not text, or not what its ending says; tells the line.
    """
    ending = name.rpartition(".")[2].lower()
    text = _decoded(data)
    if ending in WITH_HEAD:
        table = _separated(text, "\t" if ending == "tsv" else None, head)
    elif ending in ("jsonl", "ndjson"):
        table = _objects((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())
    elif ending == "json":
        table = _objects(_items(text))
    else:
        table = Table({_("line"): [line.strip() for line in text.splitlines() if line.strip()]})
    if not table.rows:
        raise ImportFault(_("There is no text in this file."))
    return table


def _decoded(data: bytes) -> str:
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ImportFault(_("Line {line} is not UTF-8: save the file as UTF-8.").format(line=line)) from error


def _separated(text: str, delimiter: str | None, head: bool) -> Table:
    first = text.lstrip("\n").partition("\n")[0]
    delimiter = delimiter or max(DELIMITERS, key=lambda sign: len(next(csv.reader([first], delimiter=sign), [])))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        lines = [line for line in reader if any(cell.strip() for cell in line)]
    except csv.Error as error:
        raise ImportFault(_("Line {line}: {fault}").format(line=reader.line_num, fault=error)) from error
    width = max(map(len, lines), default=0)
    named = lines[0] if head and lines else []
    names = _distinct([*named, *[""] * (width - len(named))])
    cells = [line + [""] * (width - len(line)) for line in lines[1 if head else 0 :]]
    return Table({column: [line[index] for line in cells] for index, column in enumerate(names)})


def _distinct(names: list[str]) -> list[str]:
    """Name every column, each otherwise."""
    found: list[str] = []
    for number, name in enumerate(names, 1):
        wanted = name.strip() or _("column {number}").format(number=number)
        found.append(f"{wanted} ({number})" if wanted in found else wanted)
    return found


def _items(text: str) -> Iterable[tuple[int, str]]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ImportFault(_("This is not JSON: {fault}").format(fault=error)) from error
    if not isinstance(value, list):
        raise ImportFault(_("A list of texts or of objects is expected."))
    return [(number, json.dumps(item)) for number, item in enumerate(value, 1)]


def _objects(items: Iterable[tuple[int, str]]) -> Table:
    columns: dict[str, list[str]] = {}
    for count, (number, item) in enumerate(items):
        try:
            value = json.loads(item)
        except (ValueError, RecursionError) as error:
            raise ImportFault(_("Line {line}: {fault}").format(line=number, fault=error)) from error
        if not isinstance(value, dict):
            value = {_("text"): value}
        for name, cell in value.items():
            columns.setdefault(str(name), [""] * count).append(_cell(cell))
        for column in columns.values():
            column.extend([""] * (count + 1 - len(column)))
    return Table(columns)


def _cell(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)
