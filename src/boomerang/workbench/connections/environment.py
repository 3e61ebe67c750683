"""Connections from environment variables, under the names that the servers' own tools use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

from boomerang.invoker.connection_kind import Kinds, Preset, settings_of
from boomerang.invoker.errors import ConfigError
from boomerang.invoker.messages.message import Message
from boomerang.invoker.settings import ConnectionSettings
from boomerang.workbench.diagnosis.settings_errors import Problem


def from_environment(environment: Mapping[str, str], kinds: Kinds) -> tuple[list[ConnectionSettings], list[Problem]]:
    """Find the servers that environment variables configure.

    A service that needs a key is configured if its key is set, any other server if its address is: `OPENAI_API_KEY`,
    `OLLAMA_HOST` and so on, as in the presets of the kinds.

    Returns:
        The connections, and the problem of each unusable variable.
    """
    connections, problems = [], []
    every = [(kind, preset) for kind in kinds.values() for preset in kind.presets().values()]
    for kind, preset in every:
        url = _first(preset.url_variables, environment)
        key = _first(preset.key_variables, environment)
        if not (url or (preset.needs_key and key)):
            continue
        address = environment[url] if url else preset.base_url
        try:
            values = {"kind": kind.name, "name": preset.title} | preset.values | {"base_url": whole_address(address, preset)}
            values |= {preset.key_field: key} if key else {}
            for field, names in preset.more_variables.items():
                if variable := _first(names, environment):
                    values[field] = environment[variable]
            connections.append(settings_of(values, kinds))
        except ConfigError as error:
            problems.append(Problem(url or str(key), error))
        except ValueError:
            problems.append(Problem(url or str(key), ConfigError(Message("connections.address"), field="base_url")))
    return connections, problems


def whole_address(address: str, preset: Preset) -> str:
    """Complete a server address: `OLLAMA_HOST` may be a host, a port or both, and usually lacks `/v1`.

    A listening address, `0.0.0.0` or `[::]`, becomes localhost.
    """
    usual = urlsplit(preset.base_url)
    typed = address.strip().rstrip("/")
    if re.fullmatch(r":?\d+", typed):
        typed = f"{usual.hostname}:{typed.lstrip(':')}"
    if "://" not in typed:
        # Without a scheme, a usually local server gets HTTP and, below, its default port, as in its own client.
        typed = f"{usual.scheme if usual.hostname == 'localhost' else 'https'}://{typed}"
    parts = urlsplit(typed)
    host = parts.netloc
    try:
        port = parts.port
    except ValueError:
        port = None
    if port is None and usual.port is not None and "://" not in address:
        host = f"{host.rstrip(':')}:{usual.port}"
    for everywhere, here in (("0.0.0.0", "127.0.0.1"), ("[::]", "[::1]")):
        if host == everywhere or host.startswith(f"{everywhere}:"):
            host = here + host.removeprefix(everywhere)
    return urlunsplit((parts.scheme, host, parts.path or usual.path, parts.query, parts.fragment))


def _first(names: tuple[str, ...], environment: Mapping[str, str]) -> str | None:
    return next((name for name in names if environment.get(name, "").strip()), None)
