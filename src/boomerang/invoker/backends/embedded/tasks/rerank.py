"""Rerank: results from scores, for both rerankers, and the scores of the fast one, which are cosines of sentence vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.backends.embedded.llama.llm_models import PROVIDER
from boomerang.invoker.backends.embedded.onnx.minilm import CONTEXT_TOKENS, Embedder
from boomerang.invoker.entities.model import EmbeddingInputType, I18nObject, ModelPropertyKey, ModelType
from boomerang.invoker.entities.rerank import (
    MultiModalRerankResult,
    RequestInvokeMultiModalRerank,
    RequestInvokeRerank,
    RerankDocument,
    RerankResult,
)
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.events import Notice, RerankScores
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run

from .text_embedding import notice_cuts, text_of

COSINE_MODEL = "all-minilm-l6-v2-cosine"
RERANKER_MODEL = "qwen2.5-coder-0.5b-judge"
MOST_RERANKED = 20
"""Documents that the judge reads at most; if there are more, the cosine preselects them."""

Score: TypeAlias = Callable[[str, Sequence[str]], Sequence[float]]
"""Scores documents for a query, in the documents' order."""


def listed_cosine() -> ListedModel:
    """Describe the fast reranker as `Backend.models()` lists it."""
    return _listed(
        COSINE_MODEL,
        "MiniLM cosine (fast)",
        CONTEXT_TOKENS,
        I18nObject(
            en_us="Compares the sentence vectors of query and document, a few milliseconds per document. Measures similarity, "
            "not whether the query is answered. Scores are cosines from -1 to 1, not rescaled. English.",
            zh_hans="比较查询与文档的句向量，每篇几毫秒。它看的是相似，而不是是否回答了问题。"
            "分数是 -1 到 1 的余弦值，未重新缩放。仅限英文。",
        ),
    )


def listed_reranker(context_tokens: int) -> ListedModel:
    """Describe the reranker that judges each document with the language model.

    Args:
        context_tokens: What the language model reads of query and document together, at most.
    """
    return _listed(
        RERANKER_MODEL,
        "Qwen2.5-Coder 0.5B as judge",
        context_tokens,
        I18nObject(
            en_us="The language model reads query and document together; the score is the probability, 0 to 1, that it answers "
            f'yes to "does this answer it?". A quarter of a second per document. Of more than {MOST_RERANKED} documents, '
            f"it reads the first {MOST_RERANKED} by cosine; the others follow in cosine order.",
            zh_hans="让语言模型同时读查询和文档；分数是它对“这是否回答了问题”答“是”的概率，0 到 1。每篇约四分之一秒。"
            f"文档超过 {MOST_RERANKED} 篇时，只评判余弦值最高的 {MOST_RERANKED} 篇，其余按余弦值排在后面。",
        ),
    )


def _listed(model: str, label: str, context_tokens: int, about: I18nObject) -> ListedModel:
    return ListedModel.model_validate(
        {
            "provider": PROVIDER,
            "model": model,
            "label": {"en_US": label},
            "model_type": ModelType.RERANK,
            "model_properties": {ModelPropertyKey.CONTEXT_SIZE: context_tokens},
            "about": about,
        }
    )


@dataclass(frozen=True, slots=True)
class Ranking:
    """What to rank and what to keep, validated."""

    query: str
    docs: Sequence[str]
    score_threshold: float | None
    """Documents below it are dropped; one that reaches it exactly is kept."""
    top_n: int | None
    """Maximum number of documents; at least 1."""

    def documents(self, scores: Sequence[float]) -> list[RerankDocument]:
        """Order the documents, best first; ties keep their order.

        Args:
            scores: One per document, in the documents' order; used unchanged.
        """
        order = sorted(range(len(self.docs)), key=lambda index: -scores[index])
        kept = [index for index in order if self.score_threshold is None or scores[index] >= self.score_threshold]
        return [RerankDocument(index=index, text=self.docs[index], score=scores[index]) for index in kept[: self.top_n]]


def ranking(request: RequestInvokeRerank | RequestInvokeMultiModalRerank, run: Run) -> Ranking:
    """Return what a request wants ranked, after validating it.

    Raises:
        InvokeBadRequestError: Documents or query are missing, one of them is an image, or `top_n` is less than 1.
    """
    if isinstance(request, RequestInvokeRerank):
        query, docs = request.query, list(request.docs)
    else:
        query = text_of(request.query, "query")
        docs = [text_of(doc, f"docs[{row}]") for row, doc in enumerate(request.docs)]
    if not docs:
        raise InvokeBadRequestError(Message("inputs.nothing_to_rank"), field="docs", hint=Message("inputs.one_document"))
    if not query.strip():
        raise InvokeBadRequestError(Message("inputs.no_query"), field="query", hint=Message("inputs.no_query_hint"))
    _check_top_n(request.top_n, len(docs), run)
    return Ranking(query, docs, request.score_threshold, request.top_n)


def _check_top_n(top_n: int | None, docs: int, run: Run) -> None:
    if top_n is None:
        return
    if top_n < 1:
        raise InvokeBadRequestError(
            Message("inputs.keeps_none_at_all", count=top_n),
            field="top_n",
            hint=Message("inputs.keeps_none_hint", count=docs),
        )
    if top_n > docs:
        run.notice("inputs.keeps_all", count=top_n, documents=docs)


def cosines(query: str, docs: Sequence[str], embedder: Embedder, run: Run) -> list[float]:
    """Score documents by the cosine between their vector and the query's.

    Returns:
        Scores in [-1, 1], in the documents' order.

    Raises:
        RunStoppedError: The run was stopped.
    """
    # One batch for all: the texts embedded together do not affect each other's vectors.
    answer = embedder.embed([query, *docs], EmbeddingInputType.DOCUMENT, run)
    notice_cuts(run, answer.cuts, lambda row: f"docs[{row - 1}]" if row else "query")
    # Rounding may push the cosine of two equal texts above 1.
    scores: list[float] = (answer.vectors[1:] @ answer.vectors[0]).clip(-1.0, 1.0).tolist()
    return scores


def best_reranked(query: str, docs: Sequence[str], model_scores: Score, cosine: Score, run: Run) -> Sequence[float]:
    """Score documents with the judge; of more than `MOST_RERANKED`, it reads the best by cosine, and the others follow.

    An unjudged document scores the lowest judged score times (1 + cosine) / 2: below the judged ones, in cosine order.

    Args:
        query: What the documents should answer.
        docs: The documents.
        model_scores: Return probabilities, 0 to 1.
        cosine: Return cosines; called only if there are more documents than are judged.
        run: Receives a notice of the documents that were not judged.

    Returns:
        Scores from 0 to 1, in the documents' order.
    """
    if len(docs) <= MOST_RERANKED:
        return model_scores(query, docs)
    near = cosine(query, docs)
    order = sorted(range(len(docs)), key=lambda index: -near[index])
    chosen, others = sorted(order[:MOST_RERANKED]), sorted(order[MOST_RERANKED:])
    scores = dict(zip(chosen, model_scores(query, [docs[index] for index in chosen]), strict=True))
    lowest = min(scores.values())
    scores |= {index: lowest * (1 + near[index]) / 2 for index in others}
    run.report(Notice(Message("inputs.some_judged", judged=MOST_RERANKED, all=len(docs)), items=tuple(others)))
    return [scores[index] for index in range(len(docs))]


def result(
    request: RequestInvokeRerank | RequestInvokeMultiModalRerank, query_and_docs: Ranking, scores: Sequence[float], run: Run
) -> RerankResult | MultiModalRerankResult:
    """Build the request's type of result from scores in the documents' order; report the scores of all documents."""
    run.report(RerankScores(tuple(enumerate(scores))))
    result_type = RerankResult if isinstance(request, RequestInvokeRerank) else MultiModalRerankResult
    return result_type(model=request.model, docs=query_and_docs.documents(scores))


def answer(
    request: RequestInvokeRerank | RequestInvokeMultiModalRerank, embedder: Embedder, run: Run
) -> RerankResult | MultiModalRerankResult:
    """Answer `rerank.invoke` with cosines, and `rerank.invoke_multimodal` if query and documents are texts.

    Raises:
        InvokeBadRequestError: See `ranking`.
        RunStoppedError: The run was stopped.
    """
    query_and_docs = ranking(request, run)
    return result(request, query_and_docs, cosines(query_and_docs.query, query_and_docs.docs, embedder, run), run)
