"""The differences between two JSON values, by path."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class DifferenceKind(StrEnum):
    """The kind of a difference."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference."""

    path: str
    """Such as `$.items[0].name`, or `$["a name"]` if a name needs quotes. The path of a removed value is its place on the left,
    that of an added value its place on the right; a changed value has the same path on both sides."""
    kind: DifferenceKind
    left: Any
    """`None` if only the right side has a value (or if it is JSON null: see `kind`)."""
    right: Any
    """`None` if only the left side has a value (or if it is JSON null)."""


def diff(left: Any, right: Any) -> list[Difference]:
    """Compare two JSON values, as returned by `json.loads`.

    Objects are compared by name, in any order. Lists of equal length are compared item by item. For lists of different
    lengths, equal items at the start and the end are skipped first, so one extra item is one difference, wherever it is.
    Numbers are equal by value (1 and 1.0); `true` is not 1. NaN, which Python's JSON parser accepts, equals itself.

    Returns:
        Differences in the order of the left value, additions last at each place; empty if the values are equal. Works at any
        depth.
    """
    differences: list[Difference] = []
    waiting: list[tuple[str, Any, Any] | Difference] = [("$", left, right)]
    while waiting:  # not recursive: a model's JSON may be deeper than Python's stack
        task = waiting.pop()
        if isinstance(task, Difference):
            differences.append(task)
            continue
        path, old, new = task
        if isinstance(old, dict) and isinstance(new, dict):
            waiting.extend(reversed(_objects(path, old, new)))
        elif isinstance(old, list) and isinstance(new, list):
            waiting.extend(reversed(_lists(path, old, new)))
        elif not _same(old, new):
            differences.append(Difference(path, DifferenceKind.CHANGED, old, new))
    return differences


_Tasks = list[tuple[str, Any, Any] | Difference]


def _objects(path: str, old: dict[str, Any], new: dict[str, Any]) -> _Tasks:
    tasks: _Tasks = []
    for name, value in old.items():
        at = path + _name(name)
        tasks.append((at, value, new[name]) if name in new else Difference(at, DifferenceKind.REMOVED, value, None))
    tasks += [Difference(path + _name(name), DifferenceKind.ADDED, None, new[name]) for name in new if name not in old]
    return tasks


def _lists(path: str, old: list[Any], new: list[Any]) -> _Tasks:
    start, end = _shared_ends(old, new) if len(old) != len(new) else (0, 0)
    old_end, new_end = len(old) - end, len(new) - end
    paired = min(old_end, new_end)
    tasks: _Tasks = [(f"{path}[{index}]", old[index], new[index]) for index in range(start, paired)]
    tasks += [Difference(f"{path}[{index}]", DifferenceKind.REMOVED, old[index], None) for index in range(paired, old_end)]
    tasks += [Difference(f"{path}[{index}]", DifferenceKind.ADDED, None, new[index]) for index in range(paired, new_end)]
    return tasks


def _shared_ends(old: list[Any], new: list[Any]) -> tuple[int, int]:
    """Count equal items at the start, and at the end of the rest."""
    shorter = min(len(old), len(new))
    start = 0
    while start < shorter and equal(old[start], new[start]):
        start += 1
    end = 0
    while end < shorter - start and equal(old[-1 - end], new[-1 - end]):
        end += 1
    return start, end


def equal(left: Any, right: Any) -> bool:
    """Return whether two JSON values are equal by the rules of `diff`, at any depth."""
    waiting = [(left, right)]
    while waiting:
        old, new = waiting.pop()
        if isinstance(old, dict) and isinstance(new, dict):
            if old.keys() != new.keys():
                return False
            waiting += [(value, new[name]) for name, value in old.items()]
        elif isinstance(old, list) and isinstance(new, list):
            if len(old) != len(new):
                return False
            waiting += zip(old, new, strict=True)
        elif not _same(old, new):
            return False
    return True


def _same(old: Any, new: Any) -> bool:
    """Compare two values that are not both objects or both lists."""
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    return bool(old == new) or (old != old and new != new)  # only NaN differs from itself


def _name(name: str) -> str:
    return f".{name}" if _PLAIN_NAME.fullmatch(name) else f"[{json.dumps(name, ensure_ascii=False)}]"
