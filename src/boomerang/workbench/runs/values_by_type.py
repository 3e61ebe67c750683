"""A collection with at most one value of each class: typed where a dictionary with literal keys is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

ValueT = TypeVar("ValueT")


class ValuesByType:
    """Values by their class. Who keeps something defines a small class for it, and no name can clash or be misspelled."""

    def __init__(self, *values: object) -> None:
        self._values: dict[type, object] = {type(value): value for value in values}

    def __iter__(self) -> Iterator[object]:
        return iter(tuple(self._values.values()))

    def get(self, kind: type[ValueT]) -> ValueT | None:
        """Return the value of a class; `None` if there is none."""
        value = self._values.get(kind)
        return value if isinstance(value, kind) else None

    def get_or_create(self, kind: type[ValueT]) -> ValueT:
        """Return the value of a class; creates it without arguments if there is none."""
        value = self.get(kind)
        if value is None:
            self._values[kind] = value = kind()
        return value

    def put(self, value: object) -> None:
        """Set the value of its class, in place of an earlier one."""
        self._values[type(value)] = value

    def drop(self, kind: type) -> None:
        """Remove the value of a class; nothing happens if there is none."""
        self._values.pop(kind, None)
