"""Embeddings on a server with OpenAI's interface, in batches of as many texts as the model accepts.

Source: OpenAI API reference, "Create embeddings" (2026-10).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from math import isfinite
from time import perf_counter
from typing import Any, NamedTuple

from boomerang.invoker.backends.openai_compatible.response.notices import Once
from boomerang.invoker.backends.openai_compatible.response.numbers import as_int
from boomerang.invoker.backends.openai_compatible.response.response_errors import body_of, displayable, refused, shown
from boomerang.invoker.backends.openai_compatible.response.vector_reader import Item, VectorReader, find_items
from boomerang.invoker.entities.text_embedding import EmbeddingUsage, RequestInvokeTextEmbedding, TextEmbeddingResult
from boomerang.invoker.errors import InvokeBadRequestError, ProtocolError
from boomerang.invoker.events import ArgumentsNotSent
from boomerang.invoker.http.errors import error_text
from boomerang.invoker.http.exchange import Http
from boomerang.invoker.http.response import Answer
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run

from .batch_limits import batch_limit, is_about_batches

PATH = "embeddings"
MAX_CHUNKS = 64
"""Texts per request, if the model's `max_chunks` is unknown."""
MOST_NAMED = 10
"""Maximum texts that a notice names."""
LARGEST_COUNT = 10**12
"""In tokens; a larger number is not a usage."""


class TextEmbedding:
    """The server's embedding models.

    Args:
        http: Connection to the server.
    """

    def __init__(self, http: Http) -> None:
        self._http = http
        self._refuses_format = False
        """Whether the server has refused `encoding_format`, as Voyage does; only ever set, so no lock is needed."""

    def embed(self, request: RequestInvokeTextEmbedding, run: Run, max_chunks: int | None) -> Iterator[TextEmbeddingResult]:
        """Embed texts.

        Args:
            request: The texts; sent unchanged, however long.
            run: Stops the requests, from any thread.
            max_chunks: Texts that the model accepts in one request.

        Raises:
            InvokeBadRequestError: There are no texts.
            ProtocolError: The server did not return one vector per text, all of the same length.
        """
        if not request.texts and not run.unchecked:
            raise InvokeBadRequestError(
                Message("inputs.nothing_to_embed", field="texts"), field="texts", hint=Message("inputs.one_text")
            )
        run.report(ArgumentsNotSent(("input_type",)))
        began, size = perf_counter(), max(1, max_chunks or MAX_CHUNKS)
        parts = _Parts(request.model, Once(run))
        while (start := len(parts.vectors)) < len(request.texts) or not parts.usages:  # at least once, even without a text
            run.phase("inference")
            try:
                self._add(request.texts[start : start + size], parts, run)
            except InvokeBadRequestError as error:
                count = min(size, len(request.texts) - start)
                limit = None if parts.limited else batch_limit(error, count)
                if limit is None:
                    if is_about_batches(error, count):
                        error.hint = Message("lists.max_chunks_hint", count=count)
                    raise
                size, parts.limited = limit, True
                run.notice("lists.smaller_batches", limit=limit, words=error.description)
        _report_not_finite(parts.vectors, run)
        usage = _usage(parts.usages, run, perf_counter() - began)
        yield TextEmbeddingResult(model=parts.model, embeddings=parts.vectors, usage=usage)

    def _add(self, texts: Sequence[str], parts: _Parts, run: Run) -> None:
        """Embed some texts in one request, and add the result."""
        with self._answer({"model": parts.requested_model, "input": texts}, run) as answer:
            value = answer.json()
            if (items := find_items(value, len(texts))) is None:
                raise refused(answer, Message("lists.no_vectors", words=error_text(body_of(answer))))
            parts.add(value, items, len(texts))

    @contextmanager
    def _answer(self, body: Mapping[str, Any], run: Run) -> Iterator[Answer]:
        """Request plain numbers; omit the format if the server rejects the parameter."""
        wished = {} if self._refuses_format else {"encoding_format": "float"}
        with ExitStack() as opened:
            try:
                answer = opened.enter_context(self._http.post(PATH, run, json={**body, **wished}))
            except InvokeBadRequestError as error:
                if not wished or "encoding_format" not in (error.body or ""):
                    raise
                run.notice("lists.without_encoding_format", words=error.description)
                answer = opened.enter_context(self._http.post(PATH, run, json=body))
                self._refuses_format = True
            yield answer


class _Tokens(NamedTuple):
    """Usage that a server reported for one request."""

    prompt: int
    total: int


class _Parts:
    """Collected results of a call's requests.

    Args:
        model: The requested model.
        once: Receives notices of oddities.
    """

    def __init__(self, model: str, once: Once) -> None:
        self._reader = VectorReader(once)
        self.requested_model = self.model = model
        self.vectors: list[list[float]] = []
        self.usages: list[_Tokens | None] = []
        self.limited = False
        """Whether the batch size was taken from the server's refusal."""

    def add(self, value: Any, items: Sequence[Item], count: int) -> None:
        """Add a response.

        Args:
            value: The response.
            items: Its unparsed vectors.
            count: Number of texts sent.

        Raises:
            ProtocolError: It does not have one vector per text, all of the same length.
        """
        start = len(self.vectors)
        self.vectors += self._in_order(items, count)
        first = len(self.vectors[0]) if self.vectors else 0
        for index in range(start, len(self.vectors)):
            if (other := len(self.vectors[index])) != first:
                raise ProtocolError(Message("lists.vector_lengths", first=first, index=index, other=other))
        answer = value if isinstance(value, dict) else {}
        name = answer.get("model")
        self.model = displayable(name) if isinstance(name, str) and name else self.model
        self.usages.append(_tokens(answer.get("usage")))

    def _in_order(self, items: Sequence[Item], count: int) -> list[list[float]]:
        """Read vectors in the texts' order, whatever the server's order."""
        if len(items) > count and all(item.index is None for item in items):
            hint = Message("lists.pooling_hint") if count == 1 else None
            raise ProtocolError(Message("lists.too_many_vectors", count=len(items), texts=count), hint=hint)
        vectors: dict[int, list[float]] = {}
        for place, item in enumerate(items):
            index = place if item.index is None else as_int(item.index)
            if index is None or not 0 <= index < count:
                raise ProtocolError(Message("lists.vector_index", index=shown(item.index), count=count))
            if index in vectors:
                raise ProtocolError(Message("lists.two_vectors", index=index))
            vectors[index] = self._reader.read(item.vector, len(self.vectors) + index)
        if len(vectors) < count:
            first = next(index for index in range(count) if index not in vectors)
            raise ProtocolError(Message("lists.missing_vectors", count=len(vectors), texts=count, index=first))
        return [vectors[index] for index in range(count)]


def _tokens(usage: Any) -> _Tokens | None:
    """Return the reported usage, if any. Some servers report only one of the counts, or leave the other at zero."""
    if not isinstance(usage, Mapping):
        return None
    counts = [_count(usage.get("prompt_tokens")), _count(usage.get("total_tokens"))]
    if counts == [None, None]:
        return None
    prompt, total = (count or 0 for count in counts)
    return _Tokens(prompt or total, total or prompt)


def _count(value: Any) -> int | None:
    number = as_int(value)
    return number if number is not None and 0 <= number <= LARGEST_COUNT else None


def _usage(reported: Sequence[_Tokens | None], run: Run, latency: float) -> EmbeddingUsage:
    """Sum the reported usages; if some are missing, report none, since a part would pass for the whole."""
    known = [tokens for tokens in reported if tokens is not None]
    if 0 < len(known) < len(reported):
        run.notice("lists.usage_left_out", count=len(reported), told=len(known))
        known = []
    usage = EmbeddingUsage.priced(None, tokens=sum(tokens.prompt for tokens in known), latency=latency)
    return usage.model_copy(update={"total_tokens": sum(tokens.total for tokens in known)})


def _report_not_finite(vectors: Sequence[Sequence[float]], run: Run) -> None:
    # The sum is computed in C and is not finite if any number is not, so the numbers are only checked if it is not finite.
    places = [place for place, vector in enumerate(vectors) if not isfinite(sum(vector)) and not all(map(isfinite, vector))]
    if places:
        names = ", ".join(map(str, places[:MOST_NAMED])) + (", …" if len(places) > MOST_NAMED else "")
        run.notice("lists.not_finite", places=names)
