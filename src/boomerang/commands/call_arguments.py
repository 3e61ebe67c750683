"""Read the request of a call and check its fields before opening anything."""

from __future__ import annotations

import base64
import inspect
import io
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from boomerang.invoker.errors import ConfigError

STANDARD_INPUT = "-"


def read_request(source: str) -> dict[str, Any]:
    """Read a JSON object from a file or standard input.

    Raises:
        ConfigError: The source cannot be read or is not a JSON object.
    """
    name = "standard input" if source == STANDARD_INPUT else source
    if source == STANDARD_INPUT and sys.stdin.isatty():
        print("Type the request as JSON and end it with Ctrl-D.", file=sys.stderr)
    try:
        content = sys.stdin.buffer.read() if source == STANDARD_INPUT else Path(source).read_bytes()
        value = json.loads(content.decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{name}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{name} is not text in UTF-8: {error.reason} at byte {error.start}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{name} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ConfigError(f"{name}: expected a JSON object with the arguments of the call")
    return value


def call_arguments(invoke: Callable[..., Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keyword arguments for a call.

    Args:
        invoke: The method of `session.model` to call; it has Dify's signature.
        request: Arguments by name, as JSON values.

    Raises:
        ConfigError: An argument is unknown or missing, or its file cannot be read.
    """
    parameters = inspect.signature(invoke).parameters
    for name in request:
        if name not in parameters:
            raise ConfigError(f"is no argument of this call; it takes {', '.join(parameters)}", field=name)
    for name, parameter in parameters.items():
        if name not in request and parameter.default is inspect.Parameter.empty:
            raise ConfigError("is missing", field=name)
    return {name: _audio_file(value) if name == "file" else value for name, value in request.items()}


def _audio_file(value: Any) -> io.BytesIO:
    if isinstance(value, str):
        try:
            return io.BytesIO(Path(value).read_bytes())
        except (OSError, ValueError) as error:
            raise ConfigError(f"{value}: {getattr(error, 'strerror', None) or error}", field="file") from error
    if isinstance(value, dict) and isinstance(value.get("base64"), str) and len(value) == 1:
        try:
            return io.BytesIO(base64.b64decode(value["base64"], validate=True))
        except ValueError as error:
            raise ConfigError(f"is not base64: {error}", field="file.base64") from error
    raise ConfigError('expected the path of an audio file, or {"base64": "…"}', field="file")
