"""JSON that a person types: parsed, or refused with line, column and the line itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


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


def pretty(value: Any) -> str:
    """Write a value as JSON for people: indented, in its own letters."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _name(kind: type) -> str:
    names = {dict: "object", list: "list", str: "text", bool: "true or false", int: "number", float: "number"}
    return names.get(kind, "null")
