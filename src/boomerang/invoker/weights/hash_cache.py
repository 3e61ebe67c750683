"""What a weight file's hash was when it was last computed.

Hashing half a gigabyte at every start would cost a second or more, so the result is kept beside the files, together with the
size and the time of change that the file had; it counts as long as both are the same.
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
    """A file's hash, and how the file looked when it was computed."""

    size: int
    """Bytes."""
    mtime_ns: int
    """Time of the last change, nanoseconds since 1970."""
    sha256: str

    def fits(self, status: os.stat_result) -> bool:
        """Return whether the file still looks as it did."""
        return (self.size, self.mtime_ns) == (status.st_size, status.st_mtime_ns)


def sha256_of(path: Path) -> str:
    """Compute a file's SHA-256, in lower-case hex.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_stamp(folder: Path, name: str) -> Stamp | None:
    """Read the stamp of a file; `None` if there is none, or none that can be understood."""
    try:
        return Stamp(**json.loads(_place(folder, name).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_stamp(folder: Path, name: str, stamp: Stamp) -> None:
    """Keep a stamp, in one step, so that another process never reads half of one.

    Raises:
        OSError: The folder cannot be written.
    """
    place = _place(folder, name)
    place.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=place.parent, prefix=".")
    try:
        # mkstemp keeps the file to its owner; the stamps of an image are read by another user than the one who made them.
        os.chmod(temporary, 0o644)
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(stamp), file)
        os.replace(temporary, place)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _place(folder: Path, name: str) -> Path:
    return folder / STAMPS / f"{name}.json"
