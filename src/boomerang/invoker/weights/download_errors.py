"""What the two sources of weights, the package index and the official address, have in common: how they fail."""

from __future__ import annotations

from collections.abc import Callable

Report = Callable[[int], None]
"""Hears how many bytes of an item are there."""


class SourceError(Exception):
    """A source could not give what was asked for; the text says why."""
