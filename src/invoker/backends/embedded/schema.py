"""JSON schemas: checked before they reach the runtime, told to the model, and held against its answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...errors import InvokeBadRequestError


def checked_schema(schema: object, field: str) -> dict[str, Any]:
    """Check that something is a JSON schema.

    Args:
        schema: What may be one.
        field: The argument or parameter that holds it.

    Raises:
        InvokeBadRequestError: It is none; the path of the fault is named.
    """
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import validator_for

    if not isinstance(schema, dict):
        raise InvokeBadRequestError(f"{field} must be a JSON object, but is {json.dumps(schema)[:80]}.", field=field)
    try:
        validator_for(schema).check_schema(schema)
    except SchemaError as error:
        where = "".join(f"[{step!r}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
        raise InvokeBadRequestError(
            f"{field} is no JSON schema: at {where.lstrip('.') or 'its root'}: {error.message}", field=field
        ) from error
    return schema


def mismatch(value: object, schema: Mapping[str, Any]) -> str | None:
    """Tell where a value does not follow its schema; None if it does, or if the schema refers to what is not in it.

    Nothing is fetched: a reference to an address somewhere else is not followed.
    """
    from jsonschema.exceptions import best_match
    from jsonschema.validators import validator_for
    from jsonschema_specifications import REGISTRY
    from referencing.exceptions import Unresolvable

    try:
        error = best_match(validator_for(schema)(schema, registry=REGISTRY).iter_errors(value))
    except (Unresolvable, RecursionError):
        return None
    return None if error is None else f"{error.json_path}: {error.message}"


def prompt(schema: Mapping[str, Any]) -> str:
    """Tell the model what its answer must look like; the grammar alone would only cut off what it meant to say."""
    return f"Answer with one JSON value that follows this JSON schema, and with nothing else:\n{json.dumps(schema)}"
