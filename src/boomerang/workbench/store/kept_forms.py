"""Long texts and files of open forms, in memory, so that a reload brings them back.

A form is found by a random id, and only by the browser that it belongs to. Everything is bounded; what was not used for longest
is dropped first.
"""

from __future__ import annotations

import secrets
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

_ENTRY_BYTES = 500
"""Estimate for a form without its values."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the store."""

    visitor_bytes: int = 64 * 2**20
    """Most bytes of all forms of one browser; also the most of a single form."""
    total_bytes: int = 512 * 2**20
    visitor_forms: int = 40
    """Most forms of one browser; each open tab has one per page."""
    total_forms: int = 4_000
    age_seconds: float = 12 * 3600.0
    """Longest time since a form was last used."""


@dataclass(frozen=True, slots=True)
class KeptForm:
    """What a page's address cannot carry."""

    fields: dict[str, Any] = field(default_factory=dict)
    """Values of long fields, by name."""
    files: dict[str, Any] = field(default_factory=dict)
    """Contents of file fields, by name."""
    session: str = ""
    """The session that keeps it."""
    dropped: tuple[str, ...] = ()
    """Fields that were too large to keep."""


@dataclass(slots=True)
class _Entry:
    form: KeptForm
    owner: str
    size: int
    used: float


class KeptForms:
    """Forms by id. Thread-safe.

    Args:
        limits: Bounds.
        clock: Returns seconds.
    """

    def __init__(self, limits: Limits | None = None, clock: Callable[[], float] = monotonic) -> None:
        self.limits = limits or Limits()
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        """Least recently used first."""

    @staticmethod
    def new_id() -> str:
        """Return an id that cannot be guessed."""
        return secrets.token_urlsafe(16)

    def keep(self, form_id: str, owner: str, form: KeptForm) -> None:
        """Keep a form, or replace its earlier values; fields too large for the bounds are dropped, the largest first.

        Args:
            form_id: Its id, from `new_id`.
            owner: The browser it belongs to; without one, nothing is kept.
            form: The values. They are copied; texts and bytes are shared.
        """
        if not owner:
            return
        form = self._fitting(form)
        with self._lock:
            before = self._entries.get(form_id)
            if before is not None and not _same(before.owner, owner):
                return
            if before is None or before.form != form:
                size = _ENTRY_BYTES + weight(form.fields) + weight(form.files)
                self._entries[form_id] = _Entry(deepcopy(form), owner, size, 0.0)
            self._entries[form_id].used = self._clock()
            self._entries.move_to_end(form_id)
            self._prune(owner)

    def open(self, form_id: str, owner: str) -> KeptForm | None:
        """Return a copy of a form; `None` if it is not there or belongs to another browser."""
        with self._lock:
            self._prune(owner)
            entry = self._entries.get(form_id)
            if entry is None or not _same(entry.owner, owner):
                return None
            entry.used = self._clock()
            self._entries.move_to_end(form_id)
            form = entry.form  # never changed in place
        return deepcopy(form)

    def retire(self, form_id: str, owner: str) -> None:
        """Make a form the first to be dropped: its page was reloaded, and the new page keeps a form of its own."""
        with self._lock:
            entry = self._entries.get(form_id)
            if entry is not None and _same(entry.owner, owner):
                self._entries.move_to_end(form_id, last=False)

    def drop(self, form_id: str, owner: str) -> None:
        """Drop a form."""
        with self._lock:
            entry = self._entries.get(form_id)
            if entry is not None and _same(entry.owner, owner):
                del self._entries[form_id]

    @property
    def size(self) -> int:
        """Bytes of all forms."""
        with self._lock:
            return sum(entry.size for entry in self._entries.values())

    def __len__(self) -> int:
        with self._lock:
            return len(self._entries)

    def _fitting(self, form: KeptForm) -> KeptForm:
        """Return a form without the fields that exceed the bounds even if it is the only one."""
        sizes = {name: weight(value) for values in (form.fields, form.files) for name, value in values.items()}
        room = min(self.limits.visitor_bytes, self.limits.total_bytes) - _ENTRY_BYTES
        room -= weight(dict.fromkeys(form.fields)) + weight(dict.fromkeys(form.files))
        dropped = []
        while sizes and sum(sizes.values()) > room:
            largest = max(sizes, key=sizes.__getitem__)
            dropped.append(largest)
            del sizes[largest]
        if not dropped:
            return form
        fields, files = ({name: values[name] for name in values if name in sizes} for values in (form.fields, form.files))
        return KeptForm(fields, files, form.session, tuple(dropped))

    def _prune(self, owner: str) -> None:
        """Drop what is too old, then the least recently used beyond the browser's bounds, then beyond those of all."""
        oldest = self._clock() - self.limits.age_seconds
        for name in [name for name, entry in self._entries.items() if entry.used < oldest]:
            del self._entries[name]
        own = [name for name, entry in self._entries.items() if entry.owner == owner]
        self._shrink(own, self.limits.visitor_bytes, self.limits.visitor_forms)
        self._shrink(list(self._entries), self.limits.total_bytes, self.limits.total_forms)

    def _shrink(self, names: list[str], most_bytes: int, most_forms: int) -> None:
        size, count = sum(self._entries[name].size for name in names), len(names)
        for name in names:
            if size <= most_bytes and count <= most_forms:
                return
            size, count = size - self._entries.pop(name).size, count - 1


def weight(value: Any) -> int:
    """Return the bytes of a value made of lists, dictionaries, texts, bytes and numbers."""
    size = sys.getsizeof(value)
    if isinstance(value, Mapping):
        size += sum(weight(key) + weight(item) for key, item in value.items())
    elif isinstance(value, list | tuple):
        size += sum(map(weight, value))
    return size


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode())
