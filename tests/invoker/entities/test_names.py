"""Tests for what importing the entities loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from boomerang.invoker import entities

SRC = Path(entities.__file__).parents[3]


def test_importing_the_entities_loads_nothing_heavy() -> None:
    heavy = "{'numpy', 'pandas', 'streamlit', 'soundfile', 'onnxruntime', 'xllamacpp', 'tokenizers'}"
    load = f"import sys; sys.path.insert(0, {str(SRC)!r}); from boomerang.invoker.entities.llm import result"
    code = f"{load}; print(sorted({heavy} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.strip() == "[]"
