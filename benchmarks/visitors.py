"""Measure twenty visitors at once: how evenly their answers arrive, what an idle one costs, and what remains after them.

For comparison, a plain page with `st.write_stream` is visited in the same way.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import pairwise
from statistics import median, quantiles
from urllib.parse import urlencode

from . import app, streams
from .client import Client, opened
from .table import Row, Table, Target

STREAMING, IDLE = 20, 50
MINUTE = 60.0
GAP, EACH, KEPT, BACK = Target(0.5, "s"), Target(5, "MB"), Target(10, "MB"), Target(MINUTE, "s")
SPARE_THREADS = 2
"""Threads of the visitors that may remain and still count as returned: helpers waiting for the next work."""
COLUMNS = ("LLM page", "`st.write_stream`")
NOTE = (
    f"Visitors are websocket clients that speak Streamlit's protocol, in the benchmark's own process. {STREAMING} of them "
    f"press Run at the same moment and get {streams.FOR_A_VISITOR.count} pieces each at {streams.FOR_A_VISITOR.rate:g} a "
    "second; a gap is the time between two messages that bring words which were not there before. Memory is Pss of the app's "
    f"processes. Idle ones have opened the page and pressed nothing, {IDLE} of them. Of what the first visitors took, Python "
    "keeps much in pools for those who come next; so it is the second twenty who are judged by it: how much more is in use a "
    "minute after they left than was a minute after the first twenty had. Threads are back when no more than "
    f"{SPARE_THREADS} are left of those that the first twenty took, which is looked at each second."
)


@dataclass(frozen=True, slots=True)
class Page:
    """A page to visit."""

    name: str
    """Name in the address; empty for an app of one page."""
    button: str
    """Key of its Run button."""
    query: str = urlencode({"connection": "streams", "model": str(streams.FOR_A_VISITOR)})


@dataclass(frozen=True, slots=True)
class Seen:
    """Measurements of one page's visitors, in seconds and megabytes."""

    alone: float
    """95th percentile of the gaps for a single visitor."""
    gaps: Sequence[Sequence[float]]
    """For each of the twenty visitors."""
    first: float
    """From Run to the first words, for the slowest visitor."""
    idle: float
    """Memory per idle visitor."""
    taken: float
    """Memory that the idle and the first twenty visitors used together."""
    left: float
    """Part of it that is in use a minute after they left."""
    kept: float | None
    """Additional memory in use a minute after the second twenty visitors left; `None` if none came."""
    threads: tuple[int, int, int]
    """Before they came, the maximum while they were there, and a minute later."""
    threads_back: float
    """Seconds until their threads had ended; infinite if that took more than a minute."""


def tables() -> Iterator[Table]:
    """Visit both pages, one after the other, or report what is missing for that."""
    if not os.path.exists("/proc/self/smaps_rollup"):
        note = "Not measured: the numbers come from Linux' /proc, which is not here."
        targets = {"gaps": GAP, "an idle visitor": EACH, "memory kept": KEPT, "threads back": BACK}
        yield Table("many visitors", COLUMNS, [Row(name, ("", ""), None, target) for name, target in targets.items()], note)
        return
    with app.running("run", "benchmarks/served/scripted_app.py") as server:
        ours = asyncio.run(measured(server, Page("llm", "llm.run"), twice=True))
    with app.running("run", "benchmarks/served/plain_page.py") as server:
        plain = asyncio.run(measured(server, Page("", "plain.run"), twice=False))
    yield _table(ours, plain)


async def measured(server: app.App, page: Page, *, twice: bool) -> Seen:
    """Visit a page alone, then with many idle visitors, then with many busy ones, and optionally as many again."""
    async with opened(server, page.name, page.query) as visitor:  # a warm-up, which is not a visitor's cost
        await visitor.visit(page.button)
        alone = _gaps(await visitor.run(page.button))
    memory, threads = server.memory().proportional, server.threads()
    async with AsyncExitStack() as visitors:
        for _ in range(IDLE):
            await _come(visitors, server, page)
        idle = server.memory().proportional - memory
    wave = await _wave(server, page)
    threads_back = await _minute(server, threads)
    left = server.memory().proportional
    threads_left = server.threads()
    if twice:
        await _wave(server, page)
        await _minute(server, threads)
    return Seen(
        alone=_worst(alone),
        gaps=wave.gaps,
        first=wave.first,
        idle=idle / IDLE,
        taken=wave.memory - memory,
        left=left - memory,
        kept=server.memory().proportional - left if twice else None,
        threads=(threads, wave.threads, threads_left),
        threads_back=threads_back,
    )


@dataclass(frozen=True, slots=True)
class Wave:
    """Twenty visitors, from arrival to departure."""

    gaps: Sequence[Sequence[float]]
    first: float
    memory: float
    threads: int


async def _wave(server: app.App, page: Page) -> Wave:
    async with AsyncExitStack() as visitors:
        several = [await _come(visitors, server, page) for _ in range(STREAMING)]
        counting = asyncio.create_task(_most_threads(server))
        pressed = time.monotonic()
        times = await asyncio.gather(*(visitor.run(page.button) for visitor in several))
        counting.cancel()
        first = max(one[0] for one in times) - pressed
        return Wave([_gaps(one) for one in times], first, server.memory().proportional, await counting)


async def _come(visitors: AsyncExitStack, server: app.App, page: Page) -> Client:
    visitor = await visitors.enter_async_context(opened(server, page.name, page.query))
    await visitor.visit(page.button)
    return visitor


async def _most_threads(server: app.App) -> int:
    """Sample until cancelled; return the maximum."""
    most = 0
    try:
        while True:
            most = max(most, server.threads())
            await asyncio.sleep(0.5)
    except asyncio.CancelledError:
        return most


async def _minute(server: app.App, threads: int) -> float:
    """Wait a minute; return the seconds until there were as few threads as before."""
    begin = time.monotonic()
    back = float("inf")
    while (passed := time.monotonic() - begin) < MINUTE:
        if server.threads() <= threads + SPARE_THREADS:
            back = min(back, passed)
        await asyncio.sleep(1)
    return back


def _gaps(times: Sequence[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(times)]


def _worst(gaps: Sequence[float]) -> float:
    """Return the 95th percentile."""
    return quantiles(gaps, n=20)[-1]


def _table(ours: Seen, plain: Seen) -> Table:
    both = (ours, plain)
    worst = max(map(_worst, ours.gaps))
    alone = tuple(f"{seen.alone * 1000:,.0f} ms" for seen in both)
    middle = tuple(f"{median(map(_worst, seen.gaps)) * 1000:,.0f} ms" for seen in both)
    last = tuple(f"{max(map(_worst, seen.gaps)) * 1000:,.0f} ms" for seen in both)
    longest = tuple(f"{max(map(max, seen.gaps)) * 1000:,.0f} ms" for seen in both)
    return Table(
        f"{STREAMING} visitors",
        COLUMNS,
        [
            Row("one alone: gap, 95th percentile", alone),
            Row(f"{STREAMING}: gap, 95th percentile, the visitor in the middle", middle),
            Row(f"{STREAMING}: gap, 95th percentile, the worst visitor", last, worst, GAP),
            Row(f"{STREAMING}: longest gap of all", longest),
            Row(f"{STREAMING}: first words after Run, the last visitor", tuple(f"{seen.first:.2f} s" for seen in both)),
            Row("memory for an idle visitor", tuple(f"{seen.idle:.2f} MB" for seen in both), ours.idle, EACH),
            Row("memory that all of them took", tuple(f"{seen.taken:.0f} MB" for seen in both)),
            Row("memory of it in use a minute after they left", tuple(f"{seen.left:.0f} MB" for seen in both)),
            Row(f"memory that {STREAMING} more keep", (_more(ours.kept), _more(plain.kept)), ours.kept, KEPT),
            Row("threads before, at most, a minute later", tuple(", ".join(map(str, seen.threads)) for seen in both)),
            Row("threads back after", tuple(_seconds(seen.threads_back) for seen in both), ours.threads_back, BACK),
        ],
        NOTE,
    )


def _seconds(value: float) -> str:
    return "more than a minute" if value == float("inf") else f"{value:.0f} s"


def _more(megabytes: float | None) -> str:
    return "" if megabytes is None else f"{megabytes:+.1f} MB"
