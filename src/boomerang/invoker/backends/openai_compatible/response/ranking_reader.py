"""Read rankings in servers' formats.

=======================================  ===================================================================
shape                                    documented in (2026-10)
=======================================  ===================================================================
``results[].{index, relevance_score}``   Jina, Cohere v2, vLLM, llama.cpp, Xinference
``[{index, score}]``                     Text Embeddings Inference
``data[].{index, relevance_score}``      Voyage
``output.results[]``                     Alibaba's DashScope
``rankings[].{index, logit}``            NVIDIA NIM
``[0.1, 0.9]``                           plain cross-encoders: a score per document, in their order
=======================================  ===================================================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from boomerang.invoker.entities.rerank import RerankDocument
from boomerang.invoker.errors import ProtocolError
from boomerang.invoker.messages.message import Message

from .notices import Once
from .numbers import as_float, as_int
from .response_errors import shown

_LISTS = ("results", "data", "rankings", "scores", "output", "result")
"""Fields that contain the ranking, or an object with it."""
_SCORES = ("relevance_score", "score", "relevanceScore", "logit", "similarity", "value")
_INDEXES = ("index", "document_index", "corpus_id")
_DEEPEST = 3


def find_ranked(value: Any, depth: int = _DEEPEST) -> Sequence[Any] | None:
    """Return the ranked items of a response; empty if the field is `null`, `None` if there is no such field."""
    if isinstance(value, list):
        return value
    if not isinstance(value, dict) or not depth:
        return None
    nested = (find_ranked(value[name], depth - 1) for name in _LISTS if value.get(name) is not None)
    return next((items for items in nested if items is not None), [] if any(name in value for name in _LISTS[:3]) else None)


def read_ranking(items: Sequence[Any], docs: Sequence[str], once: Once) -> list[RerankDocument]:
    """Read a ranking, best document first; ties keep the server's order.

    Args:
        items: As the server wrote them.
        docs: The documents that were sent.
        once: Receives notices of oddities.

    Raises:
        ProtocolError: It ranks no documents, or others than those sent.
    """
    if items and len(items) == len(docs) and all(as_float(item) is not None for item in items):
        once(Message("lists.scores_only"))
        items = [{"index": index, "score": score} for index, score in enumerate(items)]
    known = [item for item in items if isinstance(item, dict)]
    if len(known) < len(items):
        odd = [item for item in items if not isinstance(item, dict)]
        if not known:
            raise ProtocolError(Message("lists.no_ranked", found=shown(odd[0])))
        once(Message("lists.odd_ranked", count=len(odd), found=shown(odd[0])))
    indexes = _indexes(known, docs, once)
    ranked: dict[int, RerankDocument] = {}
    for index, item in zip(indexes, known, strict=True):
        if index in ranked:
            raise ProtocolError(Message("lists.ranked_twice", index=index))
        ranked[index] = RerankDocument(index=index, text=docs[index], score=_score(item, index, once))
    return sorted(ranked.values(), key=lambda doc: -doc.score)


def _indexes(items: Sequence[Mapping[str, Any]], docs: Sequence[str], once: Once) -> list[int]:
    """Return the document index of each item: stated, or found by its text, or by its position if that is unambiguous."""
    stated = [_first(item, _INDEXES) for item in items]
    if items and all(index is None for index in stated):
        return _without_indexes(items, docs, once)
    numbers = list(map(as_int, stated))
    for index, written in zip(numbers, stated, strict=True):
        if index is None or not 0 <= index < len(docs):
            raise ProtocolError(Message("lists.ranked_index", index=shown(written), count=len(docs)))
    if any(isinstance(index, str) for index in stated):
        once(Message("lists.numbers_as_text"))
    return [index for index in numbers if index is not None]


def _without_indexes(items: Sequence[Mapping[str, Any]], docs: Sequence[str], once: Once) -> list[int]:
    places = {text: place for place, text in enumerate(docs)}
    by_text = [places.get(_text(item)) for item in items] if len(places) == len(docs) else [None]
    if None not in by_text:
        once(Message("lists.ranked_by_text"))
        return [place for place in by_text if place is not None]
    scores = [as_float(_first(item, _SCORES)) for item in items]
    numbers = [score for score in scores if score is not None]
    # Descending scores may be in order of rank, or in the documents' order by chance: that is ambiguous.
    if len(items) == len(docs) and len(numbers) == len(scores) and (len(docs) == 1 or numbers != sorted(numbers, reverse=True)):
        once(Message("lists.ranked_by_place"))
        return list(range(len(docs)))
    raise ProtocolError(Message("lists.ranked_index", index=shown(None), count=len(docs)))


def _text(item: Mapping[str, Any]) -> str:
    """Return the text of a document that the server sends back, possibly inside an object; empty if there is none."""
    document = _first(item, ("document", "text"))
    text = document.get("text") if isinstance(document, dict) else document
    return text if isinstance(text, str) else ""


def _score(item: Mapping[str, Any], index: int, once: Once) -> float:
    written = _first(item, _SCORES)
    if isinstance(written, dict):
        written = _first(written, _SCORES)
    if isinstance(written, list) and len(written) == 1:
        (written,) = written
    score = as_float(written)
    if score is None:
        if written is None:
            raise ProtocolError(Message("lists.no_score", index=index))
        raise ProtocolError(Message("lists.odd_score", index=index, score=shown(written)))
    if isinstance(written, str):
        once(Message("lists.numbers_as_text"))
    if not isfinite(score):
        raise ProtocolError(Message("lists.odd_score", index=index, score=str(score)))
    return score


def _first(item: Mapping[str, Any], names: Sequence[str]) -> Any:
    """Return the first field that exists and is not `null`."""
    return next((item[name] for name in names if item.get(name) is not None), None)
