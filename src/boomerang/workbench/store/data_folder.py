"""The folder where this server keeps what is saved."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

DATA_VARIABLE = "BOOMERANG_DATA"
"""Environment variable that moves the data folder."""


def data_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Say where saved things are: `BOOMERANG_DATA`, else `boomerang` in the user's data folder."""
    if chosen := environment.get(DATA_VARIABLE):
        return Path(chosen).expanduser()
    data = environment.get("XDG_DATA_HOME")
    # The XDG Base Directory Specification says to ignore a relative path.
    root = Path(data) if data and Path(data).is_absolute() else Path.home() / ".local" / "share"
    return root / "boomerang"
