"""List child processes in tests and wait for them to end. Linux only, like the memory tests."""

from __future__ import annotations

import os
import select
from pathlib import Path


def children() -> set[int]:
    """Return the child processes of this process that have not been waited for."""
    result = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = path.read_text().rpartition(")")[2].split()[1]
        except (FileNotFoundError, ProcessLookupError):  # it has ended since
            continue
        if int(parent) == os.getpid():
            result.add(int(path.parent.name))
    return result


def ended(process: int, seconds: float) -> bool:
    """Wait for a process to end, even if it is not our child; return whether it ended in time."""
    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], seconds)[0])
    finally:
        os.close(handle)
