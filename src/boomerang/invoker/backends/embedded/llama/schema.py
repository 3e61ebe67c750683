"""JSON schemas for the LLMs: refused by the argument that holds them, and told to the model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.llm_text.json_schema import schema_fault
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run


def checked_schema(schema: object, field: str, run: Run | None = None) -> dict[str, Any]:
    """Check that something is a JSON schema.

    Args:
        schema: What may be one.
        field: The argument or parameter that holds it.
        run: May be stopped meanwhile.

    Raises:
        InvokeBadRequestError: It is none; the path of the fault is named.
    """
    if not isinstance(schema, dict):
        shown = json.dumps(schema)[:80]
        raise InvokeBadRequestError(Message("prompts.schema_object", field=field, found=shown), field=field)
    if wrong := schema_fault(schema, run):
        raise InvokeBadRequestError(Message("prompts.schema_fault", field=field, fault=str(wrong)), field=field)
    return schema


def prompt(schema: Mapping[str, Any]) -> str:
    """Tell the model what its answer must look like; the grammar alone would only cut off what it meant to say."""
    return f"Answer with one JSON value that follows this JSON schema, and with nothing else:\n{json.dumps(schema)}"
