"""JSON that a person types: parsed, or refused with line, column and the line itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class JsonFault:
    """Why a text is not the JSON that was wanted."""

    message: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return self.message if self.line is None else f"Line {self.line}, column {self.column}: {self.message}"


def parse(text: str, expected: type = dict) -> Any | JsonFault:
    """Parse a JSON text whose top is an object or a list.

    Args:
        text: What was typed.
        expected: `dict` or `list`.

    Returns:
        The value, or a `JsonFault` that says where and why.
    """
    if not text.strip():
        return JsonFault(f"empty: type a JSON {_name(expected)}", 1, 1)
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        return JsonFault(error.msg[0].lower() + error.msg[1:], error.lineno, error.colno)
    except (ValueError, RecursionError) as error:
        return JsonFault(str(error))
    if not isinstance(value, expected):
        return JsonFault(f"expected a JSON {_name(expected)}, found {_name(type(value))}", 1, 1)
    return value


def locate(text: str, path: Sequence[str | int]) -> tuple[int, int]:
    """Find where a value stands in a JSON text.

    Args:
        text: Valid JSON.
        path: Keys and positions from the top to the value; where it leads nowhere, the last value on it is found.

    Returns:
        Line and column, from 1.
    """
    at = _skip(text, 0)
    for part in path:
        found = _child(text, at, part)
        if found is None:
            break
        at = found
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def pretty(value: Any) -> str:
    """Write a value as JSON for people: indented, in its own letters."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _name(kind: type) -> str:
    names = {dict: "object", list: "list", str: "text", bool: "true or false", int: "number", float: "number"}
    return names.get(kind, "null")


def _child(text: str, at: int, part: str | int) -> int | None:
    """Find where one member of the object or list at `at` begins."""
    closing = {"{": "}", "[": "]"}.get(text[at])
    if closing is None:
        return None
    count, at = 0, _skip(text, at + 1)
    while text[at] != closing:
        name: str | int = count
        if closing == "}":
            name, at = _DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        if name == part:
            return at
        _, at = _DECODER.raw_decode(text, at)
        count, at = count + 1, _skip(text, at)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return None


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\n\r":
        at += 1
    return at
