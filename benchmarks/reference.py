"""Compare the cost of the reference SDK's own HTTP transport with ours.

A serverless plugin uses that transport: each invocation is a request to Dify's daemon, by a client that is created for it and
closed after it. It runs in its own process and environment, since importing the SDK changes the process.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from tests.reference.environment import NoReferenceError, reference_sdk

from .table import Row, Table, Target

SCRIPT = Path(__file__).parent / "served" / "reference_sdk.py"
ROUNDS = 7
CALLS, THEIR_CALLS = 100, 20
CHUNKS = 20_000
LATENCY = Target(15, "×", at_least=True)
COLUMNS = ("reference SDK", "ours", "ratio")
NOTE = (
    f"In turn, medians of {ROUNDS} rounds: {CALLS} calls of ours and {THEIR_CALLS} of the SDK's in each, a small chat answer "
    "that is not streamed, from arguments to Dify's result; and a stream, from the request to the last chunk. One server of "
    "raw sockets speaks to each in its own protocol: to ours as OpenAI, to the SDK as Dify's daemon, whose lines are longer."
)

Ask = Callable[[str, bool], int]
"""Requests a model of the raw server, streamed or whole; returns the number of chunks."""


def table(address: str, ours: Ask) -> Table:
    """Measure both on the server at an address, or report what is missing."""
    try:
        python = reference_sdk().python
    except NoReferenceError as error:
        row = Row("a whole answer, µs", (f"not measured: {error}", "", ""), None, LATENCY)
        return Table("beside the reference SDK", COLUMNS, [row])
    with _running(python, address) as theirs:
        return Table("beside the reference SDK", COLUMNS, [_call_row(theirs, ours), _stream_row(theirs, ours)], NOTE)


Theirs = Callable[[str, int, bool], tuple[float, int]]


@contextmanager
def _running(python: Path, address: str) -> Iterator[Theirs]:
    command = [str(python), "-I", str(SCRIPT), address]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        asking, output = process.stdin, process.stdout

        def ask(model: str, count: int, stream: bool) -> tuple[float, int]:
            print(json.dumps([model, count, stream]), file=asking, flush=True)
            seconds, chunks = json.loads(output.readline())
            return seconds, chunks

        try:
            assert output.readline() == "ready\n", f"{python} does not run the reference SDK"
            yield ask
        finally:
            asking.close()
            process.wait(30)


def _interleaved(theirs: Callable[[], Any], ours: Callable[[], Any]) -> tuple[float, float]:
    """Return the median seconds of both, alternating in changing order."""
    times: dict[Callable[[], Any], list[float]] = {theirs: [], ours: []}
    for number in range(ROUNDS):
        for side in (theirs, ours) if number % 2 else (ours, theirs):
            times[side].append(side())
    return median(times[theirs]), median(times[ours])


def _call_row(theirs: Theirs, ours: Ask) -> Row:
    def our_calls() -> float:
        begun = perf_counter()
        for _ in range(CALLS):
            ours("whole", False)
        return (perf_counter() - begun) / CALLS

    reference, own = _interleaved(lambda: theirs("whole", THEIR_CALLS, False)[0] / THEIR_CALLS, our_calls)
    ratio = reference / own
    return Row("a whole answer, µs", (f"{reference * 1e6:,.0f}", f"{own * 1e6:,.0f}", f"× {ratio:.1f}"), ratio, LATENCY)


def _stream_row(theirs: Theirs, ours: Ask) -> Row:
    model = f"chunks-{CHUNKS}"

    def our_stream() -> float:
        begun = perf_counter()
        assert ours(model, True) == CHUNKS + 1
        return perf_counter() - begun

    def their_stream() -> float:
        seconds, chunks = theirs(model, 1, True)
        assert chunks == CHUNKS + 1
        return seconds

    reference, own = (CHUNKS / seconds for seconds in _interleaved(their_stream, our_stream))
    return Row("a stream, chunks a second", (f"{reference:,.0f}", f"{own:,.0f}", f"× {own / reference:.1f}"))
