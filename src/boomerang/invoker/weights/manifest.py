"""The manifest of weight files (`manifest.toml`): their names, hashes and sources."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Wheel:
    """A file of the package index that contains weights; read as a ZIP archive, never installed."""

    project: str
    version: str
    size: int
    """Bytes of the wheel; used only for progress and free space."""
    sha256: str

    def __str__(self) -> str:
        """Return the wheel's requirement, as for pip."""
        return f"{self.project}=={self.version}"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a weight file: one member of one wheel."""

    wheel: Wheel
    member: str


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file of the models folder."""

    name: str
    """Path relative to the models folder, with forward slashes."""
    size: int
    """Bytes."""
    sha256: str
    address: str
    """The publisher's address; the same bytes as the joined parts."""
    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        """Reject a name that could leave the models folder, and a malformed hash.

        Raises:
            ValueError: Says which entry is wrong.
        """
        path = PurePosixPath(self.name)
        if (
            path.is_absolute()
            or ".." in path.parts
            or "\\" in self.name
            or ":" in self.name
            or str(path) != self.name
            or self.name == "."
        ):
            raise ValueError(f"{self.name!r} is no plain path inside the models folder")
        if path.parts[0].startswith("."):
            raise ValueError(f"{self.name!r}: names with a dot in front belong to the fetcher")
        if not _SHA256.fullmatch(self.sha256):
            raise ValueError(f"{self.name}: {self.sha256!r} is no SHA-256 in lower-case hex")


@dataclass(frozen=True, slots=True)
class Model:
    """A model: its files, author and licence."""

    name: str
    title: str
    author: str
    licence: str
    page: str
    """The model's web page."""
    files: tuple[WeightFile, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """All models whose weights can be fetched."""

    models: tuple[Model, ...]

    @property
    def files(self) -> Mapping[str, WeightFile]:
        """All files by name."""
        return {file.name: file for model in self.models for file in model.files}

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """Read a manifest.

        Raises:
            ValueError: A name leaves the models folder, a hash is malformed, or the file is not TOML.
            KeyError: A value is missing, or a part names a wheel that is not listed.
        """
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        wheels = {entry["project"]: Wheel(**entry) for entry in data["wheel"]}
        return cls(tuple(_model(entry, wheels) for entry in data["model"]))


def _model(entry: Mapping[str, Any], wheels: Mapping[str, Wheel]) -> Model:
    values = dict(entry)
    return Model(files=tuple(_file(file, wheels) for file in values.pop("file")), **values)


def _file(entry: Mapping[str, Any], wheels: Mapping[str, Wheel]) -> WeightFile:
    values = dict(entry)
    return WeightFile(parts=tuple(Part(wheels[part["wheel"]], part["member"]) for part in values.pop("parts")), **values)


@cache
def default_manifest() -> Manifest:
    """Read the manifest of the embedded models, once per process."""
    return Manifest.read(Path(__file__).with_name("manifest.toml"))
