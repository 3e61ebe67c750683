"""A field of an answer that arrives in pieces and is sent back whole. The work is linear in the number of pieces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_GROWING = ("text", "thinking", "summary", "data", "signature")
"""Fields of a list item that arrive in pieces themselves."""


class Growing:
    """Joins the pieces of a value: text is appended, objects are merged, lists are joined by their items' `index`."""

    __slots__ = ("_fields", "_items", "_other", "_texts")

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._items: list[Any] = []
        self._fields: dict[str, Any] = {}
        self._other: Any = None

    def add(self, piece: Any) -> None:
        """Add the next piece."""
        if isinstance(piece, str):
            self._texts.append(piece)
        elif isinstance(piece, list):
            for item in piece:
                self._add_item(item)
        elif isinstance(piece, dict):
            self._fields.update(piece)
        elif piece is not None:
            self._other = piece

    @property
    def value(self) -> Any:
        """The joined pieces; `None` if there were none."""
        if self._texts:
            return "".join(self._texts)
        if self._items:
            return [item.value if isinstance(item, _Item) else item for item in self._items]
        return self._fields or self._other

    def _add_item(self, item: Any) -> None:
        last = self._items[-1] if self._items else None
        if not isinstance(item, dict):
            self._items.append(item)
        elif isinstance(last, _Item) and last.is_continued_by(item):
            last.add(item)
        else:
            self._items.append(_Item(item))


class _Item:
    """An object in a list, such as a block of reasoning."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields: dict[str, Any] = {}
        self._growing: dict[str, list[str]] = {}
        self.add(fields)

    def is_continued_by(self, fields: Mapping[str, Any]) -> bool:
        if self._fields.get("type") != fields.get("type"):
            return False
        if "index" in fields or "index" in self._fields:
            return bool(self._fields.get("index") == fields.get("index"))
        return "signature" not in self._growing

    def add(self, fields: Mapping[str, Any]) -> None:
        for name, value in fields.items():
            if name in _GROWING and isinstance(value, str) and value:
                self._growing.setdefault(name, []).append(value)
            if value is not None:
                self._fields[name] = value

    @property
    def value(self) -> dict[str, Any]:
        return self._fields | {name: "".join(texts) for name, texts in self._growing.items()}
