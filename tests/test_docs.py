"""Paths named in the documentation exist, and so do the arguments named in docstrings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from boomerang.invoker.backends.scripted import Scripted
from boomerang.invoker.session import Session

ROOT = Path(__file__).parents[1]
STATUS = (ROOT / "docs" / "feature-status.md").read_text("utf-8")
PLACES = sorted(set(re.findall(r"`((?:invoker|workbench|playground)/[\w/]*)`", STATUS)))
FOLDERS = "pages|playground|browser|invoker|interface|reference|workbench"
TESTS = sorted(set(re.findall(rf"\b((?:{FOLDERS})/[\w/]*test_\w+)", STATUS)))
README = (ROOT / "README.md").read_text("utf-8")
WORK = README.partition("## Work on it")[2]
NAMED = sorted(set(re.findall(r"`((?:\w+/)+[\w.]*|\w+\.py)`", WORK)))


def test_the_table_names_places_and_tests() -> None:
    assert len(PLACES) > 50 and len(TESTS) > 40


@pytest.mark.parametrize("place", PLACES)
def test_a_place_of_the_feature_table_exists(place: str) -> None:
    path = ROOT / "src" / "boomerang" / place
    assert path.is_dir() or path.with_suffix(".py").exists()


@pytest.mark.parametrize("name", TESTS)
def test_a_test_of_the_feature_table_exists(name: str) -> None:
    assert (ROOT / "tests" / f"{name}.py").exists()


def test_the_readme_names_places() -> None:
    assert len(NAMED) > 30


@pytest.mark.parametrize("place", NAMED)
def test_a_place_of_the_readme_exists(place: str) -> None:
    assert any((folder / place).exists() for folder in (ROOT, ROOT / "src" / "boomerang"))


def test_the_readme_has_a_column_for_each_member_of_session_model() -> None:
    table = README.partition("## Back ends")[2].partition("\n## ")[0].strip()
    columns = [column.strip() for column in table.partition("\n")[0].strip("| ").split("|")]
    members = list(vars(Session(Scripted(lambda request, run: [])).model))
    assert columns == members, 'the columns of the table "Back ends" in README.md are the members of session.model'


def undefined_arguments(source: str) -> Iterator[str]:
    """Yield each name in an `Args` section that its function, or its class's `__init__`, does not take."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        _, _, section = (ast.get_docstring(node) or "").partition("Args:\n")
        described = re.findall(r"^    \*{0,2}(\w+):", re.split(r"\n(?=\S)", section)[0], re.MULTILINE)
        functions = node.body if isinstance(node, ast.ClassDef) else [node]
        for function in functions:
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and function.name in ("__init__", node.name):
                taken = {argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)}
                yield from (f"{node.name}: {name}" for name in described if name not in taken)


def test_an_argument_that_is_not_taken_is_found() -> None:
    source = 'class A:\n    """A.\n\n    Args:\n        old: It.\n    """\n    def __init__(self, new): ...\n'
    assert list(undefined_arguments(source)) == ["A: old"]
    assert not list(undefined_arguments(source.replace("old", "new")))


@pytest.mark.parametrize("folder", ["src", "tests", "benchmarks", "scripts", "pages"])
def test_docstrings_describe_arguments_that_exist(folder: str) -> None:
    paths = (ROOT / folder).rglob("*.py")
    assert [argument for path in paths for argument in undefined_arguments(path.read_text("utf-8"))] == []
