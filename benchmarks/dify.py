"""Compare the back end `dify` with bare httpx, and its decoder with framing plus pydantic on the same bytes."""

from __future__ import annotations

import tracemalloc
from collections import deque
from collections.abc import Callable, Iterator
from statistics import median
from time import perf_counter, process_time

import httpx

from boomerang.invoker.backend import Backend
from boomerang.invoker.backends.dify.envelopes import Envelope, EnvelopeReader
from boomerang.invoker.backends.dify.frames import HEADER, split
from boomerang.invoker.entities.llm.chunk import LLMResultChunk
from boomerang.invoker.request import InvokeType
from boomerang.invoker.session import Session
from boomerang.kinds import connect

from .served.raw_server import frame
from .table import Row, Table, Target
from .upstream import serving

ROUNDS, TURNS, CALLS = 9, 40, 20
FRAMES, PIECE = 50_000, 64 * 1024
LARGE = 30 * 2**20 - 1024
TENANT = "5f0c1c2e-0000-4000-8000-000000000001"
CONFIG = {"provider": "langgenius/openai/openai", "model": "whole", "mode": "chat"}
MESSAGES = [{"role": "user", "content": "What is an operating system?"}]
SPEED, MEMORY, CALL = Target(0.8, "×", at_least=True), Target(3, "×", at_most=True), Target(1.3, "×", at_most=True)
Framed = Envelope[LLMResultChunk]


def tables() -> Iterator[Table]:
    """Measure the decoder, a large frame, and a call."""
    yield Table("frames of Dify", ("bare", "ours", "ratio"), [_speed_row(), _memory_row()], FRAMES_NOTE)
    with serving() as address, httpx.Client(base_url=address, timeout=60) as bare:
        backend = connect("dify", base_url=address, inner_api_key="the-key", tenant_id=TENANT)
        try:
            rows = [_call_row(bare, backend, recorded=False), _call_row(bare, backend, recorded=True)]
            yield Table("a call of Dify", ("bare httpx, µs", "ours, µs", "ratio"), rows, CALL_NOTE)
        finally:
            backend.close()


FRAMES_NOTE = (
    f"{FRAMES:,} frames of one word in pieces of 64 KiB, the best of {ROUNDS} rounds, in frames a second of processor time; "
    "bare is the least code that finds a frame's end, and `model_validate_json`. Memory: peak of Python's own "
    "allocations while a frame of almost 30 MiB is read, in MB and relative to its size."
)
CALL_NOTE = (
    f"Medians of {TURNS} turns of {CALLS} calls on kept connections: one frame, merged to Dify's result. Bare "
    "is `httpx.Client.post(json=…)` with the same body, its frame cut out and validated. Recorded is with frames and events."
)


def _bare(pieces: list[bytes]) -> int:
    rest, count = b"", 0
    for piece in pieces:
        rest += piece
        at = 0
        while len(rest) - at >= HEADER:
            size = int.from_bytes(rest[at + 4 : at + 8], "little")
            if len(rest) - at < HEADER + size:
                break
            Framed.model_validate_json(rest[at + HEADER : at + HEADER + size])
            at += HEADER + size
            count += 1
        rest = rest[at:]
    return count


def _ours(pieces: list[bytes]) -> int:
    reader, count = EnvelopeReader(InvokeType.LLM, "m", 200, print), 0
    for one in split(iter(pieces)):
        reader.read(one.data)
        count += 1
    return count


def _speed_row() -> Row:
    body = frame(" word") * FRAMES
    pieces = [body[at : at + PIECE] for at in range(0, len(body), PIECE)]
    best: dict[Callable[[list[bytes]], int], float] = {}
    for _ in range(ROUNDS):
        for read in (_bare, _ours):
            began = process_time()
            assert read(pieces) == FRAMES
            best[read] = min(best.get(read, 1e9), process_time() - began)
    ratio = best[_bare] / best[_ours]
    return Row(
        "frames a second", (f"{FRAMES / best[_bare]:,.0f}", f"{FRAMES / best[_ours]:,.0f}", f"× {ratio:.2f}"), ratio, SPEED
    )


def _memory_row() -> Row:
    body = frame("x" * LARGE)
    tracemalloc.start()
    assert _ours_arriving(body) == 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    ratio = peak / len(body)
    return Row("memory of a large frame", ("", f"{peak / 1e6:,.0f}", f"× {ratio:.2f}"), ratio, MEMORY)


def _ours_arriving(body: bytes) -> int:
    reader = EnvelopeReader(InvokeType.LLM, "m", 200, print)
    pieces = (body[at : at + PIECE] for at in range(0, len(body), PIECE))
    return sum(reader.read(one.data) is not None for one in split(pieces))


def _call_row(bare: httpx.Client, backend: Backend, *, recorded: bool) -> Row:
    body = {**CONFIG, "prompt_messages": MESSAGES, "stream": True}
    records: deque[object] = deque(maxlen=1)

    def ours() -> object:
        session = Session(backend, record=records.append if recorded else None)
        return session.model.llm.invoke(CONFIG, MESSAGES, stream=False)

    def theirs() -> object:
        return Framed.model_validate_json(bare.post("/inner/api/invoke/llm", json=body).content[HEADER:])

    times: dict[Callable[[], object], list[float]] = {theirs: [], ours: []}
    for number in range(TURNS):
        for call in (theirs, ours) if number % 2 else (ours, theirs):
            began = perf_counter()
            for _ in range(CALLS):
                call()
            times[call].append((perf_counter() - began) / CALLS)
    direct, through = (median(times[call]) * 1e6 for call in (theirs, ours))
    ratio = median(through / direct for direct, through in zip(times[theirs], times[ours], strict=True))
    name = "a whole answer, recorded" if recorded else "a whole answer"
    return Row(name, (f"{direct:,.0f}", f"{through:,.0f}", f"× {ratio:.2f}"), ratio, CALL)
