"""Connections in TOML or JSON: `connections.toml`, and the page's exports and imports.

::

    [[connections]]
    name = "vLLM in the lab"
    kind = "openai_compatible"             # optional
    preset = "vllm"                        # preset = "vllm"                        # optional: default address and provider
    base_url = "http://gpu:8000/v1"
    api_key_env = "LAB_KEY"
    headers = { X-Team = "qa" }
    system_model = "qwen3"

    [[connections.models]]                 # optional: the server's own list is fetched
    model = "qwen3"
    model_type = "llm"
    model_properties = { mode = "chat", context_size = 32768 }
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from boomerang.invoker.connection_kind import Kinds
from boomerang.invoker.errors import ConfigError
from boomerang.invoker.messages.message import Message
from boomerang.invoker.settings import DEFAULT_KIND, LONGEST_NAME, ConnectionSettings, Fault, SettingsError
from boomerang.workbench.diagnosis.settings_errors import Problem

from .connection_entries import readable

FILE = "connections.toml"
LARGEST = 1 << 20
"""Largest file that is read, in bytes."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """An entry of a file."""

    name: str
    """Name of the connection, or its place in the list if it has none; or an unexpected top-level name."""
    settings: ConnectionSettings | None
    """The connection; `None` if it cannot be used."""
    faults: tuple[Fault | Message, ...]
    """Faults of the connection, or of the dropped models."""


def read_file(path: Path, kinds: Kinds) -> tuple[list[ConnectionSettings], list[Problem]]:
    """Read the connections of a file; empty if the file does not exist.

    Returns:
        The usable connections, and the problems of the others. If two have the same name, the first is used.

    Raises:
        ConfigError: The file as a whole cannot be read.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        return [], []
    except OSError as error:
        raise ConfigError(Message("saved.at", where=str(path), fault=error.strerror or str(error))) from error
    try:
        entries = parsed_each(content, kinds)
    except ConfigError as error:
        raise ConfigError(Message("saved.at", where=path.name, fault=error.message or str(error))) from error
    settings: dict[str, ConnectionSettings] = {}
    problems: list[Problem] = []
    for entry in entries:
        if entry.settings is None:
            problems.append(Problem(path.name, Message("saved.entry_unusable", name=entry.name), entry.faults))
            continue
        if entry.faults:
            problems.append(Problem(path.name, Message("saved.models_left_out", name=entry.name), entry.faults))
        if entry.name in settings:
            problems.append(Problem(path.name, Message("saved.name_twice", name=entry.name)))
        settings.setdefault(entry.name, entry.settings)
    return list(settings.values()), problems


def parsed_each(content: bytes, kinds: Kinds) -> list[Parsed]:
    """Parse connections from TOML or JSON, entry by entry.

    Raises:
        ConfigError: There is no list of connections.
    """
    items, beside = _items(content)
    parsed = [Parsed(name[:LONGEST_NAME], None, (Message("connections.unknown"),)) for name in beside]
    for place, item in enumerate(items):
        name = item.get("name") if isinstance(item, dict) else None
        who = name.strip()[:LONGEST_NAME] if isinstance(name, str) and name.strip() else f"connections[{place}]"
        try:
            parsed.append(Parsed(who, *readable(_completed(item, kinds), kinds)))
        except SettingsError as error:
            parsed.append(Parsed(who, None, tuple(error.faults)))
        except ConfigError as error:
            parsed.append(Parsed(who, None, (Fault(error.field or "connection", error.message or str(error)),)))
    return parsed


def _items(content: bytes) -> tuple[list[Any], list[str]]:
    """Return the list of connections, and other top-level names."""
    if len(content) > LARGEST:
        raise ConfigError(Message("saved.too_large", most=LARGEST >> 20))
    value = _value(content)
    items = value.get("connections") if isinstance(value, dict) else value
    beside = sorted(set(value) - {"connections"}) if isinstance(value, dict) else []
    if not isinstance(items, list) and beside:
        raise ConfigError(Message("saved.no_list_but", names=", ".join(beside)))
    if not isinstance(items, list):
        raise ConfigError(Message("saved.no_list"))
    return items, beside


def written(connections: Sequence[ConnectionSettings]) -> str:
    """Return connections as TOML, without their secrets."""
    return tomli_w.dumps({"connections": [_without_nothing(connection.public()) for connection in connections]})


def _without_nothing(value: Any) -> Any:
    """Remove nulls, which TOML cannot express."""
    if isinstance(value, dict):
        return {name: _without_nothing(inner) for name, inner in value.items() if inner is not None}
    return [_without_nothing(inner) for inner in value if inner is not None] if isinstance(value, list) else value


def _value(content: bytes) -> Any:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(Message("saved.not_utf8")) from error
    if text.lstrip()[:1] == "{" or (text.lstrip()[:1] == "[" and not text.lstrip().startswith("[[")):
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ConfigError(Message("saved.not_json", fault=str(error))) from error
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number with thousands of digits raises a plain ValueError
        raise ConfigError(Message("saved.not_toml", fault=str(error))) from error


def _completed(item: Any, kinds: Kinds) -> Any:
    """Fill in missing values from the preset."""
    if not isinstance(item, dict) or not item.get("preset"):
        return item
    kind = item.get("kind", DEFAULT_KIND)
    if not isinstance(kind, str) or kind not in kinds:
        return item  # rejected by the caller
    presets = kinds[kind].presets()
    preset = presets.get(item["preset"]) if isinstance(item["preset"], str) else None
    if preset is None:
        raise ConfigError(Message("connections.preset", values=", ".join(presets)), field="preset")
    return preset.values | item
