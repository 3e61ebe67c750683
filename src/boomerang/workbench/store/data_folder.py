"""The folder for this server's saved data."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import platformdirs

DATA_VARIABLE = "BOOMERANG_DATA"
"""Environment variable that sets the data folder."""


def data_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the data folder: `BOOMERANG_DATA`, else `boomerang` in the user's data folder."""
    if chosen := environment.get(DATA_VARIABLE):
        return Path(chosen).expanduser()
    return platformdirs.user_data_path("boomerang", appauthor=False)
