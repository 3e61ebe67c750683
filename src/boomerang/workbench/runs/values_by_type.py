"""A collection with at most one value per class: typed, unlike a dictionary with literal keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

ValueT = TypeVar("ValueT")


class ValuesByType:
    """Values by their class. Each user defines a small class for its value, so that no key can clash or be misspelled."""

    def __init__(self, *values: object) -> None:
        self._values: dict[type, object] = {type(value): value for value in values}

    def __iter__(self) -> Iterator[object]:
        return iter(tuple(self._values.values()))

    def get(self, kind: type[ValueT]) -> ValueT | None:
        """Return the value of a class; `None` if there is none."""
        value = self._values.get(kind)
        return value if isinstance(value, kind) else None

    def get_or_create(self, kind: type[ValueT]) -> ValueT:
        """Return the value of a class; create it without arguments if missing."""
        value = self.get(kind)
        if value is None:
            self._values[kind] = value = kind()
        return value

    def put(self, value: object) -> None:
        """Set the value of its class, replacing an earlier one."""
        self._values[type(value)] = value

    def drop(self, kind: type) -> None:
        """Remove the value of a class, if there is one."""
        self._values.pop(kind, None)
