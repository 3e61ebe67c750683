"""Find JSON in a model's text: the whole text, in a code fence, or among other words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .json_depth import is_deep

_FENCE = re.compile(r"```[ \t]*([\w-]*)")
_START = re.compile(r"[{\[]")
MOST_EMPTY = 10
"""Maximum empty objects and lists to keep in case there is no other."""
FIRST_WINDOW = 64
LONGEST_TOKEN = 16
"""An error within this many characters of a window's end may be due to the window."""
_BLANKS = " \t\r\n\0\ufeff"


class Place(StrEnum):
    """Where the JSON is."""

    WHOLE = "whole"
    """The whole text, except for surrounding whitespace."""
    FENCED = "fenced"
    """In a code fence."""
    SURROUNDED = "surrounded"
    """Among other words."""


@dataclass(frozen=True, slots=True)
class JsonInText:
    """A JSON value found in a text."""

    value: Any
    place: Place
    control_characters: bool = False
    """Whether its strings contain raw line breaks or other control characters."""


def find(text: str) -> JsonInText | None:
    """Find the JSON value in a text, in linear time.

    Among other words, only an object or a list counts, as any number would otherwise. A truncated or broken object does not
    count, and neither do its contents. Raw line breaks inside strings are accepted.

    Returns:
        The whole text's value if it is JSON; else that of the first code fence that contains JSON, else the first object or
        list anywhere, preferably non-empty; `None` if there is none. Values nested too deeply are ignored.
    """
    return next(_all(text), None)


def find_object(text: str) -> JsonInText | None:
    """Find an object as `find` does, ignoring lists and other values."""
    return next((candidate for candidate in _all(text) if isinstance(candidate.value, dict)), None)


def _all(text: str) -> Iterator[JsonInText]:
    whole = _read(text, Place.WHOLE)
    if whole is not None:
        yield whole
        return
    for fenced in _fences(text):
        inner = _read(fenced, Place.FENCED)
        if inner is not None:
            yield inner
    empty: list[JsonInText] = []
    for candidate in _inside(text):
        if candidate.value:
            yield candidate
        elif len(empty) < MOST_EMPTY:
            empty.append(candidate)
    yield from empty


def _fences(text: str) -> Iterator[str]:
    """Yield the contents of code fences: multi-line, inline, or up to the end of the text if not closed."""
    opened = _FENCE.search(text)
    while opened is not None:
        end = text.find("```", opened.end())
        yield text[opened.end() : end if end >= 0 else len(text)]
        opened = _FENCE.search(text, end + 3) if end >= 0 else None


def _inside(text: str) -> Iterator[JsonInText]:
    at = 0
    while (start := _START.search(text, at)) is not None:
        try:
            value, end = _value_at(text, start.start())
        except _BrokenError as error:
            # Valid up to there, so its contents belong to something broken. Skipping them keeps this linear.
            at = max(start.end(), error.at)
        except (ValueError, RecursionError):  # nested too deeply, and so is what follows
            return
        else:
            at = end
            if not is_deep(value):
                yield JsonInText(value, Place.SURROUNDED, has_raw_control_characters(text[start.start() : end]))


class _BrokenError(Exception):
    """The text is not valid JSON.

    Args:
        at: Where it becomes invalid.
    """

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


def _value_at(text: str, start: int) -> tuple[Any, int]:
    """Return the value that begins at an offset, and where it ends.

    Python's error counts the lines before its position, so each would cost as much as all of the preceding text. A window that
    doubles while the value continues limits that to a few times the length of the value.
    """
    size = FIRST_WINDOW
    while True:
        window = text[start : start + size]
        constants: list[str] = []
        decoder = json.JSONDecoder(parse_constant=constants.append, strict=False)
        try:
            value, length = decoder.raw_decode(window)
        except json.JSONDecodeError as error:
            is_all = start + size >= len(text)
            if is_all or (error.pos < size - LONGEST_TOKEN and not error.msg.startswith("Unterminated")):
                raise _BrokenError(start + error.pos) from None
            size *= 2
            continue
        if constants:  # NaN, which is not JSON
            raise _BrokenError(start + length)
        return value, start + length


def _read(text: str, place: Place) -> JsonInText | None:
    """Parse a text that is JSON as a whole."""
    try:
        value = _DECODER.decode(text.strip(_BLANKS))
    except (ValueError, RecursionError):
        return None
    return None if is_deep(value) else JsonInText(value, place, has_raw_control_characters(text.strip(_BLANKS)))


_CONTROL = re.compile(r"[\0-\x1f]")


def has_raw_control_characters(text: str) -> bool:
    """Return whether leniently parsed JSON has control characters inside strings, rather than only between values."""
    if not _CONTROL.search(text):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return True
    return False


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse, strict=False)
