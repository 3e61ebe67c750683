"""Stored hashes of weight files.

Hashing half a gigabyte at each start would take a second or more. So the hash is stored beside the files, with the size and
modification time that the file had; it is valid as long as both are unchanged.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

STAMPS = ".stamps"
"""Folder of the stamps inside the models folder."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A file's hash, with its size and modification time when hashed."""

    size: int
    """Bytes."""
    mtime_ns: int
    """Modification time, in nanoseconds since 1970."""
    sha256: str

    def fits(self, status: os.stat_result) -> bool:
        """Return whether the file's size and modification time are unchanged."""
        return (self.size, self.mtime_ns) == (status.st_size, status.st_mtime_ns)


def sha256_of(path: Path) -> str:
    """Compute a file's SHA-256, in lower-case hex.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_stamp(folder: Path, name: str) -> Stamp | None:
    """Read the stamp of a file; return `None` if it is missing or invalid."""
    try:
        return Stamp(**json.loads(_place(folder, name).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_stamp(folder: Path, name: str, stamp: Stamp) -> None:
    """Write a stamp atomically, so that no other process reads a partial one.

    Raises:
        OSError: The folder cannot be written.
    """
    place = _place(folder, name)
    place.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=place.parent, prefix=".")
    try:
        # mkstemp makes the file private, but an image's stamps are read by another user than the one who built it.
        os.chmod(temporary, 0o644)
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(stamp), file)
        os.replace(temporary, place)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _place(folder: Path, name: str) -> Path:
    return folder / STAMPS / f"{name}.json"
