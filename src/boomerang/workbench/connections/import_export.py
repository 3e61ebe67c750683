"""Import connections from a file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from boomerang.invoker.errors import ConfigError
from boomerang.invoker.settings import ConnectionSettings
from boomerang.workbench.diagnosis.error_text import error_text
from boomerang.workbench.diagnosis.settings_errors import field_labels, spoken

from .connection import Connection
from .connections_file import parsed_each
from .form_text import free_name
from .registry import Connections


def import_connections(registry: Connections, name: str, content: bytes, owner: str) -> Brought:
    """Import the connections of a file for this session, and report the entries that cannot be imported.

    Args:
        registry: Where to add them.
        name: Name of the file.
        content: Its content.
        owner: The importing browser.
    """
    try:
        entries = parsed_each(content, registry.kinds)
    except ConfigError as error:
        return Brought(faults=[f"{name}: {error_text(error)}"])
    labels = field_labels(registry.kinds)
    brought = Brought(faults=[f"{entry.name} · {spoken(fault, labels)}" for entry in entries for fault in entry.faults])
    for settings in (entry.settings for entry in entries if entry.settings is not None):
        visible = registry.visible(owner)
        if any(_same(settings, connection) for connection in visible):
            brought.there.append(settings.name)
            continue
        free = free_name(settings.name, {connection.name for connection in visible})
        try:
            registry.keep(settings.changed(name=free), owner)
        except ConfigError as error:
            brought.faults.append(f"{settings.name} · {spoken(error, labels)}")
            continue
        brought.came.append(free)
        if free != settings.name:
            brought.renamed.append((settings.name, free))
    return brought


def _same(settings: ConnectionSettings, connection: Connection) -> bool:
    """Return whether a connection equals one from a file, allowing for the number that an earlier import added to its name."""
    if connection.settings is None or not re.fullmatch(re.escape(settings.name) + r"( \d+)?", connection.name):
        return False
    if settings.secrets() and settings.secrets() != connection.settings.secrets():
        return False
    return settings.changed(name=connection.name).public() == connection.settings.public()


@dataclass(slots=True)
class Brought:
    """The outcome of an import."""

    came: list[str] = field(default_factory=list)
    renamed: list[tuple[str, str]] = field(default_factory=list)
    """Imported connections whose name was taken: the name in the file and the new name."""
    there: list[str] = field(default_factory=list)
    """Names, as in the file, of connections that already existed."""
    faults: list[str] = field(default_factory=list)
    """Faults of the other entries, one sentence each."""
