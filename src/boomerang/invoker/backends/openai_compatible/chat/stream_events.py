"""One event of a server's stream as JSON values, also where it is not quite JSON.

Servers send two objects in one line, repeat `data:` inside the data, cut a character in two between events, leave raw line
breaks in strings, and send words or empty values to keep a connection open. What can be read is read; the rest is returned.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from boomerang.invoker.llm_text.json_in_text import has_raw_control_characters

DONE = "[DONE]"
_DATA = re.compile(r"(?:data:\s*)*")
"""The name of the field again, inside its own value."""
_KEPT_OPEN = re.compile(r":.*|[\[<(]?(?:ping|pong|keep[-_ ]?alive|heart[-_ ]?beat)[\])>]?[.!]?", re.IGNORECASE)
"""Words that only keep a connection open."""
_BLANKS = " \t\r\n\0\ufeff,"
"""What may stand between two values."""
_LOOSE = json.JSONDecoder(strict=False)


@dataclass(slots=True)
class Reading:
    """What an event holds."""

    values: list[Any] = field(default_factory=list)
    """JSON values, in order."""
    rest: str = ""
    """What follows them and is no JSON."""
    done: bool = False
    """Whether the server said that its answer is complete."""
    is_cut: bool = False
    """Whether the rest is the beginning of an object."""
    control_characters: bool = False
    """Whether a string held raw line breaks or other control characters."""
    broken_utf8: bool = False
    """Whether there were bytes that are not UTF-8; they are lone surrogates in the values, as `surrogateescape` makes them."""


def read(data: bytes) -> Reading:
    """Read an event's data, of which `json.loads` could not make anything. Linear in its size."""
    try:
        text, broken = data.decode(), False
    except UnicodeDecodeError:
        text, broken = data.decode("utf-8", "surrogateescape"), True
    reading = Reading(broken_utf8=broken)
    at = 0
    while True:
        at = _after_blanks(text, at)
        if at == len(text):
            return reading
        if text.startswith(DONE, at):
            reading.done = True
            return reading
        try:
            value, end = _LOOSE.raw_decode(text, at)
        except (ValueError, RecursionError):
            reading.rest = text[at:].encode("utf-8", "surrogateescape").decode("utf-8", "replace").strip()
            reading.is_cut = text.startswith(("{", "[{"), at)
            return reading
        reading.control_characters |= has_raw_control_characters(text[at:end])
        if not isinstance(value, dict | list) and reading.values:
            reading.rest = text[at:].strip()
            return reading
        reading.values.append(value)
        at = end


def keeps_open(text: str) -> bool:
    """Return whether words only keep a connection open, such as `ping`."""
    return not text.strip() or _KEPT_OPEN.fullmatch(text.strip()) is not None


def _after_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANKS:
        at += 1
    prefix = _DATA.match(text, at)
    return prefix.end() if prefix else at
