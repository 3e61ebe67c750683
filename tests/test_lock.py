"""The locks: up to date with `pyproject.toml`, consistent, installed here, and complete for all imports."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from scripts.lock import (
    DEVELOPMENT,
    LOCKS,
    REFERENCE,
    ROOT,
    RUNTIME,
    Lock,
    digest,
    header,
    locked_digest,
    pythons,
    read_project,
)

PROJECT = """
[project]
name = "x"
version = "1"
requires-python = ">=3.11,<3.14"
dependencies = ["httpx>=0.27", "numpy>=2"]

[dependency-groups]
dev = ["pytest>=8"]
"""


def requirements(lock: Lock) -> list[Requirement]:
    """Return a lock's pins: the lines without comments and hashes."""
    lines = (ROOT / lock.path).read_text("utf-8").splitlines()
    return [Requirement(line.removesuffix("\\").strip()) for line in lines if line and not line.startswith((" ", "#"))]


def project(tmp_path: Path, text: str) -> dict[str, Any]:
    (tmp_path / "pyproject.toml").write_text(text, "utf-8")
    return read_project(tmp_path)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.path)
def test_a_lock_was_made_from_todays_pyproject(lock: Lock) -> None:
    stale = locked_digest((ROOT / lock.path).read_text("utf-8")) != digest(read_project())
    assert not stale, f"pyproject.toml has changed since {lock.path} was compiled: run `make lock` and commit what it writes"


@pytest.mark.parametrize(
    ("old", "new"),
    [("<3.14", "<3.15"), ("numpy>=2", "numpy>=2.1"), (', "numpy>=2"', ""), ("pytest>=8", "pytest>=9"), ("dev = ", "test = ")],
)
def test_a_change_of_the_inputs_makes_a_lock_stale(tmp_path: Path, old: str, new: str) -> None:
    before = project(tmp_path, PROJECT)
    assert old in PROJECT
    assert locked_digest(header(before)) == digest(before) != digest(project(tmp_path, PROJECT.replace(old, new)))


@pytest.mark.parametrize("more", ["# a comment", "[tool.ruff]\nline-length = 100", "[project.scripts]\nx = 'x:main'"])
def test_a_change_of_anything_else_does_not(tmp_path: Path, more: str) -> None:
    assert digest(project(tmp_path, PROJECT)) == digest(project(tmp_path, f"{PROJECT}\n{more}\n"))


def test_a_file_without_a_digest_is_stale() -> None:
    assert locked_digest("numpy==2.0.0\n") is None


def test_the_pythons_are_those_of_requires_python(tmp_path: Path) -> None:
    assert pythons(project(tmp_path, PROJECT), RUNTIME) == ["3.11", "3.12", "3.13"]
    assert pythons(project(tmp_path, PROJECT), REFERENCE) == ["3.12", "3.13"]


def test_development_has_the_same_versions_as_the_app() -> None:
    assert {str(requirement) for requirement in requirements(RUNTIME)} <= {str(each) for each in requirements(DEVELOPMENT)}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.path)
def test_every_version_is_exact(lock: Lock) -> None:
    assert requirements(lock)
    assert [each for each in requirements(lock) if [item.operator for item in each.specifier] != ["=="]] == []


def test_what_is_installed_is_what_is_locked() -> None:
    wanted = [each for each in requirements(DEVELOPMENT) if each.marker is None or each.marker.evaluate()]
    installed = {each: metadata.version(each.name) for each in wanted}
    assert [f"{each.name} {there}" for each, there in installed.items() if not each.specifier.contains(there)] == []


# The app may import only its own dependencies; tests and tools also those of the group `dev` (DEP004), and need not import all
# of them (DEP002).
@pytest.mark.parametrize(
    "arguments",
    [
        (".", "--extend-exclude", r"\.cache|benchmarks|scripts|tests|training"),
        ("benchmarks", "scripts", "tests", "--exclude", "nothing", "--ignore", "DEP002,DEP004"),
    ],
    ids=["the app", "tests and tools"],
)
def test_what_is_imported_is_declared(arguments: tuple[str, ...]) -> None:
    ran = subprocess.run([sys.executable, "-m", "deptry", "--no-ansi", *arguments], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
