"""Rerank in servers' formats. There is no single interface, so the format is detected, reported and remembered.

======================  =======================================  ==========================================
shape                   request                                  response
======================  =======================================  ==========================================
Jina, Cohere, vLLM,     ``query``, ``documents``, ``top_n``      ``results[].{index, relevance_score}``
llama.cpp, Xinference
TEI                     ``query``, ``texts``                     ``[{index, score}]``
Voyage                  ``query``, ``documents``, ``top_k``      ``data[].{index, relevance_score}``
======================  =======================================  ==========================================

Source: the API references of Jina, Cohere (v2) and Voyage; TEI's OpenAPI description; llama.cpp's server README (2026-10).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from boomerang.invoker.backends.openai_compatible.response.notices import Once
from boomerang.invoker.backends.openai_compatible.response.ranking_reader import find_ranked, read_ranking
from boomerang.invoker.backends.openai_compatible.response.response_errors import body_of, refused
from boomerang.invoker.entities.rerank import RequestInvokeRerank, RerankResult
from boomerang.invoker.errors import InvokeBadRequestError, InvokeError
from boomerang.invoker.events import RerankScores
from boomerang.invoker.http.errors import error_text
from boomerang.invoker.http.exchange import Http
from boomerang.invoker.http.response import Answer
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run

TEI, JINA, VOYAGE = "TEI", "Jina/Cohere", "Voyage"
NOT_THIS = frozenset({400, 404, 405, 422})
"""Statuses of a server that does not know a path or a field."""
_NO_PATH = frozenset({404, 405})
_OF_NO_PATH = re.compile(r"(?:(?:404|file|page|path|route) )*not found\.?|method not allowed\.?", re.IGNORECASE)
"""Messages of a refusal that add nothing to its status."""
_MISFIT: Mapping[str, re.Pattern[str]] = {
    JINA: re.compile(r"\b(?:texts|top_n)\b"),
    VOYAGE: re.compile(r"\b(?:texts|top_k)\b"),
    TEI: re.compile(r"\b(?:documents|raw_scores)\b"),
}
"""Shape → fields that a server of another shape misses in it, or rejects."""


@dataclass(frozen=True, slots=True)
class Way:
    """Shape and path of a request."""

    shape: str
    path: str
    after: str = ""
    """Only tried if a refusal has named this."""

    def body(self, request: RequestInvokeRerank) -> dict[str, Any]:
        """Return the request body in this shape."""
        if self.shape == TEI:
            return {"query": request.query, "texts": list(request.docs), "raw_scores": False}
        return {
            "model": request.model,
            "query": request.query,
            "documents": list(request.docs),
            "top_k" if self.shape == VOYAGE else "top_n": min(request.top_n, len(request.docs)),
        }


class Rerank:
    """The server's rerankers.

    Args:
        http: Connection to the server.
        root: The server's address without the connection's path: TEI and llama.cpp have `/rerank` there.
    """

    def __init__(self, http: Http, root: str) -> None:
        self._http = http
        self._ways = (
            Way(JINA, "rerank"),
            Way(VOYAGE, "rerank", after="top_n"),
            Way(TEI, "rerank"),
            Way(TEI, f"{root}/rerank"),
            Way(JINA, f"{root}/rerank"),
        )
        self._way: Way | None = None
        """The shape and path that worked; only ever set, so no lock is needed."""

    def rank(self, request: RequestInvokeRerank, run: Run) -> Iterator[RerankResult]:
        """Rank documents; scores are the server's own, neither rescaled nor rounded.

        Raises:
            InvokeBadRequestError: There are no documents, or `top_n` is less than 1.
            ProtocolError: The response has none of the known shapes.
        """
        if not run.unchecked:
            _check(request)
        run.phase("inference")
        way, (shape, items) = self._first_answer(request, run)
        if not items:
            run.notice("lists.nothing_ranked")
        docs = read_ranking(items, request.docs, Once(run))
        run.report(RerankScores(tuple((doc.index, doc.score) for doc in docs), shape, way.path))
        kept = [doc for doc in docs if doc.score >= request.score_threshold]
        yield RerankResult(model=request.model, docs=kept[: request.top_n])

    def _first_answer(self, request: RequestInvokeRerank, run: Run) -> tuple[Way, tuple[str, Sequence[Any]]]:
        if self._way is not None:
            return self._way, self._ranked(self._way, request, run)
        refusals: list[tuple[Way, InvokeError]] = []
        for way in self._ways:
            if way.after and not any(way.after in (error.body or "") for _, error in refusals):
                continue
            try:
                ranked = self._ranked(way, request, run)
            except InvokeError as error:
                if error.status_code not in NOT_THIS or _misses(error, request.model):
                    raise
                refusals.append((way, error))
                continue
            self._way = way
            return way, ranked
        raise min(refusals, key=lambda pair: _weight(*pair))[1]  # of equals the first, the most common shape

    def _ranked(self, way: Way, request: RequestInvokeRerank, run: Run) -> tuple[str, Sequence[Any]]:
        with self._http.post(way.path, run, json=way.body(request)) as answer:
            return _items(answer.json(), answer)


def _misses(error: InvokeError, model: str) -> bool:
    """Return whether a 404 is about the model, so that the path is right and no other needs to be tried."""
    named = rf"(?<![\w/]){re.escape(model)}(?![\w/])"
    return error.status_code == 404 and bool(model) and re.search(named, _error_text(error)) is not None


def _weight(way: Way, error: InvokeError) -> int:
    """Return how little a refusal says about the request itself, as opposed to our guess at its shape."""
    if error.status_code in _NO_PATH:
        text = _error_text(error)
        return 1 if text and not _OF_NO_PATH.fullmatch(text) else 3
    return 2 if _MISFIT[way.shape].search(error.body or "") else 0


def _error_text(error: InvokeError) -> str:
    """Return a server's message in JSON; a server that does not know the path mostly answers in HTML, plain text or nothing."""
    body = (error.body or "").lstrip()
    return error_text(body) if body.startswith("{") else ""


def _check(request: RequestInvokeRerank) -> None:
    if not request.docs:
        raise InvokeBadRequestError(Message("inputs.nothing_to_rank"), field="docs", hint=Message("inputs.one_document"))
    if request.top_n < 1:
        hint = Message("inputs.keeps_none_hint", count=len(request.docs))
        raise InvokeBadRequestError(Message("inputs.keeps_none", count=request.top_n), field="top_n", hint=hint)


def _items(value: Any, answer: Answer) -> tuple[str, Sequence[Any]]:
    """Return the shape of a response, and its ranked items."""
    if (items := find_ranked(value)) is None:
        if not isinstance(value, Mapping):
            raise refused(answer, Message("lists.no_ranking"))
        raise refused(answer, Message("lists.no_results", words=error_text(body_of(answer))))
    if isinstance(value, Mapping) and "results" not in value and "data" in value:
        return VOYAGE, items
    return (JINA if isinstance(value, Mapping) else TEI), items
