"""Connections: configured back ends with a name, from a file, from the environment, or made by a visitor."""

from ..wire.limits import limits
from .addresses import ALLOW_VARIABLE, LOOPBACK_VARIABLE, Allowed, allowed
from .checking import CALLS, Check, check_call, check_connection, refused
from .environment import from_environment
from .file import FILE, parsed_each, read_file, written
from .opening import opened
from .presets import PRESETS, Preset
from .reading import Problem, stamp
from .settings import (
    COMPATIBLE_PROVIDER,
    ConnectionModel,
    ConnectionSettings,
    Fault,
    SettingsError,
    Timeouts,
    faults,
    settings_of,
)
from .store import Contents, Oddity, Saved, Store, data_folder, hashed

__all__ = [
    "ALLOW_VARIABLE",
    "CALLS",
    "COMPATIBLE_PROVIDER",
    "FILE",
    "LOOPBACK_VARIABLE",
    "PRESETS",
    "Allowed",
    "Check",
    "ConnectionModel",
    "ConnectionSettings",
    "Contents",
    "Fault",
    "Oddity",
    "Preset",
    "Problem",
    "Saved",
    "SettingsError",
    "Store",
    "Timeouts",
    "allowed",
    "check_call",
    "check_connection",
    "data_folder",
    "faults",
    "from_environment",
    "hashed",
    "limits",
    "opened",
    "parsed_each",
    "read_file",
    "refused",
    "settings_of",
    "stamp",
    "written",
]
