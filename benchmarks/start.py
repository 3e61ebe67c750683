"""Measure the time from the start command to the app's first healthy response, once everything is installed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from statistics import median
from time import perf_counter

from . import app
from .table import Row, Table, Target

ROUNDS = 5
START = Target(5, "s")
NOTE = (
    f"Medians of {ROUNDS} starts, one after another; together what `make run` does from its second time on. Healthy is "
    "Streamlit's own answer, which comes after what every visitor needs was loaded. Models are loaded on first use."
)


def tables() -> Iterator[Table]:
    """Measure what `make run` runs."""
    weights = [weights_seconds() for _ in range(ROUNDS)]
    starts = [app_seconds() for _ in range(ROUNDS)]
    both = [sum(pair) for pair in zip(weights, starts, strict=True)]
    rows = [_row("weights looked through", weights), _row("app healthy", starts), _row("both", both, START)]
    yield Table("a start", ("seconds", "shortest", "longest"), rows, NOTE)


def weights_seconds() -> float:
    """Time the check of the weights."""
    begin = perf_counter()
    subprocess.run([sys.executable, "-m", "boomerang", "weights"], check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - begin


def app_seconds() -> float:
    """Time one start of the app."""
    with app.running() as started:
        return started.seconds


def _row(name: str, seconds: list[float], target: Target | None = None) -> Row:
    middle = median(seconds)
    return Row(name, (f"{middle:.2f}", f"{min(seconds):.2f}", f"{max(seconds):.2f}"), middle, target)
