"""Compile the locks from `pyproject.toml`: `make lock`.

Locked versions stay unchanged. Options for `uv pip compile` upgrade them:

    make lock                                      # after a change of pyproject.toml
    make lock ARGS="--upgrade-package babel"       # upgrade one package
    make lock ARGS=--upgrade                       # upgrade all packages

Nothing is written unless every lock compiles and every package has a wheel for each supported Python on Linux.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[1]
PLATFORMS = ("x86_64-manylinux_2_28", "aarch64-manylinux_2_28")
INPUTS = re.compile(r"^# Inputs: sha256:([0-9a-f]{64})$", re.MULTILINE)
"""The line of a lock's header with the digest of its inputs."""


@dataclass(frozen=True)
class Lock:
    """A file of exact versions and hashes."""

    path: str
    """Relative to the project's root."""
    sources: tuple[str, ...]
    """Arguments for `uv pip compile` that select what is locked."""
    python: str = ""
    """Version specifier for the supported Pythons that it applies to; all of them if empty."""


RUNTIME = Lock("requirements.txt", ("pyproject.toml",))
BUILD = Lock("requirements-build.txt", ("--group", "build", "--constraint", RUNTIME.path))
DEVELOPMENT = Lock(
    "requirements-dev.txt",
    ("pyproject.toml", "--group", "build", "--group", "dev", "--constraint", RUNTIME.path, "--constraint", BUILD.path),
)
REFERENCE = Lock("tests/reference/requirements.txt", ("--group", "reference"), python=">=3.12")
LOCKS = (RUNTIME, BUILD, DEVELOPMENT, REFERENCE)
"""In compilation order: the second takes its versions from the first, the third from both."""


class LockError(Exception):
    """A lock could not be compiled; contains uv's message."""


def main() -> None:
    """Compile every lock, or exit with uv's message."""
    try:
        changed = make_locks(ROOT, sys.argv[1:])
    except LockError as error:
        sys.exit(f"{error}\nNothing was written.")
    print("Changed:", ", ".join(changed) or "nothing")


def make_locks(root: Path, options: Sequence[str] = ()) -> list[str]:
    """Compile and check the locks of the project in a folder, then write them.

    Args:
        root: Folder with `pyproject.toml` and any existing locks, whose versions stay unchanged.
        options: For `uv pip compile`.

    Returns:
        Paths of the locks that changed; the others keep their modification time, so that make does not reinstall.

    Raises:
        LockError: The requirements cannot be met, or a package has no wheel.
    """
    project = read_project(root)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in ("pyproject.toml", *(lock.path for lock in LOCKS)):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            if (root / path).exists():
                shutil.copy(root / path, folder / path)
        for lock in LOCKS:
            compile_lock(lock, pythons(project, lock)[0], folder, options)
        for lock in LOCKS:
            check_wheels(lock, pythons(project, lock), folder)
        texts = {lock.path: header(project) + (folder / lock.path).read_text("utf-8") for lock in LOCKS}
    changed = [path for path, text in texts.items() if not (root / path).exists() or (root / path).read_text("utf-8") != text]
    for path in changed:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(texts[path], "utf-8")
    return changed


def read_project(root: Path = ROOT) -> dict[str, Any]:
    """Return the content of `pyproject.toml`."""
    return tomllib.loads((root / "pyproject.toml").read_text("utf-8"))


def digest(project: Mapping[str, Any]) -> str:
    """Return the SHA-256, in hex, of everything in a `pyproject.toml` that the locks are compiled from."""
    inputs = {
        "requires-python": project["project"]["requires-python"],
        "dependencies": project["project"]["dependencies"],
        "dependency-groups": project["dependency-groups"],
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def locked_digest(text: str) -> str | None:
    """Return the digest in a lock's header; None if there is none."""
    match = INPUTS.search(text)
    return match[1] if match else None


def header(project: Mapping[str, Any]) -> str:
    """Return the header of every lock."""
    return f"# Compiled from pyproject.toml by `make lock`. Do not edit.\n# Inputs: sha256:{digest(project)}\n\n"


def pythons(project: Mapping[str, Any], lock: Lock) -> list[str]:
    """Return the Python versions that a lock applies to, such as `3.11`, oldest first."""
    admitted = SpecifierSet(project["project"]["requires-python"]) & SpecifierSet(lock.python)
    return [f"3.{minor}" for minor in range(100) if admitted.contains(f"3.{minor}")]


def compile_lock(lock: Lock, oldest: str, folder: Path, options: Sequence[str]) -> None:
    """Compile one lock in a folder with `pyproject.toml`.

    Raises:
        LockError: The requirements cannot be met.
    """
    print(f"Compiling {lock.path}", flush=True)
    how = ("--universal", "--generate-hashes", "--no-header", "--only-binary", ":all:", "--python-version", oldest)
    _uv(folder, "compile", *lock.sources, *how, "--output-file", lock.path, *options)


def check_wheels(lock: Lock, versions: Sequence[str], folder: Path) -> None:
    """Check that a lock can be installed from wheels alone on each of its Python versions.

    Raises:
        LockError: A package has no wheel for one of them.
    """
    print(f"Checking the wheels of {lock.path} for Python {', '.join(versions)}", flush=True)
    how = ("--dry-run", "--target", "nowhere", "--require-hashes", "--only-binary", ":all:", "--requirement", lock.path)
    for version in versions:
        for platform in PLATFORMS:
            _uv(folder, "install", *how, "--python-version", version, "--python-platform", platform)


def _uv(folder: Path, command: str, *arguments: str) -> None:
    # Name this Python explicitly: otherwise uv would query every Python on PATH.
    how = ("--quiet", "--python", sys.executable)
    ran = subprocess.run(
        [sys.executable, "-m", "uv", "pip", command, *how, *arguments], cwd=folder, capture_output=True, text=True
    )
    if ran.returncode:
        raise LockError(f"`uv pip {command} {' '.join(arguments)}` failed:\n{ran.stderr.strip()}")


if __name__ == "__main__":
    main()
