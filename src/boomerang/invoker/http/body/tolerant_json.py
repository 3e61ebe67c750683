"""Read JSON that breaks RFC 8259 in ways that leave no doubt about what it says."""

from __future__ import annotations

import json
import re
from typing import Any, Literal

from pydantic_core import from_json

Oddity = Literal["control_characters", "bad_utf8", "trailing", "long_integer"]
"""What is wrong with a text that was read all the same.

`control_characters`: a raw tab, line break or other control character inside a string. `bad_utf8`: bytes that are not in the
text's encoding. `trailing`: something after the value. `long_integer`: an integer that Python refuses to convert, read as text.
"""
NONE: frozenset[Oddity] = frozenset()
LARGE = 2**20
"""Bytes from which on the other parser is used: it takes a quarter of the time, in which no other thread runs. Below, the one
that Python's users know is fast enough."""
_SLICE = 2**20
_BLANKS = re.compile("[ \t\r\n\v\f\0\ufeff\u00a0]*")
"""Around a value: the blanks of JSON, those of other formats, padding and byte order marks. They say nothing."""


def read_json(data: bytes, errors: str = "replace") -> tuple[Any, frozenset[Oddity]]:
    """Read one JSON value. Costs no more than `json.loads` if nothing is wrong with it.

    Args:
        data: In UTF-8, UTF-16 or UTF-32, with or without a byte order mark.
        errors: What becomes of bytes that are not in that encoding, as in `bytes.decode`. By `surrogateescape` a caller can get
            them back, to join a character that a server split between two events.

    Returns:
        The value, and what was wrong with the text. Text may only follow an object, or a list of objects or lists: `404 not
        found` is not the number 404.

    Raises:
        ValueError: There is no such value, or it is nested too deep. The error does not hold the data.
    """
    try:
        return from_json(data) if len(data) > LARGE else json.loads(data), NONE
    except (ValueError, RecursionError):
        pass  # these errors hold the whole text, so nothing is raised from them
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
    assert match is not None  # also none is some
    return match.end()


def memory(data: bytes) -> int:
    """Estimate the bytes of memory that JSON in UTF-8 needs when parsed, without its long texts; within a factor of two.

    Counts what begins or separates values: some 40 bytes for a number, 120 for a short text, 80 more for a list or an object.
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
