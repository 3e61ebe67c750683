"""Embeddings of a server with OpenAI's interface, in as many requests as the model takes texts at a time.

Source: OpenAI API reference, "Create embeddings" (2026-10).
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from math import isfinite
from time import perf_counter
from typing import Any, NamedTuple

from ...entities.text_embedding import EmbeddingUsage, RequestInvokeTextEmbedding, TextEmbeddingResult
from ...errors import InvokeBadRequestError, ProtocolError, in_form
from ...run import NoteKind, Run
from ...wire.answer import Answer
from ...wire.faults import said
from ...wire.http import Http

PATH = "embeddings"
MAX_CHUNKS = 64
"""Texts in one request, where the model's `max_chunks` does not say."""
MOST_NAMED = 10
"""Texts that a notice names."""
NO_INPUT_TYPE = "OpenAI's interface has no input_type; it was not sent."


class TextEmbedding:
    """The server's embedding models.

    Args:
        http: How the server is reached.
    """

    def __init__(self, http: Http) -> None:
        self._http = http
        self._refuses_format = False
        """Whether the server has refused `encoding_format`, as Voyage does; only ever set, so that no lock is needed."""

    def embed(self, request: RequestInvokeTextEmbedding, run: Run, max_chunks: int | None) -> TextEmbeddingResult:
        """Have texts embedded.

        Args:
            request: The texts; all of them are sent as they are, however long.
            run: Ends it from any thread.
            max_chunks: Texts that the model takes in one request.

        Raises:
            InvokeBadRequestError: There are no texts.
            ProtocolError: The server gave not one vector for each text, all of one length.
        """
        if not request.texts:
            raise InvokeBadRequestError(
                "There is nothing to embed: `texts` is empty.", field="texts", hint="Give at least one text."
            )
        run.note(NoteKind.DETAIL, NO_INPUT_TYPE, not_sent=["input_type"])
        began, size = perf_counter(), max(1, max_chunks or MAX_CHUNKS)
        vectors: list[list[float]] = []
        usages: list[_Tokens | None] = []
        model = request.model
        for start in range(0, len(request.texts), size):
            texts = request.texts[start : start + size]
            run.phase("reading")
            with _hinting(len(texts)), self._answer({"model": request.model, "input": texts}, run) as answer:
                value = answer.json()
                with in_form("The embeddings' answer"):
                    vectors += _vectors(_data(value, answer), len(texts), start)
                    _check_lengths(vectors, start)
                    model = value.get("model") or model
                    usages.append(_tokens(value.get("usage")))
        usage = _usage(usages, run, perf_counter() - began)
        with in_form("A vector"):
            found = TextEmbeddingResult(model=model, embeddings=vectors, usage=usage)
        _tell_what_is_not_finite(found.embeddings, run)
        return found

    @contextmanager
    def _answer(self, body: Mapping[str, Any], run: Run) -> Iterator[Answer]:
        """Ask for plain numbers; without a word on that where the server does not take it."""
        wished = {} if self._refuses_format else {"encoding_format": "float"}
        with ExitStack() as opened:
            try:
                answer = opened.enter_context(self._http.post(PATH, run, json={**body, **wished}))
            except InvokeBadRequestError as error:
                if not wished or "encoding_format" not in (error.body or ""):
                    raise
                run.note(NoteKind.NOTICE, f"Asked again without encoding_format, which the server refuses: {error}")
                answer = opened.enter_context(self._http.post(PATH, run, json=body))
                self._refuses_format = True
            yield answer


@contextmanager
def _hinting(count: int) -> Iterator[None]:
    """Say of a request that is too large what makes it smaller; with an “if”, for TEI says so of one long text too."""
    try:
        yield
    except InvokeBadRequestError as error:
        if error.status_code == 413 and count > 1:
            error.hint = (
                f"If {count} texts at once are too many, set max_chunks (Texts a call) of the model on the Connections page."
            )
        raise


def _data(value: Any, answer: Answer) -> list[Any]:
    data = value.get("data") if isinstance(value, dict) else None
    if isinstance(data, list):
        return data
    body = answer.text(bytes(answer.beginning))
    words = f"The server's answer has no list `data` with the vectors: {said(body)}"
    raise ProtocolError(words, status_code=answer.status, body=body)


def _vectors(data: Sequence[Any], count: int, start: int) -> list[list[float]]:
    """Give the vectors in the texts' order, whatever order the server wrote them in.

    Args:
        data: What the server wrote.
        count: Texts that were sent.
        start: The place of the first of them among all texts.
    """
    found: list[list[float] | None] = [None] * count
    for place, item in enumerate(data):
        index = item.get("index")
        index = place if index is None else index
        if not isinstance(index, int) or not 0 <= index < count:
            raise ProtocolError(f"The server gave a vector with the index {index!r}, of {count} texts.")
        if found[index] is not None:
            raise ProtocolError(f"The server gave two vectors with the index {index}.")
        found[index] = _vector(item.get("embedding"), start + index)
    missing = [index for index, vector in enumerate(found) if vector is None]
    if missing:
        raise ProtocolError(
            f"The server gave {count - len(missing)} vectors for {count} texts; the first missing is {missing[0]}."
        )
    return [vector for vector in found if vector is not None]


def _check_lengths(vectors: Sequence[Sequence[float]], start: int) -> None:
    size = len(vectors[0])
    for place in range(start, len(vectors)):
        if (other := len(vectors[place])) != size:
            raise ProtocolError(
                f"The vectors differ in length: that of text 0 has {size} numbers, that of text {place} has {other}."
            )


def _vector(value: Any, index: int) -> list[float]:
    if isinstance(value, str):  # base64 of little-endian 32-bit floats, which some servers send unasked
        try:
            packed = base64.b64decode(value, validate=True)
            value = list(struct.unpack(f"<{len(packed) // 4}f", packed))
        except (ValueError, struct.error) as error:
            raise ProtocolError(f"The vector of text {index} is neither a list nor base64 of floats: {error}.") from error
    if not isinstance(value, list) or not value:
        raise ProtocolError(f"The vector of text {index} is no list of numbers.")
    return value


def _tell_what_is_not_finite(vectors: Sequence[Sequence[float]], run: Run) -> None:
    # A sum is made in C, and is not finite if one number is not; only where it is not are the numbers looked at.
    places = [place for place, vector in enumerate(vectors) if not isfinite(sum(vector)) and not all(map(isfinite, vector))]
    if places:
        names = ", ".join(map(str, places[:MOST_NAMED])) + (", …" if len(places) > MOST_NAMED else "")
        run.note(NoteKind.NOTICE, f"Not all numbers are finite in the vectors of these texts: {names}.")


class _Tokens(NamedTuple):
    """What a server told of one request."""

    prompt: int
    total: int


def _tokens(usage: Any) -> _Tokens | None:
    """Give what a server told; `None` if it told nothing. Some tell one of both only, or leave the other at zero."""
    if not isinstance(usage, Mapping):
        return None
    counts = [usage.get("prompt_tokens"), usage.get("total_tokens")]
    if not any(isinstance(count, int) for count in counts):
        return None
    prompt, total = (count if isinstance(count, int) else 0 for count in counts)
    return _Tokens(prompt or total, total or prompt)


def _usage(told: Sequence[_Tokens | None], run: Run, latency: float) -> EmbeddingUsage:
    """Add up what the server told of each request; a part of it would pass for the whole, so that is left out."""
    known = [tokens for tokens in told if tokens is not None]
    if 0 < len(known) < len(told):
        words = f"The usage is left out: of {len(told)} requests the server told it for {len(known)} only."
        run.note(NoteKind.NOTICE, words)
        known = []
    usage = EmbeddingUsage.priced(None, tokens=sum(tokens.prompt for tokens in known), latency=latency)
    return usage.model_copy(update={"total_tokens": sum(tokens.total for tokens in known)})
