"""Compare `Session` with calling a script directly: time per call, time per chunk, memory of a long stream."""

from __future__ import annotations

import tracemalloc
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.backends.scripted import Answer, Scripted, llm_chunks
from boomerang.invoker.entities.llm.chunk import LLMResultChunk
from boomerang.invoker.entities.message import SystemPromptMessage, UserPromptMessage
from boomerang.invoker.entities.model import ModelFeature, ModelPropertyKey, ModelType
from boomerang.invoker.entities.moderation import ModerationResult
from boomerang.invoker.entities.text_embedding import EmbeddingUsage, TextEmbeddingResult
from boomerang.invoker.records.record import Record
from boomerang.invoker.run import Run
from boomerang.invoker.session import Session

from .table import Row, Table, Target

ROUNDS = 9
CALLS = 1000
CHUNKS = 100_000
FEW_CHUNKS = 1000
CALL, CHUNK, FLAT = Target(60, "µs"), Target(10, "µs"), Target(64, "kB")
"""A stream is flat if a hundred times as many chunks need less additional memory than this."""
KEPT = Target(159_000, "kB")
"""Half of what a record of 100,000 chunks took in November 2026."""

CONFIG = {"provider": "scripted", "model": "scripted"}
CHAT = {**CONFIG, "mode": "chat", "completion_params": {"temperature": 0.5, "max_tokens": 64}}
DICTS = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is an operating system?"}]
ENTITIES = [SystemPromptMessage(content="Be brief."), UserPromptMessage(content="What is an operating system?")]
TOOLS = [{"name": "now", "description": "Tells the time.", "parameters": {"type": "object", "properties": {}}}]
LISTED = ListedModel(
    **CONFIG,
    model_type=ModelType.LLM,
    features=[ModelFeature.TOOL_CALL],
    model_properties={ModelPropertyKey.MODE: "chat"},
)

FLAGGED = [ModerationResult(result=True)]
USAGE = EmbeddingUsage.priced(None, tokens=8, latency=0.01)
VECTORS = [TextEmbeddingResult(model="scripted", embeddings=[[0.0] * 384], usage=USAGE)]
ANSWER = list(llm_chunks("It ", "runs ", "the ", "others."))

Call = Callable[[Session], Any]
CASES: Sequence[tuple[str, Sequence[Any], Call]] = (
    ("moderation", FLAGGED, lambda s: s.model.moderation.invoke(CONFIG, "A text.")),
    ("text embedding, one text", VECTORS, lambda s: s.model.text_embedding.invoke(CONFIG, ["A text."])),
    ("llm, two messages as dicts", ANSWER, lambda s: s.model.llm.invoke(CHAT, DICTS, stream=False)),
    ("llm, two messages as entities", ANSWER, lambda s: s.model.llm.invoke(CHAT, ENTITIES, stream=False)),
    ("llm, two messages and a tool as dicts", ANSWER, lambda s: s.model.llm.invoke(CHAT, DICTS, TOOLS, stream=False)),
)
"""Name, the script's answer, and the call."""


def tables() -> Iterator[Table]:
    """Measure calls, chunks and memory."""
    calls = [call_row(name, answer, call, recorded=on) for on in (False, True) for name, answer, call in CASES]
    yield Table("a call", ("script alone, µs", "session, µs", "overhead, µs"), calls, f"Medians of {ROUNDS} × {CALLS:,} calls.")
    columns = ("script alone, µs", "session, µs", "overhead, µs")
    yield Table(
        "a chunk", columns, [chunk_row(recorded=on) for on in (False, True)], f"Medians of {ROUNDS} × {CHUNKS:,} chunks."
    )
    yield Table("memory of a stream", ("peak, kB", "more than few, kB"), [flat_row(), kept_row()], MEMORY_NOTE)


MEMORY_NOTE = (
    f"Peaks of Python's own allocations (tracemalloc) while {CHUNKS:,} chunks, each made anew, are read and let go; the second "
    f"number is the difference to {FEW_CHUNKS:,} chunks. A record keeps every chunk with its time: that is what it is for."
)


def call_row(name: str, answer: Sequence[Any], call: Call, *, recorded: bool) -> Row:
    """Compare whole calls, from the arguments to the folded answer."""

    def script(_request: Any, _run: Run) -> Sequence[Any]:
        return answer

    session = opened(script, recorded=recorded)
    direct, ours = interleaved(partial(exhaust, script), partial(call, session), repeat=CALLS)
    overhead = (ours - direct) * 1e6
    cells = (f"{direct * 1e6:.2f}", f"{ours * 1e6:.2f}", f"{overhead:.2f}")
    return Row(f"{name}{', recorded' if recorded else ''}", cells, overhead, CALL)


def chunk_row(*, recorded: bool) -> Row:
    """Compare long streams that repeat a single chunk, so that creating chunks costs neither side anything."""

    def script(_request: Any, _run: Run) -> Iterator[LLMResultChunk]:
        for _ in range(CHUNKS):
            yield ANSWER[0]

    session = opened(script, recorded=recorded)
    whole_direct, whole_ours = interleaved(partial(exhaust, script), partial(stream, session), repeat=1)
    direct, ours = whole_direct / CHUNKS, whole_ours / CHUNKS
    overhead = (ours - direct) * 1e6
    cells = (f"{direct * 1e6:.3f}", f"{ours * 1e6:.3f}", f"{overhead:.3f}")
    return Row(f"a streamed chunk{', recorded' if recorded else ''}", cells, overhead, CHUNK)


def flat_row() -> Row:
    """Compare the peaks of a short and a long stream."""
    few, many = (peak_kb(count, recorded=False) for count in (FEW_CHUNKS, CHUNKS))
    return Row(f"{CHUNKS:,} chunks", (f"{many:,.0f}", f"{many - few:,.1f}"), many - few, FLAT)


def kept_row() -> Row:
    """Return the memory that a record keeps."""
    few, many = (peak_kb(count, recorded=True) for count in (FEW_CHUNKS, CHUNKS))
    return Row(f"{CHUNKS:,} chunks, recorded", (f"{many:,.0f}", f"{many - few:,.0f}"), many, KEPT)


def peak_kb(chunks: int, *, recorded: bool) -> float:
    """Return the peak of allocations while `chunks` chunks pass, in kilobytes above the start."""

    def script(_request: Any, _run: Run) -> Iterator[LLMResultChunk]:
        for _ in range(chunks):
            yield from llm_chunks("word ")

    session = opened(script, recorded=recorded)
    tracemalloc.start()
    try:
        stream(session)
        return tracemalloc.get_traced_memory()[1] / 1000
    finally:
        tracemalloc.stop()


def opened(script: Answer, *, recorded: bool) -> Session:
    """Open a session on a script."""
    records: deque[Record[Any]] = deque(
        maxlen=1
    )  # only the last one: a record of every call would measure the machine's memory
    return Session(Scripted(script, models=[LISTED]), record=records.append if recorded else None)


def stream(session: Session) -> None:
    """Read a stream to its end."""
    for _ in session.model.llm.invoke(CHAT, ENTITIES):
        pass


def exhaust(script: Callable[[Any, Run], Iterable[Any]]) -> None:
    """Call a script directly and read its chunks."""
    for _ in script(None, Run()):
        pass


def interleaved(*ways: Callable[[], Any], repeat: int) -> list[float]:
    """Return the median seconds of each way; they alternate, so that other work on the machine affects all of them."""
    seconds: list[list[float]] = [[] for _ in ways]
    for way in ways:
        way()
    for _ in range(ROUNDS):
        for way, taken in zip(ways, seconds, strict=True):
            begin = perf_counter()
            for _ in range(repeat):
                way()
            taken.append((perf_counter() - begin) / repeat)
    return [median(taken) for taken in seconds]
