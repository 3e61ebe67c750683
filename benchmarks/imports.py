"""Measure the time of `import boomerang` in a fresh process, and what it loads; pydantic and Streamlit for comparison."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from .table import Row, Table, Target

ROUNDS = 9
SECONDS, NONE = Target(0.25, "s"), Target(1, "")
HEAVY = ("streamlit", "numpy", "pandas", "onnxruntime", "xllamacpp", "soundfile", "hibari", "tokenizers")
OURS = "import boomerang"
STATEMENTS = (
    OURS,
    "from boomerang import connect; connect('embedded')",
    "import pydantic",
    "from pydantic import BaseModel, Field, JsonValue, model_validator",
    "import streamlit",
)
PROBE = """
import json, sys, time
begin = time.perf_counter(), time.process_time()
exec({statement!r})
end = time.perf_counter(), time.process_time()
loaded = [name for name in {heavy!r} if name in sys.modules]
print(json.dumps([end[0] - begin[0], end[1] - begin[1], len(sys.modules), loaded]))
"""
NOTE = (
    f"Medians of {ROUNDS} fresh processes each, in turn, files in the operating system's cache; seconds of the statement "
    "alone, without the interpreter's own start. `import pydantic` by itself loads almost nothing; the line under it is what "
    "a first model class needs."
)


@dataclass(frozen=True, slots=True)
class Import:
    """One statement in one fresh process."""

    seconds: float
    processor_seconds: float
    modules: int
    heavy: tuple[str, ...]


def tables() -> Iterator[Table]:
    """Measure all statements, alternating between them."""
    for statement in STATEMENTS:
        probed(statement)  # fills the caches, not counted
    probes: dict[str, list[Import]] = {statement: [] for statement in STATEMENTS}
    for _ in range(ROUNDS):
        for statement in STATEMENTS:
            probes[statement].append(probed(statement))
    rows = [_row(statement, imports) for statement, imports in probes.items()]
    heavy = probes[OURS][0].heavy
    rows.append(Row(f"heavy modules that `{OURS}` loads", ("", "", str(len(heavy)), ", ".join(heavy)), len(heavy), NONE))
    yield Table("statement", ("seconds", "of processor", "modules", "heavy ones among them"), rows, NOTE)


def probed(statement: str) -> Import:
    """Run a statement in a fresh process."""
    code = PROBE.format(statement=statement, heavy=HEAVY)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, processor_seconds, modules, heavy = json.loads(ran.stdout.splitlines()[-1])
    return Import(seconds, processor_seconds, modules, tuple(heavy))


def _row(statement: str, imports: Sequence[Import]) -> Row:
    seconds = median(one.seconds for one in imports)
    processor_seconds = median(one.processor_seconds for one in imports)
    cells = (f"{seconds:.3f}", f"{processor_seconds:.3f}", str(imports[0].modules), ", ".join(imports[0].heavy) or "none")
    return Row(f"`{statement}`", cells, seconds, SECONDS if statement == OURS else None)
