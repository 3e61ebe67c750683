"""Test texts from files: accepted formats, and messages for unusable files."""

from __future__ import annotations

import codecs
import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.workbench.parsing.text_files import ImportFault, Table, read


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


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-16-le with its mark", "utf-16-be with its mark"],
)
def test_the_usual_encodings_are_read(encoding: str) -> None:
    def encoded(text: str) -> bytes:
        name, element, _ = encoding.partition(" with")
        return (f"\ufeff{text}" if element else text).encode(name)

    assert read("a.txt", encoded("屋顶\n")).columns == {"line": ["屋顶"]}
    assert read("a.csv", encoded("id,text\r\n1,plain words\r\n")).columns == {"id": ["1"], "text": ["plain words"]}
    assert read("a.csv", encoded("文本;备注\n屋顶;好\n")).columns == {"文本": ["屋顶"], "备注": ["好"]}
    assert read("a.jsonl", encoded('{"文本": "屋顶"}\n')).columns == {"文本": ["屋顶"]}


def test_a_zero_in_a_text_is_kept() -> None:
    assert read("a.csv", b"text,n\na\0b and many words more,1\n").columns == {"text": ["a\0b and many words more"], "n": ["1"]}


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_any_line_end_ends_a_line(end: str) -> None:
    assert read("a.csv", end.join(["id,text", '1,"a', 'b"', "", "2,c"]).encode()).columns == {
        "id": ["1", "2"],
        "text": [f"a{end}b", "c"],
    }
    assert read("a.txt", end.join(["one", "two", ""]).encode()).columns == {"line": ["one", "two"]}
    assert read("a.jsonl", end.join(['"one"', '"two"']).encode()).columns == {"text": ["one", "two"]}


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e"])
def test_other_separators_stay_inside_their_text(sign: str) -> None:
    text = f"one{sign}two"
    assert read("a.txt", f"{text}\nmore".encode()).columns == {"line": [text, "more"]}
    assert read("a.csv", f"id,text\n1,{text}\n".encode()).columns == {"id": ["1"], "text": [text]}
    assert read("a.jsonl", f'"{text}"\n"more"'.encode()).columns == {"text": [text, "more"]}


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;", "sep=;\r"])
def test_the_line_by_which_excel_names_the_delimiter_is_no_row(line: str) -> None:
    assert read("a.csv", f"{line}\na,b;text\n1;two, three\n".encode()).columns == {"a,b": ["1"], "text": ["two, three"]}


def test_a_field_and_a_header_of_any_length_are_read() -> None:
    long = "x" * 300_000
    table = read("a.csv", f'{long},text\n1,"{long}"\n'.encode())
    assert list(table.columns.values()) == [["1"], [long]]


def test_quotes_in_odd_places_are_letters() -> None:
    assert read("a.csv", b'text,n\n5" nail,1\na "b" c,2\n"d" e,3\n').columns == {
        "text": ['5" nail', 'a "b" c', "d e"],
        "n": ["1", "2", "3"],
    }


def test_numbers_of_json_are_spelled_as_they_were() -> None:
    assert read("a.jsonl", b'{"a": 1565605928693133312, "b": [1.10, 1e400]}').columns == {
        "a": ["1565605928693133312"],
        "b": ["[1.10, 1e400]"],
    }
    assert read("a.csv", codecs.BOM_UTF8 + "文本\n屋顶\n".encode()).columns == {"文本": ["屋顶"]}


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("a.txt", b"", "no text"),
        ("a.csv", b"text\n", "no text"),
        ("a.txt", b"one\nsch\xf6n\n", "Line 2 is not UTF-8"),
        ("a.jsonl", b'"a"\n{"b"\n', "Line 2"),
        ("a.json", b'{"a": 1}', "list"),
        ("a.json", b"[1,", "not JSON"),
        ("a.json", b"[" * 100_000, "not JSON"),
        ("a.jsonl", b"1\n" + b"[" * 100_000, "nested too deeply"),
        ("a.csv", b'id,text\n1,"open\n2,more\n', "Line 2: unclosed quote"),
        ("a.csv", b'"open\n2,more\n', "Line 1: unclosed quote"),
        ("a.csv", b"PK\x03\x04\x14\0\6\0\x08\0\0\0!\0", "ZIP archive or office document"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "PNG image"),
        ("a.csv", b"\xff\xd8\xff\xe0\0\x10JFIF", "JPEG image"),
        ("a.csv", "name,stra\xdfe\n".encode("cp1252"), "Line 1 is not UTF-8"),
        ("a.csv", "文本,编号\n屋顶,1\n".encode("gb18030"), "Line 1 is not UTF-8"),
        ("a.csv", "id,text\n1,a\n".encode("utf-16-le")[:-1], "Line 2 is not UTF-8"),
        ("a.csv", b"\0" * 50, "."),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_place(name: str, data: bytes, text: str) -> None:
    with pytest.raises(ImportFault, match=text):
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


@given(
    st.binary(max_size=60)
    | st.text('a,;\t|"\r\n\0é屋', max_size=40).flatmap(
        lambda text: st.sampled_from(["utf-8", "utf-16", "utf-16-le", "utf-16-be"]).map(text.encode)
    ),
    st.sampled_from(["a.csv", "a.tsv", "a.txt", "a.jsonl", "a.json", "a"]),
    st.booleans(),
)
def test_any_bytes_are_rows_or_a_reason(data: bytes, name: str, head: bool) -> None:
    try:
        table = read(name, data, head=head)
    except ImportFault as fault:
        assert str(fault) and "_csv" not in str(fault)
        return
    assert len({len(column) for column in table.columns.values()}) == 1


def test_rows_that_all_have_names_of_their_own_are_refused_before_they_make_a_table() -> None:
    data = "\n".join(json.dumps({f"k{number}": 1}) for number in range(20_000)).encode()
    with pytest.raises(ImportFault, match="Use the same names in all rows"):
        read("a.jsonl", data)
