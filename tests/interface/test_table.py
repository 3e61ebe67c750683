"""Tests for the interface table: each row's test exists, each test of this folder has a row, gaps have a reason."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
ROWS: list[dict[str, Any]] = tomllib.loads((FOLDER / "interface.toml").read_text("utf-8"))["row"]
NODE = re.compile(r"(?P<file>[\w./]+\.py)::(?P<function>test_\w+)(?:\[(?P<case>.+)\])?")
KEYS = {"id", "what", "source", "sdk", "test", "gap"}

every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])


def parts(test: str) -> tuple[Path, str, str | None]:
    """Return the file, function and case in a test's name."""
    result = NODE.fullmatch(test)
    assert result, f"{test!r} is no name of a test"
    name = result["file"]
    return (ROOT / name if "/" in name else FOLDER / name), result["function"], result["case"]


def functions(path: Path) -> dict[str, ast.FunctionDef]:
    """Return the tests of a file, by name."""
    return {
        node.name: node
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


@every_row
def test_a_row_says_what_and_where_from(row: dict[str, Any]) -> None:
    assert row.keys() <= KEYS
    assert all(isinstance(value, str) and value.strip() for value in row.values())
    assert {"id", "what", "source"} <= row.keys()


@every_row
def test_a_row_has_a_test_or_says_why_not(row: dict[str, Any]) -> None:
    assert ("test" in row) is not ("gap" in row)


@pytest.mark.parametrize("row", [row for row in ROWS if "test" in row], ids=lambda row: row["id"])
def test_the_test_of_a_row_exists(row: dict[str, Any]) -> None:
    path, function, case = parts(row["test"])
    assert path.is_file()
    result = functions(path).get(function)
    assert result is not None, f"{path.name} has no {function}"
    if case is not None:
        assert result.decorator_list, f"{function} has no cases"
        written = {node.value for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant)}
        assert case in written, f"{function} has no case {case}"


def test_every_test_of_this_folder_has_a_row() -> None:
    named = {parts(row["test"])[:2] for row in ROWS if "test" in row}
    here = {(path, function) for path in FOLDER.glob("test_*.py") if path != Path(__file__) for function in functions(path)}
    assert sorted(f"{path.name}::{function}" for path, function in here - named) == []


def test_ids_are_unique_and_no_test_belongs_to_two_rows() -> None:
    assert [name for name, count in Counter(row["id"] for row in ROWS).items() if count > 1] == []
    assert [test for test, count in Counter(row["test"] for row in ROWS if "test" in row).items() if count > 1] == []


def test_every_known_defect_of_the_sdk_has_a_row() -> None:
    numbers = {int(result[1]) for row in ROWS if (result := re.match(r"D(\d+) ", row["id"]))}
    assert numbers == set(range(1, 25))


def test_nothing_that_is_written_in_a_name_of_a_row_is_missing_in_the_methods() -> None:
    methods = {row["id"] for row in ROWS if row["id"].endswith((".invoke", ".invoke_multimodal"))}
    assert len(methods) == 10
