"""Connections in a file: `connections.toml`, and what the page exports and imports.

::

    [[connections]]
    name = "vLLM in the lab"
    preset = "vllm"                        # optional: address and provider that are not given come from it
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
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tomli_w

from ..errors import ConfigError
from .presets import PRESETS
from .settings import ConnectionSettings, SettingsError, settings_of

FILE = "connections.toml"
LARGEST = 1 << 20
"""Bytes of a file that is read."""


def read_file(path: Path) -> list[ConnectionSettings]:
    """Read the connections of a file; none if there is no such file.

    Raises:
        ConfigError: It cannot be read; or says which field of which connection is wrong.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from error
    try:
        return parsed(content)
    except ConfigError as error:
        raise ConfigError(f"{path.name}: {error}") from error


def parsed(content: bytes) -> list[ConnectionSettings]:
    """Read connections from TOML or JSON.

    Raises:
        ConfigError: It is neither, is too large, or says which field of which connection is wrong.
    """
    connections = [_one(item, f"connections[{place}]") for place, item in enumerate(_items(content))]
    names = [connection.name for connection in connections]
    if twice := sorted(name for name, count in Counter(names).items() if count > 1):
        raise ConfigError(f"connections: the name {twice[0]!r} is there twice")
    return connections


def parsed_each(content: bytes) -> tuple[list[ConnectionSettings], dict[str, list[str]]]:
    """Read what can be read of the connections in TOML or JSON.

    Returns:
        The connections that are whole; and for each of the others, by its name or its place in the list, what is wrong.

    Raises:
        ConfigError: There is no list of connections in it.
    """
    found: list[ConnectionSettings] = []
    wrong: dict[str, list[str]] = {}
    for place, item in enumerate(_items(content)):
        name = item.get("name") if isinstance(item, dict) else None
        who = name if isinstance(name, str) and name.strip() else f"connections[{place}]"
        try:
            found.append(_one(item))
        except SettingsError as error:
            wrong.setdefault(who, []).extend(error.faults)
        except ConfigError as error:
            wrong.setdefault(who, []).append(str(error))
    return found, wrong


def _items(content: bytes) -> list[Any]:
    if len(content) > LARGEST:
        raise ConfigError(f"has more than {LARGEST >> 20} MB; a file of connections is small")
    value = _value(content)
    items = value.get("connections") if isinstance(value, dict) else value
    unknown = sorted(set(value) - {"connections"}) if isinstance(value, dict) else []
    if unknown:
        raise ConfigError(f"expected a list named connections: [[connections]] in TOML; found {', '.join(unknown)}")
    if not isinstance(items, list):
        raise ConfigError("expected a list named connections: [[connections]] in TOML")
    return items


def _one(item: Any, where: str = "") -> ConnectionSettings:
    return settings_of(_completed(item, where), where)


def written(connections: Sequence[ConnectionSettings]) -> str:
    """Write connections as TOML, without their secrets."""
    return tomli_w.dumps({"connections": [_without_nothing(connection.public()) for connection in connections]})


def _without_nothing(value: Any) -> Any:
    """Leave out what JSON writes as null, for which TOML has no word."""
    if isinstance(value, dict):
        return {name: _without_nothing(inner) for name, inner in value.items() if inner is not None}
    return [_without_nothing(inner) for inner in value if inner is not None] if isinstance(value, list) else value


def _value(content: bytes) -> Any:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError("is no text in UTF-8") from error
    if text.lstrip()[:1] == "{" or (text.lstrip()[:1] == "[" and not text.lstrip().startswith("[[")):
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"is no JSON: {error}") from error
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is a plain ValueError
        raise ConfigError(f"is no TOML: {error}") from error


def _completed(item: Any, where: str) -> Any:
    """Take from the preset what is not given."""
    if not isinstance(item, dict) or not item.get("preset"):
        return item
    preset = PRESETS.get(item["preset"]) if isinstance(item["preset"], str) else None
    if preset is None:
        raise ConfigError(f"{where}{'.' if where else ''}preset: expected one of {', '.join(PRESETS)}")
    return {"base_url": preset.base_url, "provider": preset.provider} | item
