"""Tests that incomplete GGUF files are refused with the reason, without a crash."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import pytest

from boomerang.invoker.backends.embedded.llama.gguf import read_head
from boomerang.invoker.backends.embedded.llama.llm_models import CONTEXT_SIZE, foreign
from boomerang.invoker.entities.model import ModelPropertyKey
from boomerang.invoker.errors import InvokeServerUnavailableError
from boomerang.invoker.weights.models_folder import Weights
from tests.invoker.backends.embedded.conftest import FILES


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def gguf(
    *, context: int | None = 8192, tensors: int = 1, values: int = 64, data: int | None = None, template: bool = True
) -> bytes:
    entries = [text("general.architecture") + struct.pack("<I", 8) + text("llama")]
    entries.append(text("general.name") + struct.pack("<I", 8) + text("Tiny"))
    entries.append(text("tokenizer.tokens") + struct.pack("<IIQ", 9, 8, 100) + text("ab") * 100)
    if context is not None:
        entries.append(text("llama.context_length") + struct.pack("<II", 4, context))
    if template:
        entries.append(text("tokenizer.chat_template") + struct.pack("<I", 8) + text("{{ messages }}"))
    head = b"GGUF" + struct.pack("<IQQ", 3, tensors, len(entries)) + b"".join(entries)
    for number in range(tensors):
        head += text(f"t{number}") + struct.pack("<IQIQ", 1, values, 2, 0)  # Q4_0: 18 bytes per 32 values
    head += bytes(-len(head) % 32)
    return head + bytes(values // 32 * 18 if data is None else data)


def file(folder: Path, content: bytes) -> Path:
    path = folder / "tiny.gguf"
    path.write_bytes(content)
    return path


def test_the_head_reports_what_the_model_is(tmp_path: Path) -> None:
    head = read_head(file(tmp_path, gguf()))
    assert (head.architecture, head.name, head.context_size, head.tensors) == ("llama", "Tiny", 8192, 1)
    assert "tokenizer.tokens" not in head.metadata


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04 and more", "is no GGUF file"),
        (b"GGUF", "ends within its head"),
        (gguf()[:90], "ends within its head"),
        (gguf(data=35), "is cut: it has"),
        (b"GGUF" + struct.pack("<I", 99) + bytes(32), "version 99"),
        (b"GGUF" + b"\xff" * 200, "version"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 2**60) + b"\xff" * 200, "ends within its head"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("key") + struct.pack("<I", 77), "is damaged at its head"),
    ],
)
def test_a_broken_file_is_refused_with_the_reason(tmp_path: Path, content: bytes, text: str) -> None:
    with pytest.raises(InvokeServerUnavailableError, match=r"tiny\.gguf") as caught:
        read_head(file(tmp_path, content))
    assert text in str(caught.value)


def test_a_foreign_model_is_described_by_its_file(tmp_path: Path) -> None:
    spec = foreign(file(tmp_path, gguf(context=2048)))
    assert (spec.model, spec.label, spec.context_size) == ("tiny", "Tiny", 2048)
    assert spec.listed("embedded").model_properties[ModelPropertyKey.MODE] == "chat"
    assert foreign(file(tmp_path, gguf(context=100_000, template=False))).context_size == CONTEXT_SIZE


def test_a_file_without_a_context_is_no_language_model(tmp_path: Path) -> None:
    with pytest.raises(InvokeServerUnavailableError, match="is no language model"):
        foreign(file(tmp_path, gguf(context=None)))


def test_the_real_models_are_whole() -> None:
    head = read_head(Weights().path(FILES["smollm2-135m-instruct"]))
    assert (head.architecture, head.context_size) == ("llama", 8192)
    assert head.needed_bytes == Weights().path(FILES["smollm2-135m-instruct"]).stat().st_size


def test_a_file_whose_head_is_whole_but_wrong_does_not_end_the_process(tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
from boomerang.invoker.backends.embedded.llama.runtime import Runtime
from boomerang.invoker.errors import InvokeServerUnavailableError

try:
    Runtime(Path(sys.argv[1]), name="tiny", context_size=256)
except InvokeServerUnavailableError as error:
    print(error)
"""
    path = file(tmp_path, gguf())
    answer = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, timeout=60, cwd="src")
    assert answer.returncode == 0
    assert "llama.cpp cannot load tiny.gguf" in answer.stdout
