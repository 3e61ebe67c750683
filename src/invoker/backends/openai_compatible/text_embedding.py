"""Embeddings of a server with OpenAI's interface, in as many requests as the model takes texts at a time.

Source: OpenAI API reference, "Create embeddings" (2026-10).
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping
from time import perf_counter
from typing import Any

from ...entities.text_embedding import EmbeddingUsage, RequestInvokeTextEmbedding, TextEmbeddingResult
from ...errors import InvokeBadRequestError, ProtocolError, in_form
from ...run import Run
from ...wire.http import Http

PATH = "embeddings"
MAX_CHUNKS = 64
"""Texts in one request, where the model's `max_chunks` does not say."""


def embed(http: Http, request: RequestInvokeTextEmbedding, run: Run, max_chunks: int | None) -> TextEmbeddingResult:
    """Have texts embedded.

    Args:
        http: How the server is reached.
        request: The texts; all of them are sent as they are, however long.
        run: Ends it from any thread.
        max_chunks: Texts that the model takes in one request.

    Raises:
        InvokeBadRequestError: There are no texts.
        ProtocolError: The server gave not one vector for each text.
    """
    if not request.texts:
        raise InvokeBadRequestError(
            "There is nothing to embed: `texts` is empty.", field="texts", hint="Give at least one text."
        )
    began, size = perf_counter(), max(1, max_chunks or MAX_CHUNKS)
    vectors: list[list[float]] = []
    tokens, model = 0, request.model
    for start in range(0, len(request.texts), size):
        texts = request.texts[start : start + size]
        run.phase("reading")
        body = {"model": request.model, "input": texts, "encoding_format": "float"}
        with http.post(PATH, run, json=body) as answer:
            value = answer.json()
        with in_form("The embeddings' answer"):
            vectors += _vectors(value, len(texts))
            model = value.get("model") or model
            tokens += _tokens(value.get("usage"))
    usage = EmbeddingUsage.priced(None, tokens=tokens, latency=perf_counter() - began)
    with in_form("A vector"):
        return TextEmbeddingResult(model=model, embeddings=vectors, usage=usage)


def _vectors(value: Any, count: int) -> list[list[float]]:
    """Give the vectors in the texts' order, whatever order the server wrote them in."""
    data = value.get("data") if isinstance(value, dict) else None
    if not isinstance(data, list):
        raise ProtocolError("The server's answer has no list `data` with the vectors.")
    found: list[list[float] | None] = [None] * count
    for place, item in enumerate(data):
        index = item.get("index", place)
        if not isinstance(index, int) or not 0 <= index < count or found[index] is not None:
            raise ProtocolError(f"The server gave a vector with the index {index!r}, of {count} texts.")
        found[index] = _vector(item.get("embedding"), index)
    missing = [index for index, vector in enumerate(found) if vector is None]
    if missing:
        raise ProtocolError(
            f"The server gave {count - len(missing)} vectors for {count} texts; the first missing is {missing[0]}."
        )
    return [vector for vector in found if vector is not None]


def _vector(value: Any, index: int) -> list[float]:
    if isinstance(value, str):  # base64 of little-endian 32-bit floats, which some servers send unasked
        try:
            packed = base64.b64decode(value, validate=True)
            return list(struct.unpack(f"<{len(packed) // 4}f", packed))
        except (ValueError, struct.error) as error:
            raise ProtocolError(f"The vector of text {index} is neither a list nor base64 of floats: {error}.") from error
    if not isinstance(value, list) or not value:
        raise ProtocolError(f"The vector of text {index} is no list of numbers.")
    return value


def _tokens(usage: Any) -> int:
    if not isinstance(usage, Mapping):
        return 0
    return next((int(usage[name]) for name in ("prompt_tokens", "total_tokens") if isinstance(usage.get(name), int)), 0)
