"""Texts out of files: what is taken, and what is said of a file that is none."""

from __future__ import annotations

import codecs
import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.text_import import ImportFault, Table, read


def test_each_line_of_a_text_file_is_a_row() -> None:
    assert read("a.txt", b"one\r\n\n  two \n").columns == {"line": ["one", "two"]}


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_columns_are_named_by_the_first_line_whatever_parts_them(sign: str) -> None:
    data = f'id{sign}text\n1{sign}"a{sign} ""b""\nand more"\n\n2{sign}c\n'.encode()
    assert read("a.csv", data).columns == {"id": ["1", "2"], "text": [f'a{sign} "b"\nand more', "c"]}
    assert read("a.csv", data, head=False).columns == {
        "column 1": ["id", "1", "2"],
        "column 2": ["text", f'a{sign} "b"\nand more', "c"],
    }


def test_short_lines_and_equal_names_are_made_good() -> None:
    assert read("a.csv", b"text,text,\na\nb,c,d,e\n").columns == {
        "text": ["a", "b"],
        "text (2)": ["", "c"],
        "column 3": ["", "d"],
        "column 4": ["", "e"],
    }


def test_objects_and_texts_of_json_become_rows() -> None:
    lines = b'{"text": "a", "n": 1}\n\n"b"\n{"text": "c", "more": {"x": null}}\n'
    expected = {"text": ["a", "b", "c"], "n": ["1", "", ""], "more": ["", "", '{"x": null}']}
    assert read("a.jsonl", lines).columns == expected
    whole = json.dumps([json.loads(line) for line in lines.splitlines() if line]).encode()
    assert read("a.json", whole).columns == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_usual_encodings_are_read(encoding: str) -> None:
    assert read("a.txt", "屋顶\n".encode(encoding)).columns == {"line": ["屋顶"]}
    assert read("a.csv", codecs.BOM_UTF8 + "文本\n屋顶\n".encode()).columns == {"文本": ["屋顶"]}


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.txt", b"", "no text"),
        ("a.csv", b"text\n", "no text"),
        ("a.txt", b"one\nsch\xf6n\n", "Line 2 is not UTF-8"),
        ("a.jsonl", b'"a"\n{"b"\n', "Line 2"),
        ("a.json", b'{"a": 1}', "list"),
        ("a.json", b"[1,", "not JSON"),
        ("a.json", b"[" * 100_000, "not JSON"),
        ("a.csv", b'text\n"' + b"x" * 200_000 + b'"\n', "Line 2"),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_place(name: str, data: bytes, words: str) -> None:
    with pytest.raises(ImportFault, match=words):
        read(name, data)


def test_the_column_with_the_texts_is_the_one_with_most_characters() -> None:
    assert Table({"id": ["1", "2"], "text": ["long words", ""]}).wordiest == "text"


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1).filter(
    lambda cell: bool(cell.strip())
)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8))
def test_what_was_written_as_csv_comes_back(rows: list[tuple[str, str]]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([("id", "text"), *rows])
    table = read("a.csv", out.getvalue().encode())
    assert list(zip(*table.columns.values(), strict=True)) == rows
