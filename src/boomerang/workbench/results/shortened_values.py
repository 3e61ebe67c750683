"""Shorten long values for display: each cut value gets its length and hash, so that different values remain distinguishable."""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Iterable, Iterator, Sized
from itertools import islice
from typing import Any

from boomerang.workbench.i18n.translate import _

LONGEST_TEXT = 600
LONGEST_HEX = 96
"""Most characters displayed of an encoded string; longer ones are replaced with length and hash."""
LONGEST_LIST = 12
"""Most numbers displayed of a list, such as a vector."""
MOST_ITEMS = 500
"""Most items displayed of any other list or object."""
MOST_VALUES = 10_000
"""Most values displayed in total, including lists and objects; browsers cannot draw more in time."""
_ENCODED = re.compile(r"(?:data:[\w/+.-]*;base64,)?(?:[0-9a-f]{64,}|[A-Za-z0-9+/_-]{256,}={0,2})")
"""Bytes in hex or base64, judged by the start of a string: no words are that long."""
_LOOKED_AT = 600


def shortened(value: Any) -> Any:
    """Return a value with its long parts shortened.

    Long strings and lists of numbers are cut and labelled with length and hash, other long lists and objects with their length.
    Everything after `MOST_VALUES` is left out.
    """
    return _Shortening().of(value)


class _Shortening:
    """Shortens one value."""

    def __init__(self) -> None:
        self._room = MOST_VALUES

    def of(self, value: Any) -> Any:
        """Shorten a value or a part of it."""
        self._room -= 1
        if isinstance(value, str):
            return _text(value)
        if isinstance(value, dict):
            shown = {_text(key) if isinstance(key, str) else key: self.of(value[key]) for key in self._first(value)}
            return shown if len(shown) == len(value) else {**shown, "…": _items(value)}
        if not isinstance(value, list):
            return value
        if len(value) > LONGEST_LIST and all(isinstance(item, int | float) for item in value):
            return [*value[:LONGEST_LIST], "… " + _numbers(value)]
        short = [self.of(item) for item in self._first(value)]
        return short if len(short) == len(value) else [*short, "… " + _items(value)]

    def _first(self, values: Iterable[Any]) -> Iterator[Any]:
        """Yield values until the limit is reached."""
        for value in islice(values, MOST_ITEMS):
            if self._room <= 0:
                return
            yield value


def _items(value: Sized) -> str:
    return _("({count} items)").format(count=f"{len(value):,}")


def _text(value: str) -> str:
    if len(value) <= LONGEST_HEX:
        return value
    longest = LONGEST_HEX if _encoded(value) else LONGEST_TEXT
    if len(value) <= longest:
        return value
    digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    remark = _("({count} characters, sha256 {digest}…)").format(count=f"{len(value):,}", digest=digest)
    return f"{value[:longest]}… {remark}"


def _encoded(value: str) -> bool:
    beginning = value[:_LOOKED_AT]
    return _ENCODED.match(beginning, 0) is not None and " " not in beginning


def _numbers(value: list[float]) -> str:
    try:
        raw = array("d", value).tobytes()
    except OverflowError:  # an integer too large for a float
        raw = repr(value).encode()
    digest = hashlib.sha256(raw).hexdigest()[:12]
    return _("({count} numbers, sha256 {digest}…)").format(count=f"{len(value):,}", digest=digest)
