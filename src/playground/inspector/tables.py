"""How high a table stands."""

from __future__ import annotations

from typing import Literal

MOST_OPEN_ROWS = 11
HIGHEST = 420


def height(rows: int) -> int | Literal["content"]:
    """Give the height of a table: all of it while it is short, else one that scrolls."""
    return "content" if rows <= MOST_OPEN_ROWS else HIGHEST
