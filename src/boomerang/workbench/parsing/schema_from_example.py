"""A JSON schema proposed from an example, as a start for editing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def propose(example: Any) -> dict[str, Any]:
    """Propose the schema that a value and its like fit.

    Every name of an object is required and no other is allowed; in a list of objects, those names are required that all have.
    Values of several kinds in one place may be of any of them. What an example cannot tell, as limits, is left open.

    Args:
        example: What JSON can hold, not nested deeper than Python calls reach.

    Returns:
        A schema of draft 2020-12 that the example fits.
    """
    return _schema([example])


def _schema(values: Sequence[Any]) -> dict[str, Any]:
    """Return one schema for all values; an open one if there are none."""
    objects = [value for value in values if isinstance(value, dict)]
    lists = [value for value in values if isinstance(value, list)]
    kinds = list(dict.fromkeys(_kind(value) for value in values if not isinstance(value, dict | list)))
    if "number" in kinds and "integer" in kinds:  # a whole number is a number too
        kinds.remove("integer")
    parts: list[dict[str, Any]] = []
    if objects:
        parts.append(_object(objects))
    if lists:
        parts.append(_array(lists))
    if kinds:
        parts.append({"type": kinds[0] if len(kinds) == 1 else kinds})
    if len(parts) > 1:
        return {"anyOf": parts}
    return parts[0] if parts else {}


def _object(objects: Sequence[dict[str, Any]]) -> dict[str, Any]:
    values: dict[str, list[Any]] = {}
    for item in objects:
        for name, value in item.items():
            values.setdefault(name, []).append(value)
    return {
        "type": "object",
        "properties": {name: _schema(those) for name, those in values.items()},
        "required": [name for name, those in values.items() if len(those) == len(objects)],
        "additionalProperties": False,
    }


def _array(lists: Sequence[list[Any]]) -> dict[str, Any]:
    items = [item for value in lists for item in value]
    return {"type": "array", "items": _schema(items)} if items else {"type": "array"}


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    return "number" if isinstance(value, float) else "string"
