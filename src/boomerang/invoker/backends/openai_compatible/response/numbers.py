"""Parse numbers and flags as servers write them: JSON values, text, or `3.0` for an integer."""

from __future__ import annotations

from typing import Any

_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
LONGEST = 400
"""Maximum characters of a number written as text; no double-precision number needs more."""


def as_int(value: Any) -> int | None:
    """Return an integer, also from `3.0`, `"3"` or `"3.0"`; `None` for anything else, such as `True` or `2.5`."""
    match value:
        case bool():
            return None
        case int():
            return value
        case float():
            return int(value) if value.is_integer() else None
        case str() if _is_plain(value):
            try:
                return int(value)
            except ValueError:
                return as_int(as_float(value))
    return None


def as_float(value: Any) -> float | None:
    """Return a number, also from text such as `"0.5"`, `"1e-3"`, `"NaN"` or `"-Infinity"`; `None` for anything else.

    The caller must check whether it is finite. An integer too large for a float becomes infinite.
    """
    match value:
        case bool():
            return None
        case float():
            return value
        case int():
            try:
                return float(value)
            except OverflowError:
                return float("inf") if value > 0 else float("-inf")
        case str() if _is_plain(value):
            try:
                return float(value)
            except ValueError:
                return None
    return None


def as_bool(value: Any) -> bool | None:
    """Return a flag, also from 0 and 1 or from text such as `"true"` and `"No"`; `None` for anything else."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _FLAGS.get(value.strip().lower())
    return bool(value) if value in (0, 1) else None


def _is_plain(text: str) -> bool:
    """Return whether a text is a number in most languages: only Python accepts `1_000` and the digits of every script."""
    return len(text) <= LONGEST and text.isascii() and "_" not in text
