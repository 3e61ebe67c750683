"""Propose a JSON schema from an example, as a starting point for editing."""

from __future__ import annotations

from typing import Any

from genson import SchemaBuilder
from genson.schema.strategies import Object


class _ClosedObject(Object):  # type: ignore[misc]
    """Disallows other names, as OpenAI's strict schemas require."""

    def to_schema(self) -> dict[str, Any]:
        return {**super().to_schema(), "additionalProperties": False}


class _Builder(SchemaBuilder):  # type: ignore[misc]
    EXTRA_STRATEGIES = (_ClosedObject,)


def propose(example: Any) -> dict[str, Any]:
    """Propose a schema that an example matches.

    All names of an object are required and no others are allowed; in a list of objects, the names that all objects have are
    required. A place with values of several types allows any of them. Limits, which an example cannot show, are left open.

    Args:
        example: A JSON value, not nested deeper than Python's recursion limit.

    Returns:
        A schema of draft 2020-12 that the example matches.
    """
    builder = _Builder(schema_uri=None)
    builder.add_object(example)
    schema: dict[str, Any] = builder.to_schema()
    return schema
