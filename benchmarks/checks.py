"""Measure how long another thread of the app waits for the GIL while a hostile schema is checked."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter, sleep
from typing import Any

from boomerang.invoker.llm_text.json_schema import MEBIBYTES, SECONDS, check, schema_fault

from .table import Row, Table, Target

WAIT = Target(1, "s")
TICK_SECONDS = 0.001
COLUMNS = ("all of it, s", "longest wait, ms", "found")
NOTE = (
    f"All of it: whether the schema is one, and the check, which ends after {SECONDS:g} s or {MEBIBYTES} MB. Waits are those "
    f"of a thread of the same process that wants the lock every {TICK_SECONDS * 1000:g} ms; judged is the longest."
)
_TWICE = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)}
CASES: Mapping[str, tuple[Any, dict[str, Any]]] = {
    "`^(a+)+$`, 40 characters": ("a" * 40 + "!", {"pattern": "^(a+)+$"}),
    "`^(a+)+$`, 1,000,000 characters": ("a" * 1_000_000 + "!", {"pattern": "^(a+)+$"}),
    "`(a{1000}){100}$`, 1,000,000 characters": ("a" * 1_000_000, {"pattern": "(a{1000}){100}$"}),
    "`uniqueItems`, 4,000 objects": ([{"a": n, "b": [n]} for n in range(4_000)], {"uniqueItems": True}),
    "300 alternatives × 6,000 items": (
        [{"k1": 1}] * 6_000,
        {"items": {"oneOf": [{"type": "object", "required": [f"k{n}"]} for n in range(300)]}},
    ),
    "300 alternatives of 6,000 items": (["x"] * 6_000, {"anyOf": [{"items": {"const": n}} for n in range(300)]}),
    "`$ref` doubled 40 times": ({}, {"$ref": "#/$defs/d0", "$defs": {**_TWICE, "d40": {}}}),
    "`enum` of 100,000 objects, 3,000 items": (
        [{"a": 99_999}] * 3_000,
        {"items": {"enum": [{"a": n} for n in range(100_000)]}},
    ),
    "3,000,000 items": ([1] * 3_000_000, {"items": {"type": "integer"}}),
}


def tables() -> Iterator[Table]:
    """Check each case once, as every answer is checked only once."""
    yield Table("a hostile check", COLUMNS, [_row(name, *case) for name, case in CASES.items()], NOTE)


def _row(name: str, value: Any, schema: dict[str, Any]) -> Row:
    with _waits() as waits:
        begin = perf_counter()
        schema_fault(schema)
        outcome = check(value, schema).outcome
        seconds = perf_counter() - begin
    longest = max(waits)
    return Row(name, (f"{seconds:.2f}", f"{longest * 1000:.0f}", outcome), longest, WAIT)


@contextmanager
def _waits() -> Iterator[list[float]]:
    """Measure by how much a thread's sleeps are late, until the block ends."""
    waits = [0.0]
    over = threading.Event()

    def tick() -> None:
        while not over.is_set():
            begin = perf_counter()
            sleep(TICK_SECONDS)
            waits.append(perf_counter() - begin - TICK_SECONDS)

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        yield waits
    finally:
        over.set()
        thread.join()
