"""Compare the back end `openai_compatible` with bare httpx and json, on a raw-socket server in its own process."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import tracemalloc
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import httpx

from boomerang.invoker.backend import Backend
from boomerang.invoker.session import Session
from boomerang.kinds import connect

from . import reference
from .table import Row, Table, Target

ROUNDS = 7
TURNS, CALLS = 40, 20
FEW, MANY = 1_000, 100_000
TEXTS, DIMENSIONS = 200, 1_536
STREAMS = 50
CALL, CHUNKS, FLAT, VECTORS, FAIR = (
    Target(1.3, "×"),
    Target(100_000, "/ s", at_least=True),
    Target(256, "kB"),
    Target(1.5, "×"),
    Target(2, "×"),
)
CONFIG = {"provider": "p", "mode": "chat"}
MESSAGES = [{"role": "user", "content": "What is an operating system?"}]
SERVER = Path(__file__).parent / "served" / "raw_server.py"


def tables() -> Iterator[Table]:
    """Measure a call, both with the reference SDK, a stream, vectors, and many streams at once."""
    with serving() as address, httpx.Client(base_url=address, timeout=60) as bare:
        backend = connect("openai_compatible", base_url=address)
        try:
            calls = [_call_row(bare, backend, recorded=False), _call_row(bare, backend, recorded=True)]
            yield Table("a call upstream", ("bare httpx, µs", "ours, µs", "ratio"), calls, CALL_NOTE)
            yield reference.table(address, partial(_ask, backend))
            yield Table(
                "a stream upstream", ("chunks a second", "peak, kB"), [*_stream_rows(backend), _flat_row(backend)], STREAM_NOTE
            )
            yield Table("vectors upstream", ("json.loads, ms", "ours, ms", "ratio"), [_vectors_row(bare)], VECTORS_NOTE)
            yield Table("streams at once", ("median, s", "slowest, s", "ratio"), [_fair_row(backend)], FAIR_NOTE)
        finally:
            backend.close()


CALL_NOTE = (
    f"Medians of {TURNS} turns of {CALLS} calls on kept connections: a small chat answer, not streamed, from plain arguments "
    "to Dify's result; bare is `httpx.Client.post(json=…).json()`. Recorded is with all that the inspector shows, as on pages. "
    "Compared are the two sides of each turn, as a busy neighbour disturbs both; the median of that is given and judged."
)
STREAM_NOTE = (
    "From the request to the last chunk, parsed and checked, best of three. Peak: of Python's own allocations while the chunks "
    "are let go; judged is the difference between many and few."
)
VECTORS_NOTE = f"{TEXTS} vectors of {DIMENSIONS} dimensions: `json.loads` on the body that was read before, and the whole call."
FAIR_NOTE = f"{STREAMS} threads of one process, each with a stream of 200 pieces 5 ms apart."


def _call_row(bare: httpx.Client, backend: Backend, *, recorded: bool) -> Row:
    body = {"model": "whole", "messages": MESSAGES, "stream": False}
    records: deque[object] = deque(maxlen=1)

    def ours() -> object:
        session = Session(backend, record=records.append if recorded else None)
        return session.model.llm.invoke(CONFIG | {"model": "whole"}, MESSAGES, stream=False)

    def theirs() -> object:
        return bare.post("/chat/completions", json=body).json()

    times: dict[Callable[[], object], list[float]] = {theirs: [], ours: []}
    for number in range(TURNS):
        for call in (theirs, ours) if number % 2 else (ours, theirs):
            begun = perf_counter()
            for _ in range(CALLS):
                call()
            times[call].append((perf_counter() - begun) / CALLS)
    direct, through = (median(times[call]) * 1e6 for call in (theirs, ours))
    ratio = median(through / direct for direct, through in zip(times[theirs], times[ours], strict=True))
    return Row(
        "a whole answer, recorded" if recorded else "a whole answer",
        (f"{direct:,.0f}", f"{through:,.0f}", f"× {ratio:.2f}"),
        ratio,
        CALL,
    )


def _ask(backend: Backend, model: str, stream: bool) -> int:
    llm = Session(backend).model.llm
    if stream:
        return sum(1 for _ in llm.invoke(CONFIG | {"model": model}, MESSAGES))
    llm.invoke(CONFIG | {"model": model}, MESSAGES, stream=False)
    return 1


def _stream_rows(backend: Backend) -> Iterator[Row]:
    for count in (FEW, MANY):
        taken = []
        for _ in range(3):
            begun = perf_counter()
            assert _ask(backend, f"chunks-{count}", True) == count + 1
            taken.append(perf_counter() - begun)
        rate = count / min(taken)
        yield Row(f"{count:,} chunks", (f"{rate:,.0f}", ""), rate, CHUNKS if count == MANY else None)


def _flat_row(backend: Backend) -> Row:
    peaks = []
    for count in (FEW, MANY):
        tracemalloc.start()
        _ask(backend, f"chunks-{count}", True)
        peaks.append(tracemalloc.get_traced_memory()[1] / 1000)
        tracemalloc.stop()
    return Row("memory", ("", f"{peaks[0]:,.0f} → {peaks[1]:,.0f}"), peaks[1] - peaks[0], FLAT)


def _vectors_row(bare: httpx.Client) -> Row:
    model = f"vectors-{TEXTS}x{DIMENSIONS}"
    body = bare.post("/embeddings", json={"model": model, "input": []}).content
    config = {"provider": "p", "model": model, "model_type": "text-embedding"}
    texts = ["a text"] * TEXTS
    # A single request, since it is compared with a single body.
    one = connect("openai_compatible", base_url=str(bare.base_url), models=[_listed(model)])
    parse: list[float] = []
    whole: list[float] = []
    for _ in range(ROUNDS):
        parse.append(_timed(partial(json.loads, body)))
        whole.append(_timed(lambda: Session(one).model.text_embedding.invoke(config, texts)))
    one.close()
    direct, through = median(parse) * 1e3, median(whole) * 1e3
    ratio = through / direct
    return Row(f"{len(body) / 1e6:.1f} MB", (f"{direct:.1f}", f"{through:.1f}", f"× {ratio:.2f}"), ratio, VECTORS)


def _listed(model: str) -> Any:
    from boomerang.invoker.backends.openai_compatible.model_list.catalogue import described
    from boomerang.invoker.entities.model import ModelPropertyKey, ModelType

    model_listed = described("p", model, ModelType.TEXT_EMBEDDING)
    return model_listed.model_copy(update={"model_properties": {ModelPropertyKey.MAX_CHUNKS: TEXTS}})


def _fair_row(backend: Backend) -> Row:
    taken: list[float] = []

    def read() -> None:
        begun = perf_counter()
        _ask(backend, "waiting-200", True)
        taken.append(perf_counter() - begun)

    threads = [threading.Thread(target=read) for _ in range(STREAMS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    middle, slowest = median(taken), max(taken)
    return Row(f"{STREAMS} streams", (f"{middle:.2f}", f"{slowest:.2f}", f"× {slowest / middle:.2f}"), slowest / middle, FAIR)


def _timed(call: Callable[[], object]) -> float:
    begun = perf_counter()
    call()
    return perf_counter() - begun


@contextmanager
def serving() -> Iterator[str]:
    """Start the raw server; yield its address."""
    with subprocess.Popen([sys.executable, str(SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()
            process.wait(10)
