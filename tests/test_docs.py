"""Paths named in the documentation exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STATUS = (ROOT / "docs" / "feature-status.md").read_text("utf-8")
PLACES = sorted(set(re.findall(r"`((?:invoker|workbench|playground)/[\w/]*)`", STATUS)))
FOLDERS = "pages|playground|browser|invoker|interface|reference|workbench"
TESTS = sorted(set(re.findall(rf"\b((?:{FOLDERS})/[\w/]*test_\w+)", STATUS)))
WORK = (ROOT / "README.md").read_text("utf-8").partition("## Work on it")[2]
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
