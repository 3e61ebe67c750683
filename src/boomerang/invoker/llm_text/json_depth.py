"""Limit the nesting of JSON: code after the parser recurses once per level, and most of it fails at 255."""

from __future__ import annotations

from typing import Any

MOST_LEVELS = 100
"""Maximum levels of lists and objects."""


def is_deep(value: Any) -> bool:
    """Return whether a JSON value has more than `MOST_LEVELS` levels."""
    level = [value]
    for _ in range(MOST_LEVELS + 1):
        insides = (item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list))
        level = [item for inside in insides for item in inside]
        if not level:
            return False
    return True
