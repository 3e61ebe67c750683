"""Connections for tests in this process, set up as `app.py` does in a server."""

from __future__ import annotations

from functools import cache

from streamlit.components.v2 import manifest_scanner

from boomerang.kinds import KINDS
from boomerang.playground.session import app_state
from boomerang.workbench.connections.registry import from_process
from boomerang.workbench.store.app_folder import app_folder


def start() -> None:
    """Set the connections of this process, from its environment, file and data folder."""
    app_state.start(from_process(KINDS, app_folder()))


def scan_packages_once() -> None:
    """Cache Streamlit's scan of the installed packages: each `AppTest` would read all their metadata again."""
    manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)
