"""Tests for the LLM as a reranker."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from boomerang.invoker.backends.embedded import models
from boomerang.invoker.backends.embedded.tasks import llm_reranker, rerank
from boomerang.invoker.backends.embedded.tasks.llm import Llama
from boomerang.invoker.entities.rerank import RequestInvokeRerank
from boomerang.invoker.events import Event, Notice
from boomerang.invoker.request import InvokeType
from boomerang.invoker.run import Run
from boomerang.invoker.weights.models_folder import Weights
from tests.invoker.backends.embedded.threads import BOUND, in_thread, stops_at_once


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "best", "others"),
    [
        (
            "how do I reset my password",
            "Click 'Forgot password' on the login page and follow the mail.",
            ("Passwords should have twelve characters.", "Reset the router by holding the button.", "You can pay by card."),
        ),
        (
            "What causes tides?",
            "The moon's gravity pulls the oceans, so the water rises and falls twice a day.",
            ("Tide is a brand of washing powder.", "Oceans cover most of the planet.", "Surfers like big waves."),
        ),
    ],
)
def test_the_document_with_the_answer_comes_first(qwen: Llama, query: str, best: str, others: Sequence[str]) -> None:
    scores = llm_reranker.scores(qwen, query, [others[0], best, *others[1:]], Run())
    assert max(range(len(scores)), key=scores.__getitem__) == 1
    assert all(0 <= score <= 1 for score in scores)


def test_no_documents_have_no_scores(smollm2: Llama) -> None:
    assert llm_reranker.scores(smollm2, "anything", [], Run()) == []


def test_of_many_documents_the_reranker_reads_the_best_and_the_rest_follow(smollm2: Llama) -> None:
    docs = [f"Document {number} is about the weather." for number in range(rerank.MOST_RERANKED + 2)]
    notes: list[Event] = []
    embedder = models.embedder_engine(Weights())
    try:
        offer = models.reranker(smollm2, embedder)
        config = {"provider": "embedded", "model": "judge", "score_threshold": 0.0, "top_n": len(docs)}
        request = RequestInvokeRerank.of(config, docs, "Which document is about rain?")
        (result,) = offer.routes[InvokeType.RERANK](request, Run(notes.append))
    finally:
        embedder.close()
    assert sorted(doc.index for doc in result.docs) == list(range(len(docs)))
    (notice,) = (note for note in notes if isinstance(note, Notice))
    assert {doc.index for doc in result.docs[rerank.MOST_RERANKED :]} == set(notice.items)


@pytest.mark.slow
def test_a_long_document_is_shortened(smollm2: Llama) -> None:
    (score,) = llm_reranker.scores(smollm2, "x " * 3000, ["\N{GRINNING FACE}word " * 5000], Run())
    assert 0 <= score <= 1


def test_reranking_can_be_stopped(smollm2: Llama) -> None:
    smollm2.engine.model(Run())
    reading = threading.Event()
    run = Run(lambda note: reading.set())
    thread, outcome = in_thread(lambda: llm_reranker.scores(smollm2, "Which?", ["word " * 280] * 20, run))
    assert reading.wait(BOUND)
    stops_at_once(run, thread, outcome)
