"""Read the header of a GGUF file: what the model is, and whether the file is complete.

llama.cpp only reports that loading failed, and a native loader should not see a broken file; so we check first.

Source: the GGUF specification, versions 2 and 3 (ggml, docs/gguf.md): little endian, strings with 64-bit lengths.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from boomerang.invoker.errors import InvokeServerUnavailableError
from boomerang.invoker.messages.message import Message

MAGIC = b"GGUF"
_STRING, _ARRAY = 8, 9
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
"""Value types of metadata as `struct` formats."""
_LONGEST_KEPT_ARRAY = 64
"""Longer arrays, such as vocabularies, are skipped."""
_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 36), 10: (256, 84),
    11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292), 16: (256, 66), 17: (256, 74),
    18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2),
    26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17),
}  # fmt: skip
"""Tensor types: values per block, bytes per block."""


@dataclass(frozen=True, slots=True)
class Head:
    """Header of a GGUF file."""

    metadata: dict[str, Any]
    """Without long arrays."""
    tensors: int
    needed_bytes: int
    """Minimum size of a file that contains all tensors."""

    @property
    def architecture(self) -> str:
        """Model architecture, such as `qwen2`; empty if missing."""
        return str(self.metadata.get("general.architecture", ""))

    @property
    def context_size(self) -> int | None:
        """Context length in tokens that the model was trained for."""
        value = self.metadata.get(f"{self.architecture}.context_length")
        return value if isinstance(value, int) and value > 0 else None

    @property
    def name(self) -> str | None:
        """The model's own name."""
        value = self.metadata.get("general.name")
        return value if isinstance(value, str) and value else None


class _Reader:
    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.position = 0

    def number(self, letter: str) -> Any:
        (value,) = struct.unpack_from("<" + letter, self.data, self.position)
        self.position += struct.calcsize("<" + letter)
        return value

    def skip_string(self) -> None:
        (length,) = struct.unpack_from("<Q", self.data, self.position)
        self.position += 8 + length

    def string(self) -> str:
        start = self.position + 8
        self.skip_string()
        if self.position > len(self.data):
            raise IndexError("the file ends within a text")
        return self.data[start : self.position].decode("utf-8", "replace")

    def value(self, kind: int) -> Any:
        if kind == _STRING:
            return self.string()
        if kind == _ARRAY:
            return self.array()
        return self.number(_NUMBERS[kind])

    def array(self) -> list[Any] | None:
        kind, count = self.number("I"), self.number("Q")
        if count <= _LONGEST_KEPT_ARRAY:
            return [self.value(kind) for _ in range(count)]
        if kind == _STRING:
            for _ in range(count):
                self.skip_string()
        elif kind == _ARRAY:
            for _ in range(count):
                self.array()
        else:
            self.position += count * struct.calcsize("<" + _NUMBERS[kind])
        return None

    def head(self) -> Head:
        version = self.number("I")
        if version not in (2, 3):
            raise ValueError(f"version {version} of the format, known are 2 and 3")
        tensors, entries = self.number("Q"), self.number("Q")
        metadata = {}
        for _ in range(entries):
            key = self.string()
            value = self.value(self.number("I"))
            if value is not None:
                metadata[key] = value
        end = max((self._tensor_end() for _ in range(tensors)), default=0)
        alignment = metadata.get("general.alignment", 32)
        start = -(-self.position // alignment) * alignment
        return Head(metadata, tensors, start + end)

    def _tensor_end(self) -> int:
        self.skip_string()
        dimensions = [self.number("Q") for _ in range(self.number("I"))]
        kind, offset = self.number("I"), self.number("Q")
        values, size = _BLOCKS.get(kind, (prod(dimensions) or 1, 1))  # an unknown type has at least one byte
        return int(offset + -(-prod(dimensions) // values) * size)


def read_head(path: Path) -> Head:
    """Read the header of a GGUF file and check that the file is complete.

    Raises:
        InvokeServerUnavailableError: The file is missing, not GGUF, truncated, or has a damaged header; the message says which.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(len(MAGIC))
            if start != MAGIC:
                raise _broken(_not_gguf(path.name, start))
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                reader = _Reader(data)
                reader.position = len(MAGIC)
                head = reader.head()
    except OSError as error:
        fault = error.strerror or str(error)
        raise _broken(Message("embedded.gguf_unreadable", file=path.name, fault=fault)) from error
    except (struct.error, IndexError, OverflowError) as error:
        raise _broken(Message("embedded.gguf_head_cut", file=path.name, size=size)) from error
    except (ValueError, KeyError, TypeError, ZeroDivisionError) as error:
        raise _broken(Message("embedded.gguf_damaged", file=path.name, fault=str(error))) from error
    if size < head.needed_bytes:
        raise _broken(Message("embedded.gguf_cut", file=path.name, size=size, expected=head.needed_bytes))
    return head


def _not_gguf(file: str, start: bytes) -> Message:
    if start:
        return Message("embedded.gguf_unknown", file=file, start=repr(start))
    return Message("embedded.gguf_empty", file=file)


def _broken(message: Message) -> InvokeServerUnavailableError:
    return InvokeServerUnavailableError(message, hint=Message("embedded.gguf_hint"))
