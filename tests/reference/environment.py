"""Install the reference SDK in a separate environment.

Importing it changes the process (it patches the standard library with gevent), so it never runs in ours.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts import lock

CACHE = lock.ROOT / ".cache"
REQUIREMENTS = lock.ROOT / lock.REFERENCE.path
PYTHONS = lock.pythons(lock.read_project(), lock.REFERENCE)
"""The Pythons that the SDK's lock supports. The SDK itself needs 3.12 from version 0.8.0 on."""
VARIABLE = "BOOMERANG_REFERENCE_PYTHON"
"""Names the Python for the SDK. Empty: none, and nothing is compared."""
NO_PYTHON = f"The SDK needs Python {PYTHONS[0]} to {PYTHONS[-1]}; `.venv/bin/uv python install {PYTHONS[0]}` installs one."
SECONDS = 600
"""Timeout for each step; installing downloads about 40 MB."""


class NoReferenceError(Exception):
    """The reference SDK could not be set up."""


class NoPythonError(NoReferenceError):
    """This machine has no Python that the reference SDK supports."""


@dataclass(frozen=True)
class ReferenceSDK:
    """An installed reference SDK."""

    python: Path

    def observe(self, cases: Sequence[tuple[str, Any]]) -> list[dict[str, Any]]:
        """Return the SDK's result for each case, a class name and an input."""
        return self.run("worker.py", cases)

    def run(self, script: str, cases: Sequence[Any]) -> list[dict[str, Any]]:
        """Return what a script beside this module observes for each case."""
        with tempfile.TemporaryDirectory() as folder:
            request, answered = Path(folder, "cases.json"), Path(folder, "answers.json")
            request.write_text(json.dumps(cases), "utf-8")
            _run(self.python, "-I", Path(__file__).with_name(script), request, answered, cwd=Path(folder))
            observed: list[dict[str, Any]] = json.loads(answered.read_text("utf-8"))
            return observed


def reference_sdk() -> ReferenceSDK:
    """Return the locked reference SDK, installed on first use into the checkout's cache folder.

    Raises:
        NoPythonError: No suitable Python was found.
        NoReferenceError: It could not be installed.
    """
    python = find_python()
    if python is None:
        raise NoPythonError(NO_PYTHON)
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    folder = CACHE / f"reference-sdk-{digest[:12]}-py{python_version(python)}"
    sdk = ReferenceSDK(folder / "bin" / "python")
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "reference-sdk.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # test processes start at the same time; one installs, the others wait
        if python_version(sdk.python) is None or not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            _run(python, "-m", "venv", folder)
            how = ("--quiet", "--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:")
            _run(sdk.python, "-m", "pip", "install", *how, "--requirement", REQUIREMENTS)
            (folder / "complete").touch()
    return sdk


def find_python(current: Path = Path(sys.executable)) -> Path | None:
    """Return a Python that the SDK supports: the one that `VARIABLE` names, or the first found; None if there is none.

    Args:
        current: The Python to try first.

    Raises:
        NoReferenceError: The named one is not such a Python.
    """
    named = os.environ.get(VARIABLE)
    if named is None:
        return next((python for python in _candidates(current) if python_version(python) in PYTHONS), None)
    if named and python_version(Path(named)) not in PYTHONS:
        raise NoReferenceError(f"{VARIABLE} names {named}, which is not Python {', '.join(PYTHONS)}")
    return Path(named) if named else None


def _candidates(current: Path) -> Iterator[Path]:
    """Yield possible paths of a Python: the current one, on PATH, in pyenv, and those that uv installed."""
    yield current
    yield from (Path(result) for version in PYTHONS if (result := shutil.which(f"python{version}")))
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from (python for version in PYTHONS for python in sorted(pyenv.glob(f"versions/{version}.*/bin/python")))
    # Only Pythons that uv has installed, not the current environment; no downloads: tests may only reach package registries.
    uv_find = [sys.executable, "-m", "uv", "python", "find", "--managed-python", "--system", "--no-python-downloads"]
    for version in PYTHONS:
        if result := subprocess.run([*uv_find, version], capture_output=True, text=True, timeout=SECONDS).stdout.strip():
            yield Path(result)


def python_version(python: Path) -> str | None:
    """Return the minor version of a Python, such as `3.12`; None if it can't create environments.

    pyenv's shims on PATH may not run at all, and Debian's Python comes without `ensurepip`.
    """
    try:
        return _run(python, "-I", "-c", "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])")
    except (OSError, NoReferenceError):
        return None


def _run(*command: str | Path, cwd: Path | None = None) -> str:
    try:
        ran = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired as error:
        raise NoReferenceError(f"{error.cmd} took longer than {SECONDS} seconds") from error
    if ran.returncode:
        content = "\n".join((ran.stdout + ran.stderr).strip().splitlines()[-8:])
        raise NoReferenceError(f"{' '.join(str(part) for part in command[1:])} failed with {ran.returncode}:\n{content}")
    return ran.stdout.strip()
