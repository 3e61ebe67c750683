"""Helpers for tests of a process's connections: two visitors, and settings that need no server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from boomerang.kinds import KINDS
from boomerang.workbench.connections.registry import Connections
from boomerang.workbench.connections.saved_connections import Store
from tests.connection_settings import settings_of

ANNA, BORIS = "cookie-of-anna", "cookie-of-boris"
SECRET = "sk-not-for-anybodys-eyes"


def made(name: str = "lab", **more: Any) -> Any:
    """Return settings."""
    return settings_of({"name": name, "base_url": "http://127.0.0.1:9/v1", **more})


def book(folder: Path | None = None, file: Path | None = None, **environment: str) -> Connections:
    """Return the connections of a process."""
    return Connections(KINDS, environment, file, Store(folder, environment, KINDS) if folder is not None else None)
