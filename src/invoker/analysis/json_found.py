"""JSON in the text of a model: the text itself, in a fence of code, or between other words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MOST_STARTS = 200
"""Brackets that are tried; a long text of code has more, and none of them may begin JSON."""

_FENCE = re.compile(r"```[\w-]*[ \t]*\n(.*?)(?:\n[ \t]*```|\Z)", re.DOTALL)
_START = re.compile(r"[{\[]")


class Place(StrEnum):
    """Where the JSON stands."""

    WHOLE = "whole"
    """It is all of the text, but for white space around it."""
    FENCED = "fenced"
    """In a fence of code."""
    SURROUNDED = "surrounded"
    """Between other words."""


@dataclass(frozen=True, slots=True)
class Found:
    """A value that a text spells."""

    value: Any
    place: Place


def find(text: str) -> Found | None:
    """Find the JSON that a text spells.

    Between other words only an object or a list counts: any number would be one.

    Returns:
        The whole text's value if it is JSON; else that of the first fence of code that holds JSON, else the first object or
        list anywhere; `None` if there is none.
    """
    whole = _read(text)
    if whole is not None:
        return Found(whole[0], Place.WHOLE)
    for fence in _FENCE.finditer(text):
        fenced = _read(fence[1])
        if fenced is not None:
            return Found(fenced[0], Place.FENCED)
    return next((Found(value, Place.SURROUNDED) for value in _inside(text)), None)


def _inside(text: str) -> Iterator[Any]:
    at = 0
    for _ in range(MOST_STARTS):
        start = _START.search(text, at)
        if start is None:
            return
        try:
            value, at = _DECODER.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            at = start.end()
            continue
        yield value


def _read(text: str) -> tuple[Any] | None:
    """Read a text that is JSON as a whole; in a tuple, as null is a value too."""
    try:
        return (_DECODER.decode(text.strip()),)
    except (ValueError, RecursionError):
        return None


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)
