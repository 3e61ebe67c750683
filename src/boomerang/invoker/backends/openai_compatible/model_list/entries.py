"""Parse the entries of a server's model list, whatever its shape; an odd entry does not hide the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

_LISTS = ("data", "models", "result", "items")
"""Fields that contain the list: OpenAI; Ollama and Google; gateways' envelopes."""
_NAMES = ("id", "name", "model", "model_name", "key")
"""Fields with the name of a model, the one to request it by first: OpenAI; Ollama and Cohere; Ollama; LiteLLM's
`/model/info`; LM Studio."""
DEEPEST = 3
"""Maximum envelopes around a list."""


class Entries(NamedTuple):
    """Contents of a list."""

    named: Mapping[str, Mapping[str, Any]]
    """Name → entry, in the list's order."""
    odd: Sequence[Any]
    """Entries without a model name."""


def read_entries(value: Any) -> Entries | None:
    """Parse a model list; `None` if the value contains none."""
    if (items := _find(value)) is None:
        return None
    named: dict[str, Mapping[str, Any]] = {}
    odd: list[Any] = []
    for item in _flat(items):
        name = (
            next(filter(None, (name_in(item.get(field)) for field in _NAMES)), "") if isinstance(item, dict) else name_in(item)
        )
        if name:
            named.setdefault(name, item if isinstance(item, dict) else {})
        else:
            odd.append(item)
    return Entries(named, odd)


def _find(value: Any, depth: int = DEEPEST) -> list[Any] | None:
    """Return the list: the value itself, or one of its fields; `null` there is an empty list."""
    if isinstance(value, list):
        return value
    if not isinstance(value, dict) or not depth:
        return None
    fields = [name for name in _LISTS if name in value]
    nested = (_in_field(value[name], depth) for name in fields if value[name] is not None)
    return next((items for items in nested if items is not None), [] if fields and value[fields[0]] is None else None)


def _in_field(value: Any, depth: int) -> list[Any] | None:
    """Return the list in a field: the field itself, one more envelope, an object of models by name, or a single model."""
    if not isinstance(value, dict):
        return value if isinstance(value, list) else None
    if any(name in value for name in _LISTS) and (items := _find(value, depth - 1)) is not None:
        return items
    if any(name_in(value.get(name)) for name in _NAMES):
        return [value]
    return [_keyed(name, item) if isinstance(item, dict) else {name: item} for name, item in value.items()]


def _keyed(name: str, item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an entry from an object of models by name, which may omit its `id`."""
    return item if name_in(item.get("id")) else {**item, "id": name}


def _flat(items: Sequence[Any]) -> Iterator[Any]:
    """Yield the entries, including those of nested lists of objects."""
    for item in items:
        if isinstance(item, list) and item and all(isinstance(inner, dict) for inner in item):
            yield from item
        else:
            yield item


def name_in(value: Any) -> str:
    """Return a name; empty if it is blank or contains a lone surrogate, which neither page nor request can contain."""
    if not isinstance(value, str) or not value.strip():
        return ""
    return value if value == value.encode("utf-8", "replace").decode() else ""
