"""Terminal and pipe output. Escapes control characters, so that text from a server cannot control the terminal."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from typing import Any

_UNSAFE = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Unsafe characters that `json.dumps` leaves unescaped: C1 controls, bidirectional and line separators, lone surrogates."""


def print_json(value: Any, *, indent: int | None = None) -> None:
    """Print a value as JSON, on one line by default, and flush."""
    text = json.dumps(value, ensure_ascii=_only_ascii(), indent=indent)
    print(_UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text), flush=True)


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows in aligned columns."""
    cells = [list(header), *([printable(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def print_error(text: str) -> None:
    """Print a line to standard error."""
    print(printable(text), file=sys.stderr, flush=True)


def printable(text: str) -> str:
    """Escape the characters that a terminal would interpret rather than show."""
    safe = "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
    return safe.encode("ascii", "backslashreplace").decode() if _only_ascii() else safe


def _only_ascii() -> bool:
    return (sys.stdout.encoding or "ascii").lower().replace("-", "") not in ("utf8", "utf16", "utf32")
