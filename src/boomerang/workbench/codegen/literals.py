"""Write values as Python source: any text as a literal on one line, long values over several lines."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

INDENT = " " * 4
LONGEST_FLAT = 96
"""Most characters of a value written on one line."""


class Raw(str):
    """A piece of source code, as opposed to text to quote."""


@dataclass(frozen=True, slots=True)
class Construction:
    """A constructor call with keyword arguments."""

    class_name: str
    fields: Mapping[str, Any]


def source(value: Any, depth: int = 0) -> str:
    """Return a value as source; lines after the first are indented by `depth` levels."""
    flat = _flat(value)
    if isinstance(value, str) or len(flat) < LONGEST_FLAT:
        return flat
    inner, outer = INDENT * (depth + 1), INDENT * depth
    if isinstance(value, Construction):
        lines = "".join(f"{inner}{k}={source(v, depth + 1)},\n" for k, v in value.fields.items())
        return f"{value.class_name}(\n{lines}{outer})"
    if isinstance(value, list):
        return "[\n" + "".join(f"{inner}{source(item, depth + 1)},\n" for item in value) + f"{outer}]"
    if isinstance(value, Mapping):
        return "{\n" + "".join(f"{inner}{_flat(k)}: {source(v, depth + 1)},\n" for k, v in value.items()) + f"{outer}}}"
    return flat


def quoted(text: str) -> str:
    """Return a text as a literal, in double quotes unless it contains some; line ends and half characters are escaped."""
    return repr(text) if '"' in text else '"' + repr("'" + text)[2:]  # `repr` chooses double quotes if there are single ones


def _flat(value: Any) -> str:
    """Return a value on one line."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Construction):
        return f"{value.class_name}({', '.join(f'{k}={_flat(v)}' for k, v in value.fields.items())})"
    if isinstance(value, list):
        return f"[{', '.join(_flat(item) for item in value)}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flat(k)}: {_flat(v)}" for k, v in value.items()) + "}"
    if isinstance(value, float) and not math.isfinite(value):  # `nan` and `inf` are no literals
        return f'float("{value}")'
    return repr(value)
