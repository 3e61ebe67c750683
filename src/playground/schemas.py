"""JSON schemas that a person types: looked at before they are sent, and held against what came back.

Nothing is fetched: a `$ref` to another address is a fault of the schema, whoever wrote the address.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOST_FAULTS = 50
LONGEST = 300
"""Characters of a value that a fault shows."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Where and how a value misses its schema."""

    path: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """Where and why an object is no JSON schema."""

    path: tuple[str | int, ...]
    message: str

    def __str__(self) -> str:
        return f"{_path(self.path)}: {self.message}"


def schema_fault(schema: Mapping[str, Any]) -> SchemaFault | None:
    """Tell why an object is no JSON schema; `None` if it is one."""
    from jsonschema.exceptions import SchemaError

    if not isinstance(schema.get("$schema", ""), str):
        return SchemaFault(("$schema",), "expected the address of a dialect, as text")
    try:
        _dialect(schema).check_schema(schema)
    except SchemaError as error:
        return SchemaFault(tuple(error.absolute_path), error.message[:LONGEST])
    except RecursionError:
        return SchemaFault((), "nested too deeply")
    return None


def faults(value: Any, schema: Mapping[str, Any]) -> list[Fault]:
    """Hold a value against a JSON schema; empty if it fits.

    A schema that cannot be applied, as one whose `$ref` leads nowhere, is one fault at the top.
    """
    from jsonschema.exceptions import ValidationError
    from jsonschema_specifications import REGISTRY
    from referencing.exceptions import Unresolvable

    if wrong := schema_fault(schema):
        return [Fault("$", f"a schema that can be applied: {wrong}", _short(value))]
    try:
        found: list[ValidationError] = list(_dialect(schema)(schema, registry=REGISTRY).iter_errors(value))
    except Unresolvable as error:
        return [Fault("$", f"a schema that can be applied: {error}"[:LONGEST], _short(value))]
    except RecursionError:
        return [Fault("$", "a schema that can be applied: it refers to itself without end", _short(value))]
    found.sort(key=lambda error: [str(part) for part in error.absolute_path])
    return [
        Fault(_path(error.absolute_path), f"{error.validator}: {_short(error.validator_value)}", _short(error.instance))
        for error in found[:MOST_FAULTS]
    ]


def _dialect(schema: Mapping[str, Any]) -> Any:
    from jsonschema.validators import Draft202012Validator, validator_for

    return validator_for(schema, default=Draft202012Validator)


def _path(parts: Any) -> str:
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
