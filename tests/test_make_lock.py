"""Output of `make lock`, with an index of tiny wheels in a folder."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from scripts.lock import DEVELOPMENT, LOCKS, REFERENCE, RUNTIME, LockError, digest, locked_digest, make_locks, read_project

PROJECT = """
[project]
name = "tiny"
version = "1"
requires-python = ">=3.11,<3.13"
dependencies = ["one"]

[dependency-groups]
build = ["five"]
dev = ["two"]
reference = ["three"]
"""


def wheel(root: Path, name: str, version: str, tag: str = "py3-none-any", needs: str = "") -> None:
    """Add a wheel to the index."""
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(root / "index" / f"{name}-{version}-{tag}.whl", "w") as archive:
        needed = f"Requires-Dist: {needs}\n" if needs else ""
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needed}")
        archive.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n")
        archive.writestr(f"{info}/RECORD", "")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with all its packages in its index: `one` needs `four`."""
    (tmp_path / "index").mkdir()
    (tmp_path / "pyproject.toml").write_text(PROJECT, "utf-8")
    for name, needs in {"one": "four", "two": "", "three": "", "four": "", "five": ""}.items():
        wheel(tmp_path, name, "1.0", needs=needs)
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path / "index"))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


def pins(root: Path, path: str) -> list[str]:
    """Return the packages of a lock with their versions, and check that each has a hash."""
    text = (root / path).read_text("utf-8")
    result = [line.removesuffix(" \\") for line in text.splitlines() if "==" in line]
    assert text.count("--hash=sha256:") >= len(result)
    return result


def test_locks_hold_transitive_packages_and_the_digest_of_their_inputs(root: Path) -> None:
    make_locks(root)
    assert [pins(root, lock.path) for lock in LOCKS] == [
        ["four==1.0", "one==1.0"],
        ["five==1.0"],
        ["five==1.0", "four==1.0", "one==1.0", "two==1.0"],
        ["three==1.0"],
    ]
    assert {locked_digest((root / lock.path).read_text("utf-8")) for lock in LOCKS} == {digest(read_project(root))}
    assert str(root) not in "".join((root / lock.path).read_text("utf-8") for lock in LOCKS)


def test_a_locked_version_stays_until_it_is_renewed(root: Path) -> None:
    make_locks(root)
    wheel(root, "one", "2.0", needs="four")
    wheel(root, "four", "2.0")
    assert make_locks(root) == []
    assert pins(root, RUNTIME.path) == ["four==1.0", "one==1.0"]
    assert make_locks(root, ["--upgrade-package", "four"]) == [RUNTIME.path, DEVELOPMENT.path]
    assert pins(root, RUNTIME.path) == ["four==2.0", "one==1.0"]
    make_locks(root, ["--upgrade"])
    assert pins(root, RUNTIME.path) == ["four==2.0", "one==2.0"]


@pytest.mark.parametrize(
    ("name", "tag"), [("one", "cp311-cp311-manylinux_2_28_x86_64"), ("three", "cp312-cp312-manylinux_2_28_x86_64")]
)
def test_nothing_is_written_if_a_package_is_missing_a_wheel(root: Path, name: str, tag: str) -> None:
    make_locks(root)
    before = [(root / lock.path).read_bytes() for lock in LOCKS]
    wheel(root, name, "2.0", tag)
    with pytest.raises(LockError, match=f"{name}==2.0 has no wheels"):
        make_locks(root, ["--upgrade"])
    assert [(root / lock.path).read_bytes() for lock in LOCKS] == before


def test_what_cannot_be_met_is_said_in_uvs_words(root: Path) -> None:
    text = PROJECT.replace('"two"', '"two>=3"')
    (root / "pyproject.toml").write_text(text, "utf-8")
    with pytest.raises(LockError, match="two"):
        make_locks(root)
    assert not (root / RUNTIME.path).exists() and not (root / REFERENCE.path).exists()
