from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.backends.embedded.tasks import rerank
from boomerang.invoker.backends.embedded.tasks.rerank import MOST_RERANKED, Ranking, best_reranked
from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.entities.rerank import RequestInvokeMultiModalRerank, RequestInvokeRerank
from boomerang.invoker.errors import InvokeBadRequestError, RunStoppedError
from boomerang.invoker.events import Notice, RerankScores
from boomerang.invoker.run import Run
from tests.invoker.backends.embedded.asking import recording_run
from tests.invoker.backends.embedded.conftest import embedder

QUERY = "How do I reset a forgotten password?"
DOCS = [
    "Our office is open from nine to five on weekdays.",
    "To set a new password, click the reset link on the sign-in page.",
    "Invoices can be downloaded under Billing.",
    "While signed in, you can change your password in the settings.",
    "Support staff cannot see your password.",
    "A password needs twelve characters and a digit.",
]
CONFIG = {"provider": "embedded", "model": "all-minilm-l6-v2-cosine"}


def ranked(docs: Sequence[str] = DOCS, query: str = QUERY, threshold: float = -1.0, top_n: int = 6, run: Run | None = None):
    request = RequestInvokeRerank.of(CONFIG | {"score_threshold": threshold, "top_n": top_n}, docs, query)
    return rerank.answer(request, embedder(), run or Run()).docs


def test_the_fitting_document_comes_first_and_the_unrelated_ones_last():
    docs = ranked()
    assert docs[0].index in (1, 3)
    assert {doc.index for doc in docs[-2:]} == {0, 2}
    assert [doc.text for doc in docs] == [DOCS[doc.index] for doc in docs]


def test_scores_fall_and_are_plain_cosines():
    scores = [doc.score for doc in ranked(docs=[*DOCS, QUERY], top_n=7)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == pytest.approx(1.0, abs=1e-5)
    assert all(-1 <= score <= 1 for score in scores)
    assert scores[-1] != 0.0  # not rescaled so that the worst is 0


def test_shuffled_documents_come_out_in_the_same_order():
    shuffled = [DOCS[row] for row in (3, 5, 0, 1, 4, 2)]
    assert [doc.text for doc in ranked(shuffled)] == [doc.text for doc in ranked()]


def test_equal_documents_keep_their_order():
    assert [doc.index for doc in ranked([DOCS[0], DOCS[1], DOCS[0], DOCS[1]], top_n=4)] == [1, 3, 0, 2]


def test_a_single_document_keeps_its_own_score():
    (doc,) = ranked([DOCS[1]], top_n=1)
    assert doc.score == pytest.approx(ranked()[0].score if ranked()[0].index == 1 else ranked()[1].score, abs=1e-5)


def test_top_n_keeps_the_best():
    assert ranked(top_n=2) == ranked()[:2]


def test_a_document_that_reaches_the_threshold_exactly_stays():
    third = ranked()[2].score
    assert len(ranked(threshold=third)) == 3
    assert ranked(threshold=1.1) == []


scores_lists = st.lists(st.floats(-1, 1), min_size=1, max_size=20)


@given(scores_lists, st.none() | st.floats(-1, 1), st.none() | st.integers(1, 25))
def test_a_ranking_is_the_best_of_what_reaches_the_threshold(scores, threshold, top_n):
    docs = [str(index) for index in range(len(scores))]
    result = Ranking("q", docs, threshold, top_n).documents(scores)
    left_out = set(range(len(scores))) - {doc.index for doc in result}
    assert all(doc.score == scores[doc.index] and doc.text == docs[doc.index] for doc in result)
    assert [(-doc.score, doc.index) for doc in result] == sorted((-doc.score, doc.index) for doc in result)
    assert top_n is None or len(result) <= top_n
    for index in left_out:
        below = threshold is not None and scores[index] < threshold
        assert below or (len(result) == top_n and scores[index] <= result[-1].score)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [({"docs": []}, "docs"), ({"query": " \n"}, "query"), ({"top_n": 0}, "top_n"), ({"top_n": -3}, "top_n")],
)
def test_what_cannot_be_ranked_is_refused_naming_the_field(arguments, field):
    with pytest.raises(InvokeBadRequestError) as caught:
        ranked(**arguments)
    assert caught.value.field == field
    assert caught.value.hint


def test_more_places_than_documents_are_no_error_but_reported():
    run, notes = recording_run()
    assert len(ranked(top_n=10, run=run)) == 6
    (note,) = (note for note in notes if isinstance(note, Notice))
    assert str(note.message) == "`top_n` is 10, but there are only 6 documents; all count."


def test_the_scores_of_documents_that_are_left_out_are_reported_too():
    run, notes = recording_run()
    docs = ranked(top_n=1, run=run)
    (shown,) = (note.scores for note in notes if isinstance(note, RerankScores))
    assert [index for index, _ in shown] == list(range(6))
    assert max(shown, key=lambda pair: pair[1]) == (docs[0].index, docs[0].score)


def test_a_cut_document_and_a_cut_query_are_reported_by_their_names():
    run, notes = recording_run()
    ranked(["short", "word " * 300], query="word " * 400, top_n=2, run=run)
    (note,) = (note for note in notes if isinstance(note, Notice))
    assert note.items == ("query (402 tokens)", "docs[1] (302 tokens)")


def test_a_stopped_run_ranks_nothing():
    run = Run()
    run.stop()
    with pytest.raises(RunStoppedError):
        ranked(run=run)


def text(content: str) -> dict[str, str]:
    return {"content": content, "content_type": "text"}


def multimodal(docs: list[dict[str, str]], query: dict[str, str] | None = None, **limits: float):
    request = RequestInvokeMultiModalRerank.of(CONFIG | limits, query or text(QUERY), docs)
    return rerank.answer(request, embedder(), Run()).docs


def test_multimodal_texts_without_limits_are_all_ranked():
    assert multimodal([text(doc) for doc in DOCS]) == ranked()


def test_multimodal_limits_count():
    assert multimodal([text(doc) for doc in DOCS], top_n=1) == ranked()[:1]


def test_an_image_is_refused_naming_where_it_is():
    image = {"content": "iVBORw0KGgo=", "content_type": "image"}
    with pytest.raises(InvokeBadRequestError) as in_docs:
        multimodal([text("a"), image])
    with pytest.raises(InvokeBadRequestError) as as_query:
        multimodal([text("a")], query=image)
    assert (in_docs.value.field, as_query.value.field) == ("docs[1]", "query")


def by_length(query: str, docs: Sequence[str]) -> list[float]:
    return [len(doc) / 100 for doc in docs]


def test_few_documents_are_all_reranked_without_a_cosine():
    def never(query: str, docs: Sequence[str]) -> list[float]:
        raise AssertionError

    run, notes = recording_run()
    assert best_reranked("q", ["a", "bb"], by_length, never, run) == [0.01, 0.02]
    assert notes == []


def test_of_many_documents_the_nearest_are_reranked_and_the_others_follow_in_cosine_order():
    docs = ["x" * (1 + index % 7) for index in range(30)]
    near = [index / 30 for index in range(30)]
    seen: list[str] = []

    def check(query: str, chosen: Sequence[str]) -> list[float]:
        seen.extend(chosen)
        return by_length(query, chosen)

    run, notes = recording_run()
    scores = best_reranked("q", docs, check, lambda query, docs: near, run)
    assert seen == docs[-MOST_RERANKED:]
    assert list(scores[-MOST_RERANKED:]) == by_length("q", docs[-MOST_RERANKED:])
    order = [doc.index for doc in Ranking("q", docs, None, None).documents(scores)]
    assert order[MOST_RERANKED:] == list(range(9, -1, -1))
    (note,) = notes
    assert note.items == tuple(range(10))


def test_both_rerankers_are_listed_and_name_their_scale():
    for listed, scale in ((rerank.listed_cosine(), "-1 to 1"), (rerank.listed_reranker(2048), "0 to 1")):
        assert listed.model_type is ModelType.RERANK
        assert listed.about is not None and scale in listed.about.en_us
