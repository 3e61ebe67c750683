"""Child processes in tests: which there are, and waiting for their end. Linux only, as the tests of memory are."""

from __future__ import annotations

import os
import select
from pathlib import Path


def children() -> set[int]:
    """Give the processes that this one has started and that have not been waited for."""
    result = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = path.read_text().rpartition(")")[2].split()[1]
        except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            continue
        if int(parent) == os.getpid():
            result.add(int(path.parent.name))
    return result


def ended(process: int, seconds: float) -> bool:
    """Wait for a process to end, whoever's child it is; return whether it did in time."""
    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], seconds)[0])
    finally:
        os.close(handle)
