"""Tables of measurements with their targets, as Markdown that also reads well in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """Limit for a measurement."""

    limit: float
    unit: str
    at_least: bool = False
    """Whether the measurement must reach the limit instead of staying below it."""
    at_most: bool = False
    """Whether the limit itself is met, too."""

    def is_met(self, measured: float) -> bool:
        """Return whether a measurement meets the limit."""
        if self.at_least:
            return measured >= self.limit
        return measured < self.limit or (self.at_most and measured == self.limit)

    def __str__(self) -> str:
        """Return the limit with its unit, such as `< 60 µs`."""
        sign = "≥" if self.at_least else "≤" if self.at_most else "<"
        return f"{sign} {self.limit:g} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement."""

    name: str
    cells: Sequence[str]
    """Its numbers, one per column of the table."""
    measured: float | None = None
    """The number that the target applies to; `None` if it could not be measured."""
    target: Target | None = None

    @property
    def verdict(self) -> str:
        """Whether the target was met; empty without a target."""
        if self.target is None:
            return ""
        if self.measured is None:
            return "not measured"
        return "yes" if self.target.is_met(self.measured) else "**NO**"


@dataclass(frozen=True, slots=True)
class Table:
    """Measurements that belong together."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Row]
    note: str = ""

    def __str__(self) -> str:
        """Return the table as Markdown."""
        lines = [(self.title, *self.columns, "target", "met")]
        lines += [(row.name, *row.cells, str(row.target or ""), row.verdict) for row in self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        ruled = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
        text = "\n".join(_line(cells, widths) for cells in (lines[0], ruled, *lines[1:]))
        return f"{text}\n\n{self.note}" if self.note else text


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cells[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return f"| {' | '.join(padded)} |"
