"""A JSON schema proposed from an example, as a start for editing."""

from __future__ import annotations

from typing import Any

from genson import SchemaBuilder
from genson.schema.strategies import Object


class _ClosedObject(Object):  # type: ignore[misc]
    """Disallow other names, as OpenAI's strict schemas demand."""

    def to_schema(self) -> dict[str, Any]:
        return {**super().to_schema(), "additionalProperties": False}


class _Builder(SchemaBuilder):  # type: ignore[misc]
    EXTRA_STRATEGIES = (_ClosedObject,)


def propose(example: Any) -> dict[str, Any]:
    """Propose the schema that a value and its like fit.

    Every name of an object is required and no other is allowed; in a list of objects, those names are required that all have.
    Values of several kinds in one place may be of any of them. What an example cannot tell, as limits, is left open.

    Args:
        example: What JSON can hold, not nested deeper than Python calls reach.

    Returns:
        A schema of draft 2020-12 that the example fits.
    """
    builder = _Builder(schema_uri=None)
    builder.add_object(example)
    schema: dict[str, Any] = builder.to_schema()
    return schema
