"""The error and the progress callback shared by both sources of weights: package index and publisher's address."""

from __future__ import annotations

from collections.abc import Callable

Report = Callable[[int], None]
"""Called with the number of bytes of an item so far."""


class SourceError(Exception):
    """A source could not provide a file; the text says why."""
