"""Rerank in the shapes that servers speak: there is no one interface, so the shape is found out, named and remembered.

======================  =======================================  ==========================================
shape                   request                                  answer
======================  =======================================  ==========================================
Jina, Cohere, vLLM,     ``query``, ``documents``, ``top_n``      ``results[].{index, relevance_score}``
llama.cpp, Xinference
TEI                     ``query``, ``texts``                     ``[{index, score}]``
Voyage                  as Jina; ``top_k``                       ``data[].{index, relevance_score}``
======================  =======================================  ==========================================

Source: the API references of Jina, Cohere (v2) and Voyage; TEI's OpenAPI description; llama.cpp's server README (2026-10).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...entities.rerank import RequestInvokeRerank, RerankDocument, RerankResult
from ...errors import InvokeBadRequestError, InvokeError, ProtocolError, in_form
from ...run import NoteKind, Run
from ...wire.http import Http

TEI, JINA = "TEI", "Jina/Cohere"
NOT_THIS = frozenset({400, 404, 405, 422})
"""Statuses by which a server says that it does not know a path or a field."""


@dataclass(frozen=True, slots=True)
class Way:
    """Where and how to ask."""

    shape: str
    path: str

    def body(self, request: RequestInvokeRerank) -> dict[str, Any]:
        """Give the request as this shape has it; all documents are asked for, for the threshold is ours."""
        if self.shape == TEI:
            return {"query": request.query, "texts": list(request.docs), "raw_scores": False}
        return {
            "model": request.model,
            "query": request.query,
            "documents": list(request.docs),
            "top_n": min(request.top_n, len(request.docs)),
        }


class Rerank:
    """The server's rerankers.

    Args:
        http: How the server is reached.
        root: The server's address without the connection's path: TEI and llama.cpp have `/rerank` there.
    """

    def __init__(self, http: Http, root: str) -> None:
        self._http = http
        self._ways = (Way(JINA, "rerank"), Way(TEI, "rerank"), Way(TEI, f"{root}/rerank"), Way(JINA, f"{root}/rerank"))
        self._way: Way | None = None
        """What worked; only ever set, so that no lock is needed."""

    def rank(self, request: RequestInvokeRerank, run: Run) -> RerankResult:
        """Have documents ranked; scores are the server's own, neither rescaled nor rounded.

        Raises:
            InvokeBadRequestError: There is nothing to rank, or nothing to keep.
            ProtocolError: The answer has none of the known shapes.
        """
        _check(request)
        run.phase("reading")
        way, value = self._asked(request, run)
        shape, items = _items(value)
        run.note(NoteKind.DETAIL, f"The server speaks {shape}'s shape of rerank.", shape=shape, path=way.path)
        with in_form("The ranking"):
            docs = _documents(items, request.docs)
        kept = [doc for doc in docs if doc.score >= request.score_threshold]
        return RerankResult(model=request.model, docs=kept[: request.top_n])

    def _asked(self, request: RequestInvokeRerank, run: Run) -> tuple[Way, Any]:
        if self._way is not None:
            return self._way, self._value(self._way, request, run)
        refusals: list[InvokeError] = []
        for way in self._ways:
            try:
                value = self._value(way, request, run)
            except InvokeError as error:
                if error.status_code not in NOT_THIS:
                    raise
                refusals.append(error)
                continue
            self._way = way
            return way, value
        # What the first way was told says most: it is the shape that nearly all servers have.
        raise next((error for error in refusals if error.status_code not in (404, 405)), refusals[0])

    def _value(self, way: Way, request: RequestInvokeRerank, run: Run) -> Any:
        with self._http.post(way.path, run, json=way.body(request)) as answer:
            return answer.json()


def _check(request: RequestInvokeRerank) -> None:
    if not request.docs:
        raise InvokeBadRequestError(
            "There is nothing to rank: `docs` is empty.", field="docs", hint="Give at least one document."
        )
    if request.top_n < 1:
        hint = f"Set it to the number of documents to keep, 1 or more; {len(request.docs)} keeps all."
        raise InvokeBadRequestError(f"`top_n` is {request.top_n}, which keeps no document.", field="top_n", hint=hint)


def _items(value: Any) -> tuple[str, Sequence[Any]]:
    """Tell the shape of an answer, and give what it ranks."""
    if isinstance(value, list):
        return TEI, value
    if isinstance(value, Mapping):
        if isinstance(value.get("results"), list):
            return JINA, value["results"]
        if isinstance(value.get("data"), list):
            return "Voyage", value["data"]
        raise ProtocolError(f"The rerank answer has no `results`; its fields are {', '.join(map(str, value)) or 'none'}.")
    raise ProtocolError("The rerank answer is neither a list nor an object.")


def _documents(items: Sequence[Any], docs: Sequence[str]) -> list[RerankDocument]:
    """Give the documents, the best first; what is equally good keeps the server's order."""
    found = [RerankDocument(index=index, text=docs[index], score=score) for index, score in _scores(items, len(docs))]
    return sorted(found, key=lambda doc: -doc.score)


def _scores(items: Sequence[Any], count: int) -> Iterator[tuple[int, float]]:
    for item in items:
        given = item if isinstance(item, Mapping) else {}
        index = given.get("index")
        score = given.get("relevance_score", given.get("score"))
        if not isinstance(index, int) or not 0 <= index < count:
            raise ProtocolError(f"The server ranked a document {index!r}, of {count} that were sent.")
        if not isinstance(score, int | float):
            raise ProtocolError(f"The server gave document {index} neither `relevance_score` nor `score`.")
        yield index, float(score)
