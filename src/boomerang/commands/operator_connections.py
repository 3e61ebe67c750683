"""Access to the operator's connections: built in, from the file and the environment, and saved for everyone.

Connections saved by a browser for itself belong to that browser. No command lists, uses or removes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from boomerang.invoker.errors import ConfigError
from boomerang.kinds import KINDS
from boomerang.workbench.connections.connection import Connection
from boomerang.workbench.connections.registry import EMBEDDED, Connections, from_process
from boomerang.workbench.store.app_folder import settings_folder

DEFAULT = EMBEDDED
"""The default of `--connection`."""


@contextmanager
def operator_connections() -> Iterator[Connections]:
    """Load the connections; close the opened ones on exit."""
    registry = from_process(KINDS, settings_folder())
    try:
        yield registry
    finally:
        registry.close()


def find(registry: Connections, name: str) -> Connection:
    """Return a connection by name.

    Raises:
        ConfigError: No such connection.
    """
    connections = {connection.name: connection for connection in registry.visible()}
    if name not in connections:
        problems = "".join(f"\n{problem}" for problem in registry.problems_for(""))
        raise ConfigError(f"there is no connection {name!r}; there are: {', '.join(connections)}{problems}")
    return connections[name]
