"""The folder where this server keeps what is saved."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import platformdirs

DATA_VARIABLE = "BOOMERANG_DATA"
"""Environment variable that moves the data folder."""


def data_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of saved things: `BOOMERANG_DATA`, else `boomerang` in the user's data folder."""
    if chosen := environment.get(DATA_VARIABLE):
        return Path(chosen).expanduser()
    return platformdirs.user_data_path("boomerang", appauthor=False)
