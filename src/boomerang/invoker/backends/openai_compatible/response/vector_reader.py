"""Read the vectors of an embeddings response in servers' formats.

==========================================  ==================================================================
shape                                       documented in (2026-10)
==========================================  ==================================================================
``data[].{index, embedding}``               OpenAI, "Create embeddings"
``[[…]]``, ``[{index, embedding}]``         Text Embeddings Inference `/embed`; llama.cpp `/embeddings`
``embeddings: [[…]]``, ``embedding: […]``   Ollama `/api/embed` and `/api/embeddings`; Cohere v1
``embeddings: {float: [[…]], int8: …}``     Cohere v2, "Embed"; Jina writes the object inside each item
``embeddings[].values``                     Google, `batchEmbedContents`
``result: {data: [[…]]}``                   Cloudflare Workers AI
a vector as base64                          OpenAI: 32-bit floats, little endian
==========================================  ==================================================================
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from boomerang.invoker.errors import ProtocolError
from boomerang.invoker.messages.message import Message

from .notices import Once
from .numbers import as_float
from .response_errors import shown

_LISTS = ("data", "embeddings", "embedding", "result", "predictions")
"""Fields that contain the vectors, or an object with them."""
_IN_ITEM = ("embedding", "embeddings", "values", "vector")
"""Fields of an item that contain its vector."""
_TYPES = ("float", "base64", "int8", "uint8")
"""Cohere's and Jina's names for number formats, the exact ones first."""
_QUANTISED = frozenset({"int8", "uint8"})
_PACKED = ("binary", "ubinary")
"""Their names for packed bits, which cannot be compared with other vectors."""
_DEEPEST = 4
"""Maximum nesting of objects and lists around a vector."""
_URL_SAFE = str.maketrans("-_", "+/")


class Item(NamedTuple):
    """An unparsed vector."""

    index: Any
    """Index of its text as the server wrote it; `None` if missing."""
    vector: Any


def find_items(value: Any, count: int) -> Sequence[Item] | None:
    """Return the unparsed vectors of a response; `None` if there are none.

    Args:
        value: The response.
        count: Number of texts sent; the vector of a single one may come without a list around it.
    """
    vectors = _vectors_in(value, count, _DEEPEST)
    return None if vectors is None else [_item(vector) for vector in vectors]


def _vectors_in(value: Any, count: int, depth: int) -> list[Any] | None:
    if isinstance(value, list):
        is_one = count == 1 and value and all(isinstance(number, int | float) for number in value)
        return [value] if is_one else value
    if not isinstance(value, dict) or not depth:
        return None
    if name := _first(value, _TYPES):
        inner = value[name]
        by_text = isinstance(inner, list) and all(isinstance(vector, list | str) for vector in inner)
        return [{name: vector} for vector in inner] if by_text else [value]
    if _first(value, (*_PACKED, "values")):
        return [value]
    nested = (_vectors_in(value[name], count, depth - 1) for name in _LISTS if name in value)
    vectors = next((vectors for vectors in nested if vectors is not None), None)
    return [value["embedding"]] if vectors is None and isinstance(value.get("embedding"), str) else vectors


def _item(value: Any) -> Item:
    if not isinstance(value, dict):
        return Item(None, value)
    name = next((name for name in _IN_ITEM if name in value), None)
    return Item(value.get("index"), value[name] if name else value)


def _first(value: Mapping[str, Any], names: Sequence[str]) -> str | None:
    return next((name for name in names if value.get(name) is not None), None)


class VectorReader:
    """Reads the vectors of one call.

    Args:
        once: Receives notices of oddities.
    """

    def __init__(self, once: Once) -> None:
        self._once = once

    def read(self, value: Any, index: int) -> list[float]:
        """Read a vector.

        Args:
            value: As the server wrote it.
            index: Index of its text among all texts of the call.

        Raises:
            ProtocolError: The value is not a vector.
        """
        return self._read(value, index, _DEEPEST)

    def _read(self, value: Any, index: int, depth: int) -> list[float]:
        if isinstance(value, str):
            return self._text(value, index, depth)
        if isinstance(value, dict) and depth:
            return self._object(value, index, depth)
        if not isinstance(value, list) or not value:
            raise ProtocolError(Message("lists.no_vector", index=index, found=shown(value)))
        if isinstance(value[0], list) and all(isinstance(inner, list) for inner in value):
            return self._nested(value, index, depth)
        return self._numbers(value, index)

    def _numbers(self, value: list[Any], index: int) -> list[float]:
        kinds = set(map(type, value))
        if kinds == {float}:  # the common case
            return value
        if str in kinds:
            self._once(Message("lists.numbers_as_text"))
        numbers: list[float] = []
        for place, number in enumerate(value):
            if (read := as_float(number)) is None:
                hint = Message("lists.null_number_hint") if number is None else None
                raise ProtocolError(Message("lists.no_number", index=index, place=place, found=shown(number)), hint=hint)
            numbers.append(read)
        return numbers

    def _nested(self, value: list[Any], index: int, depth: int) -> list[float]:
        if len(value) == 1 and depth:
            self._once(Message("lists.nested_vector"))
            return self._read(value[0], index, depth - 1)
        message = Message("lists.vector_per_token", index=index, count=len(value))
        raise ProtocolError(message, hint=Message("lists.pooling_hint"))

    def _object(self, value: Mapping[str, Any], index: int, depth: int) -> list[float]:
        if (name := _first(value, (*_TYPES, *_IN_ITEM))) is None:
            if packed := _first(value, _PACKED):
                raise ProtocolError(Message("lists.packed_bits", index=index, type=packed))
            raise ProtocolError(Message("lists.no_vector", index=index, found=shown(value)))
        if name in _QUANTISED:
            self._once(Message("lists.quantised_vectors", type=name))
        return self._read(value[name], index, depth - 1)

    def _text(self, value: str, index: int, depth: int) -> list[float]:
        """Read a vector sent as text: base64 of 32-bit floats, which some servers send unasked, or a JSON list."""
        text = "".join(value.split())
        if text.startswith("[") and depth and isinstance(parsed := _parsed(text), list):
            self._once(Message("lists.numbers_as_text"))
            return self._read(parsed, index, 0)
        digits = text.rstrip("=").translate(_URL_SAFE)
        try:
            packed = base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
            numbers = list(struct.unpack(f"<{len(packed) // 4}f", packed))
        except (ValueError, struct.error):
            raise ProtocolError(Message("lists.no_base64", index=index, found=shown(value))) from None
        if not numbers:
            raise ProtocolError(Message("lists.no_vector", index=index, found=shown(value)))
        return numbers


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
