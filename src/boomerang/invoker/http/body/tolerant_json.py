"""Parse JSON that violates RFC 8259 in unambiguous ways."""

from __future__ import annotations

import json
import re
from typing import Any, Literal

from pydantic_core import from_json

Oddity = Literal["control_characters", "bad_utf8", "trailing", "long_integer"]
"""A deviation from JSON that was tolerated.

`control_characters`: a raw tab, line break or other control character inside a string. `bad_utf8`: bytes that are not in the
text's encoding. `trailing`: text after the value. `long_integer`: an integer that Python refuses to convert, read as text.
"""
NONE: frozenset[Oddity] = frozenset()
LARGE = 2**20
"""Bytes from which pydantic's parser is used: it takes a quarter of the time, and parsing blocks all other threads. Below that,
the familiar `json` is fast enough.
"""
_SLICE = 2**20
_BLANKS = re.compile("[ \t\r\n\v\f\0\ufeff\u00a0]*")
"""Ignored around a value: JSON whitespace, that of other formats, padding and byte order marks."""


def read_json(data: bytes, errors: str = "replace") -> tuple[Any, frozenset[Oddity]]:
    """Parse one JSON value. Costs no more than `json.loads` on valid JSON.

    Args:
        data: Text in UTF-8, UTF-16 or UTF-32, with or without a byte order mark.
        errors: How to decode invalid bytes, as in `bytes.decode`. With `surrogateescape`, a caller can recover them, to join a
            character that a server split between two events.

    Returns:
        The value, and the deviations found. Text may only follow an object, or a list of objects or lists: `404 not found` is
        not the number 404.

    Raises:
        ValueError: No such value, or it is nested too deeply. The error does not contain the data.
    """
    try:
        return from_json(data) if len(data) > LARGE else json.loads(data), NONE
    except (ValueError, RecursionError):
        pass  # these errors contain the whole text, so do not chain them
    reading = _read_odd(data, errors)
    if reading is None:
        raise ValueError("not JSON")
    return reading


def _read_odd(data: bytes, errors: str) -> tuple[Any, frozenset[Oddity]] | None:
    oddities: set[Oddity] = set()
    encoding = json.detect_encoding(data)
    try:
        text = data.decode(encoding, "surrogatepass")
    except UnicodeDecodeError:
        text = data.decode(encoding, errors)
        oddities.add("bad_utf8")

    def integer(digits: str) -> int | str:
        try:
            return int(digits)
        except ValueError:
            oddities.add("long_integer")
            return digits

    start = _end_of_blanks(text, 0)
    for strict in (True, False):
        try:
            value, end = json.JSONDecoder(strict=strict, parse_int=integer).raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        if _end_of_blanks(text, end) < len(text):
            if not _is_container(value):
                return None
            oddities.add("trailing")
        if not strict:
            oddities.add("control_characters")
        return value, frozenset(oddities)
    return None


def _end_of_blanks(text: str, start: int) -> int:
    match = _BLANKS.match(text, start)
    assert match is not None  # the pattern also matches an empty string
    return match.end()


def memory(data: bytes) -> int:
    """Estimate the memory in bytes of parsed JSON, without its long texts; within a factor of two.

    Counts the characters that begin or separate values: about 40 bytes for a number, 120 for a short text, 80 more for a list
    or an object.
    """
    total = 0
    for start in range(0, len(data), _SLICE):  # other threads run in between
        part = data[start : start + _SLICE]
        total += 40 * (len(part) - len(part.translate(None, b',{["')))
        total += 80 * (len(part) - len(part.translate(None, b"{[")))
    return total


def _is_container(value: Any) -> bool:
    """Return whether a value is an object or a list of objects or lists, which ordinary text hardly ever begins with."""
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict | list))
