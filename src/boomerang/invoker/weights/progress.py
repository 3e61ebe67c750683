"""Show the progress of a fetch: a bar on a terminal, otherwise a plain line per item."""

from __future__ import annotations

import shutil
import sys
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Protocol, TextIO

WINDOW_SECONDS = 5.0
"""Period over which the displayed speed is averaged."""
REDRAW_SECONDS = 0.1
BAR_CELLS = 24


class Progress(Protocol):
    """Receives the progress of a fetch."""

    def say(self, text: str) -> None:
        """Print a line of text."""

    def begin(self, label: str, size: int) -> None:
        """Begin an item of `size` bytes."""

    def at(self, done: int) -> None:
        """Update the number of bytes of the current item."""

    def end(self) -> None:
        """End the item, complete or not."""


class TextProgress:
    """Progress as text.

    Args:
        stream: Where to write; standard error by default.
        clock: Monotonic clock, in seconds.
    """

    def __init__(self, stream: TextIO | None = None, *, clock: Callable[[], float] = monotonic) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._terminal = self._stream.isatty()
        self._clock = clock
        self._label = ""
        self._size = 0
        self._drawn = float("-inf")
        self._points: deque[tuple[float, int]] = deque()

    def say(self, text: str) -> None:
        """Print a line of text."""
        self._clear()
        print(text, file=self._stream, flush=True)

    def begin(self, label: str, size: int) -> None:
        """Begin an item of `size` bytes."""
        self._label, self._size, self._drawn = label, size, float("-inf")
        self._points.clear()
        if not self._terminal:
            self.say(f"{label} ({megabytes(size)})")

    def at(self, done: int) -> None:
        """Update the number of bytes of the current item, and redraw."""
        now = self._clock()
        self._points.append((now, done))
        while len(self._points) > 2 and now - self._points[0][0] > WINDOW_SECONDS:
            self._points.popleft()
        if self._terminal and (now - self._drawn >= REDRAW_SECONDS or done >= self._size):
            self._drawn = now
            columns = shutil.get_terminal_size().columns
            self._stream.write("\r" + self.bar(done)[: columns - 1].ljust(columns - 1))
            self._stream.flush()

    def end(self) -> None:
        """End the item, complete or not."""
        self._clear()

    def bar(self, done: int) -> str:
        """Format the item's line: bar, bytes, speed, time left, name."""
        share = min(1.0, done / self._size) if self._size else 1.0
        cells = round(share * BAR_CELLS)
        speed = self.speed()
        left = duration((self._size - done) / speed) if speed else "-:--"
        counts = f"{done / 1e6:,.0f}/{megabytes(self._size)}  {megabytes(speed)}/s  {left} left"
        return f"[{'#' * cells}{'.' * (BAR_CELLS - cells)}] {share:4.0%}  {counts}  {self._label}"

    def speed(self) -> float:
        """Compute bytes per second over the last seconds; 0 while unknown."""
        if len(self._points) < 2:
            return 0.0
        (since, before), (now, done) = self._points[0], self._points[-1]
        return max(0.0, (done - before) / (now - since)) if now > since else 0.0

    def _clear(self) -> None:
        if self._terminal and self._drawn != float("-inf"):
            self._stream.write("\r" + " " * (shutil.get_terminal_size().columns - 1) + "\r")
            self._stream.flush()
            self._drawn = float("-inf")


def megabytes(size: float) -> str:
    """Format a number of bytes as megabytes (of a million bytes)."""
    return f"{size / 1e6:,.0f} MB" if size >= 1e7 else f"{size / 1e6:,.1f} MB"


def duration(seconds: float) -> str:
    """Format seconds as minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
