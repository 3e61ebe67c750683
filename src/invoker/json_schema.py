"""JSON schemas: whether an object is one, and where and how a value misses it.

Nothing is fetched: a `$ref` to another address is a fault of the schema, whoever wrote the address.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MOST_FAULTS = 50
LONGEST = 300
"""Characters of a value that a fault shows."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Where and how a value misses its schema."""

    path: str
    """From the top down, as in `$.people[1].name`."""
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.path}: expected {self.expected}, found {self.found}"


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """Where and why an object is no JSON schema."""

    path: tuple[str | int, ...]
    """Keys and positions from the top to what is wrong."""
    message: str

    def __str__(self) -> str:
        return f"{_written(self.path)}: {self.message}"


def schema_fault(schema: Mapping[str, Any]) -> SchemaFault | None:
    """Tell why an object is no JSON schema; `None` if it is one.

    An object that names no dialect, or one that nobody knows, is held against draft 2020-12.
    """
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

    Args:
        value: What JSON can hold.
        schema: What may be a JSON schema.

    Returns:
        The first `MOST_FAULTS` of all faults, by their place.
    """
    from jsonschema.exceptions import ValidationError
    from jsonschema_specifications import REGISTRY
    from referencing.exceptions import Unresolvable

    if wrong := schema_fault(schema):
        return [_unusable(wrong, value)]
    try:
        found: list[ValidationError] = list(_dialect(schema)(schema, registry=REGISTRY).iter_errors(value))
    except Unresolvable as error:
        return [_unusable(error, value)]
    except RecursionError:
        return [_unusable("it refers to itself without end", value)]
    # Keys and positions do not compare; here a position comes before a key.
    found.sort(key=lambda error: [(isinstance(part, str), part) for part in error.absolute_path])
    return [
        Fault(_written(error.absolute_path), f"{error.validator}: {_short(error.validator_value)}", _short(error.instance))
        for error in found[:MOST_FAULTS]
    ]


def _dialect(schema: Mapping[str, Any]) -> Any:
    from jsonschema.validators import Draft202012Validator, validator_for

    return validator_for(schema, default=Draft202012Validator)


def _unusable(reason: object, value: Any) -> Fault:
    return Fault("$", f"a schema that can be applied: {reason}"[:LONGEST], _short(value))


def _written(path: Iterable[str | int]) -> str:
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
