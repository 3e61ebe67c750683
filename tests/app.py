"""The app's connections in a test process, as `app.py` sets them in a server's."""

from __future__ import annotations

from boomerang.kinds import connect
from boomerang.playground.session import app_state
from boomerang.workbench.connections.registry import from_process
from boomerang.workbench.store.app_folder import app_folder


def start() -> None:
    """Set the connections of this process: its environment, its file, its data folder."""
    app_state.start(from_process(connect, app_folder()))
