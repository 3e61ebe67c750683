"""Tests for the Python versions it accepts, according to `pyproject.toml`."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.lock import ROOT, RUNTIME, pythons, read_project

PYTHONS = pythons(read_project(), RUNTIME)
OLDEST, NEWEST = PYTHONS[0], PYTHONS[-1]
NEEDS = f"Boomerang needs Python {OLDEST} to {NEWEST} (its packages have no wheels for others), but"


def one_minor(version: str, step: int) -> str:
    """Return the previous (-1) or next (1) minor version."""
    return f"3.{int(version.split('.')[1]) + step}"


def make(folder: Path, python: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `make run` in an folder, with a fake Python that runs a script."""
    for name in ("Makefile", "pyproject.toml", "requirements.txt", "requirements-build.txt"):
        shutil.copy(ROOT / name, folder)
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{python}\n")
    path.chmod(0o755)
    # Without the options of the make that runs these tests.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = ["make", *arguments, "run", f"PYTHON={path}"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("version", [one_minor(OLDEST, -1), one_minor(NEWEST, 1)])
def test_a_python_that_the_lock_is_not_for_is_refused_in_one_sentence(tmp_path: Path, version: str) -> None:
    ran = make(tmp_path, f"echo {version}")
    sentence = f"{NEEDS} {tmp_path}/python is Python {version}. Choose one: make run PYTHON=python{NEWEST}"
    assert ran.returncode and ran.stderr.splitlines()[0] == sentence
    assert not (tmp_path / ".venv").exists()


def test_a_python_that_does_not_run_is_refused_in_one_sentence(tmp_path: Path) -> None:
    ran = make(tmp_path, "exit 127")
    assert ran.returncode and ran.stderr.startswith(f"{NEEDS} {tmp_path}/python was not found or does not run. Choose one:")


@pytest.mark.parametrize("version", PYTHONS)
def test_a_python_that_the_lock_is_for_is_taken(tmp_path: Path, version: str) -> None:
    ran = make(tmp_path, f"echo {version}", "--dry-run")
    assert ran.returncode == 0 and f"Creating .venv with Python {version}" in ran.stdout
    assert NEEDS not in ran.stdout + ran.stderr
