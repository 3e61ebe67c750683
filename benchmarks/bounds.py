"""Measure what hostile responses cost the process: time, memory, and how long other threads have to wait.

Each is read in its own process, by the whole back end and with a record, as on the pages.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from boomerang.invoker.backends.openai_compatible.model_list.catalogue import described
from boomerang.invoker.entities.model import ModelPropertyKey, ModelType
from boomerang.invoker.errors import InvokeError
from boomerang.invoker.records.record import Record
from boomerang.invoker.session import Session
from boomerang.kinds import connect

from .table import Row, Table, Target

ROOT = Path(__file__).parents[1]
HOSTILE, RAW = ROOT / "tests" / "hostile.py", ROOT / "benchmarks" / "served" / "raw_server.py"
ATTACKS = {
    "1 GB packed, whole": "whole-1024",
    "1 GB packed, in a stream": "stream-1024",
    "1,000,000 events": "events-1000000",
    "3,000,000 events": "events-3000000",
    "3,000,000 chunks of a byte": "pieces-3000000",
    "100,000,000 lines of comment": "comments-100000000",
    "20,000,000 JSON values": "values-20000000",
}
TEXTS, DIMENSIONS = 2048, 3072
VECTORS = f"vectors-{TEXTS}x{DIMENSIONS}"
WAIT, PEAK = Target(1, "s"), Target(1000, "MB")
COLUMNS = ("s", "peak, MB", "left, MB", "longest wait, s", "chunks")
NOTE = (
    "With the default limits, each in a fresh process. Peak and left: resident memory above that before the call, at the most "
    "and after it, with its record kept. Longest wait: the longest time between two ticks, 2 ms apart, of another thread "
    f"of the process. The last row is no attack: embeddings of {TEXTS:,} texts with {DIMENSIONS:,} dimensions, 127 MB."
)
SECONDS = 300


def tables() -> Iterator[Table]:
    """Run each attack, and the largest legitimate response."""
    rows = []
    with _served(HOSTILE) as address:
        rows += [_row(name, address, wanted) for name, wanted in ATTACKS.items()]
    with _served(RAW) as address:
        rows.append(_row("the largest embeddings", address, VECTORS))
    yield Table("a hostile answer", COLUMNS, rows, NOTE)


def _row(name: str, address: str, wanted: str) -> Row:
    command = [sys.executable, "-m", f"{__package__}.bounds", address, wanted]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=SECONDS).stdout)
    cells = (
        f"{result['seconds']:.1f}",
        f"{result['peak'] / 1e6:,.0f}",
        f"{result['left'] / 1e6:,.0f}",
        f"{result['wait']:.2f}",
        f"{result['chunks']:,}",
    )
    return Row(name, cells, result["wait"], WAIT)


@contextmanager
def _served(script: Path) -> Iterator[str]:
    with subprocess.Popen([sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()
            process.wait(10)


@dataclass
class Ticking:
    """A thread that ticks inside a block and measures the longest time between two ticks."""

    longest: float = 0.0
    _ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Ticking:
        self._thread = threading.Thread(target=self._tick)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _tick(self) -> None:
        last = perf_counter()
        while not self._ended.is_set():
            time.sleep(0.002)
            now = perf_counter()
            self.longest, last = max(self.longest, now - last), now


def _memory() -> tuple[int, int]:
    """Return resident and peak memory of this process, in bytes."""
    lines = (line.split() for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
    fields = {parts[0]: int(parts[1]) * 1024 for parts in lines if parts[2:] == ["kB"]}
    return fields["VmRSS:"], fields["VmHWM:"]


def _ask(session: Session, wanted: str) -> None:
    if wanted.startswith("vectors"):
        config = {"provider": "p", "model": wanted, "model_type": "text-embedding"}
        session.model.text_embedding.invoke(config, ["a text"] * TEXTS)
        return
    config = {"provider": "p", "mode": "chat", "model": wanted}
    for _ in session.model.llm.invoke(config, [{"role": "user", "content": "Hello?"}]):
        pass


def measured(address: str, wanted: str) -> dict[str, Any]:
    """Request one response and measure this process."""
    model = described("p", VECTORS, ModelType.TEXT_EMBEDDING)
    at_once = model.model_copy(update={"model_properties": {ModelPropertyKey.MAX_CHUNKS: TEXTS}})
    records: list[Record[Any]] = []
    backend = connect("openai_compatible", base_url=address, models=[at_once])
    session = Session(backend, record=records.append)
    error = ""
    with Ticking() as ticking:
        before, _ = _memory()
        begun = perf_counter()
        try:
            _ask(session, wanted)
        except InvokeError as failure:
            error = str(failure)
        seconds = perf_counter() - begun
    left, peak = _memory()
    backend.close()
    result = {"seconds": seconds, "peak": peak - before, "left": left - before, "wait": ticking.longest}
    return result | {"chunks": len(records[-1].chunks), "error": error}


if __name__ == "__main__":
    print(json.dumps(measured(*sys.argv[1:])))
