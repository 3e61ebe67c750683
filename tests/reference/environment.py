"""The reference SDK in an environment of its own: importing it changes the process that does (it patches the standard library
with gevent), so it never comes into ours."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CACHE = Path(__file__).parents[2] / ".cache"
SDK = "dify_plugin"
SECONDS = 600
"""Bound on each step; installing is a download of about 40 MB."""


class NoReferenceError(Exception):
    """The reference SDK could not be set up."""


def _run(*command: str | Path, cwd: Path | None = None) -> str:
    try:
        ran = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired as error:
        raise NoReferenceError(f"{error.cmd} took longer than {SECONDS} seconds") from error
    if ran.returncode:
        said = "\n".join((ran.stdout + ran.stderr).strip().splitlines()[-8:])
        raise NoReferenceError(f"{' '.join(str(part) for part in command[1:])} failed with {ran.returncode}:\n{said}")
    return ran.stdout.strip()


@dataclass(frozen=True)
class ReferenceSDK:
    """An installed reference SDK."""

    python: Path
    version: tuple[int, ...]

    def observe(self, cases: Sequence[tuple[str, Any]]) -> list[dict[str, Any]]:
        """Tell what the SDK makes of each case, a class name and an input."""
        with tempfile.TemporaryDirectory() as folder:
            asked, answered = Path(folder, "cases.json"), Path(folder, "answers.json")
            asked.write_text(json.dumps(cases), "utf-8")
            _run(self.python, "-I", Path(__file__).with_name("worker.py"), asked, answered, cwd=Path(folder))
            observed: list[dict[str, Any]] = json.loads(answered.read_text("utf-8"))
            return observed


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _version(folder: Path) -> str:
    return _run(_python(folder), "-I", "-c", f"from importlib.metadata import version; print(version('{SDK}'))")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:3])


def tag(python: str | Path) -> str:
    """Name a Python by its version, such as py312.

    Raises:
        NoReferenceError: It does not run.
    """
    try:
        return _run(python, "-I", "-c", "import sys; print('py%d%d' % sys.version_info[:2])")
    except OSError as error:
        raise NoReferenceError(f"{python}: {error}") from error


def cached(name: str) -> ReferenceSDK | None:
    """Find the newest that is there for a Python of a name and still runs; what does not is removed."""
    found = []
    for folder in CACHE.glob(f"reference-sdk-*-{name}"):
        try:
            found.append(ReferenceSDK(_python(folder), _numbers(_version(folder))))
        except (OSError, NoReferenceError):
            shutil.rmtree(folder)
    return max(found, key=lambda sdk: sdk.version, default=None)


def reference_sdk(python: str | Path = sys.executable) -> ReferenceSDK:
    """Give the newest reference SDK that a Python can install, this one if none is named: from the cache, or the package index.

    As of late 2026 that is 0.7.4 on Python 3.11 (0.8.0 and later need 3.12) and 0.10.2 on 3.12 and 3.13.

    Raises:
        NoReferenceError: It could not be installed.
    """
    name = tag(python)
    if kept := cached(name):
        return kept
    CACHE.mkdir(exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix="reference-sdk-being-made-", dir=CACHE))
    try:
        _run(python, "-m", "venv", making)
        _run(_python(making), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", SDK)
        version = _version(making)
        folder = CACHE / f"reference-sdk-{version}-{name}"
        if not folder.exists():
            making.rename(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return ReferenceSDK(_python(folder), _numbers(version))
