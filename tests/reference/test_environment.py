"""Tests for finding a Python for the reference SDK, and for the message if there is none."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .environment import NO_PYTHON, PYTHONS, VARIABLE, NoReferenceError, find_python

ROOT = Path(__file__).parents[2]
NOWHERE = Path("/nonexistent")


def stub(path: Path, script: str) -> Path:
    """Write an executable that imitates a Python."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any Python: `bin` is its PATH, `pyenv` pyenv's folder, `uv` the folder of uv's Pythons."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "uv"))
    return tmp_path


def test_none_is_found_where_there_is_none(machine: Path) -> None:
    assert find_python(NOWHERE) is None


def test_the_current_one_comes_first(machine: Path) -> None:
    stub(machine / "bin" / "python3.12", "echo 3.12")
    current = stub(machine / "current", "echo 3.13")
    assert find_python(current) == current


def test_one_on_path_is_found_and_an_older_current_one_is_not_taken(machine: Path) -> None:
    there = stub(machine / "bin" / "python3.12", "echo 3.12")
    assert find_python(stub(machine / "current", "echo 3.11")) == there


def test_one_in_pyenv_is_found_behind_a_shim_on_path_that_does_not_run(machine: Path) -> None:
    stub(machine / "bin" / "python3.12", "exit 127")
    stub(machine / "pyenv" / "versions" / "3.11.9" / "bin" / "python", "echo 3.11")
    there = stub(machine / "pyenv" / "versions" / "3.12.4" / "bin" / "python", "echo 3.12")
    assert find_python(NOWHERE) == there


def test_one_that_cannot_make_environments_is_not_taken(machine: Path) -> None:
    bare = stub(machine / "bin" / "python3.12", 'case "$*" in *ensurepip*) exit 1 ;; esac; echo 3.12')
    assert find_python(bare) is None


def test_one_that_uv_installed_is_found(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    real = find_python()
    if real is None:
        pytest.skip("there is no Python that could stand in for uv's")
    requests = [str(real), "-I", "-c", "import platform, sys; print(sys.base_prefix, platform.python_version())"]
    prefix, full = subprocess.run(requests, capture_output=True, text=True, check=True, timeout=60).stdout.split()
    base = Path(prefix, "bin", f"python{full.rpartition('.')[0]}")
    request.getfixturevalue("machine")  # from here on, no other Python is found
    installed = tmp_path / "uv" / f"cpython-{full}-linux-{platform.machine()}-gnu" / "bin" / base.name
    stub(installed, f'exec {base} "$@"')
    result = find_python(NOWHERE)
    assert result is not None and result.resolve() in (base.resolve(), installed)


def test_a_newer_one_than_the_lock_is_for_is_not_taken(machine: Path) -> None:
    assert find_python(stub(machine / "current", "echo 3.99")) is None


def test_the_variable_decides(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    current = stub(machine / "current", "echo 3.12")
    monkeypatch.setenv(VARIABLE, "")
    assert find_python(current) is None
    named = stub(machine / "named", "echo 3.14")
    monkeypatch.setenv(VARIABLE, str(named))
    assert find_python(current) == named


@pytest.mark.parametrize("answer", ["echo 3.11", "exit 1"])
def test_a_wrong_one_in_the_variable_is_an_error(machine: Path, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setenv(VARIABLE, str(stub(machine / "named", answer)))
    with pytest.raises(NoReferenceError, match=rf"{VARIABLE} names .*named, which is not Python {PYTHONS[0]}"):
        find_python(NOWHERE)


def test_without_one_the_run_ends_with_a_line_that_counts_what_did_not_run(tmp_path: Path) -> None:
    file = tmp_path / "not-run.txt"
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--numprocesses", "0"]
    chosen = [str(Path(__file__).with_name(name)) for name in ("test_same_signatures.py", "test_equal_to_the_sdk.py")]
    ran = subprocess.run(
        [*command, *chosen, "-k", "signatures or SummaryResult or case_names"],
        cwd=ROOT,
        env={**os.environ, VARIABLE: "", "BOOMERANG_NOT_RUN": str(file)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stdout
    skipped = re.search(r"(\d+) skipped", ran.stdout)
    assert skipped and int(skipped[1]) > 1
    assert file.read_text("utf-8") == f"{skipped[1]} checks against the reference SDK did not run. {NO_PYTHON}\n"
