"""Parse the JSON values in one event of a server's stream, even if it is not quite JSON.

Servers put two objects on one line, repeat `data:` inside the data, split a character between events, leave raw line breaks in
strings, and send words or empty values to keep a connection open. We parse what we can and return the rest.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from boomerang.invoker.llm_text.json_in_text import has_raw_control_characters

DONE = "[DONE]"
_DATA = re.compile(r"(?:data:\s*)*")
"""The field name, repeated inside its own value."""
_KEPT_OPEN = re.compile(r":.*|[\[<(]?(?:ping|pong|keep[-_ ]?alive|heart[-_ ]?beat)[\])>]?[.!]?", re.IGNORECASE)
"""Words that only keep a connection open."""
_BLANKS = " \t\r\n\0\ufeff,"
"""Separators between two values."""
_LOOSE = json.JSONDecoder(strict=False)


@dataclass(slots=True)
class Reading:
    """Contents of an event."""

    values: list[Any] = field(default_factory=list)
    """JSON values, in order."""
    rest: str = ""
    """Text after them that is not JSON."""
    done: bool = False
    """Whether the server marked its answer as complete."""
    is_cut: bool = False
    """Whether the rest is a truncated object."""
    control_characters: bool = False
    """Whether a string contained raw line breaks or other control characters."""
    broken_utf8: bool = False
    """Whether some bytes were not UTF-8; in the values they are lone surrogates, from `surrogateescape`."""


def read(data: bytes) -> Reading:
    """Read event data that `json.loads` rejects. Linear in its size."""
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
    """Return whether a text only keeps a connection open, such as `ping`."""
    return not text.strip() or _KEPT_OPEN.fullmatch(text.strip()) is not None


def _after_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANKS:
        at += 1
    prefix = _DATA.match(text, at)
    return prefix.end() if prefix else at
