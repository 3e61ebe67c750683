"""JSON schemas for the LLMs: validation, and the prompt that shows one to the model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.llm_text.json_schema import schema_fault
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run


def checked_schema(schema: object, field: str, run: Run | None = None) -> dict[str, Any]:
    """Check that a value is a JSON schema.

    Args:
        schema: The value.
        field: The argument or parameter that contains it.
        run: Can stop the check.

    Raises:
        InvokeBadRequestError: It is not a schema; names the path of the fault.
    """
    if not isinstance(schema, dict):
        shown = json.dumps(schema)[:80]
        raise InvokeBadRequestError(Message("prompts.schema_object", field=field, found=shown), field=field)
    if wrong := schema_fault(schema, run):
        raise InvokeBadRequestError(Message("prompts.schema_fault", field=field, fault=str(wrong)), field=field)
    return schema


def prompt(schema: Mapping[str, Any]) -> str:
    """Return the prompt that shows the model its schema; the grammar alone would only cut off what it meant to say."""
    return f"Answer with one JSON value that follows this JSON schema, and with nothing else:\n{json.dumps(schema)}"
