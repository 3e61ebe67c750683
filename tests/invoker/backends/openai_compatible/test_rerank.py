"""Tests for rerank over real sockets: detecting the server's format, which refusal is reported, and invalid rankings."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from boomerang.invoker.errors import InvokeBadRequestError, ProtocolError
from boomerang.invoker.events import RerankScores
from boomerang.invoker.session import Session
from boomerang.kinds import connect
from tests.loopback import ClientConnection, Loopback, ReceivedRequest, Script, whole

from .desk import Desk, opened

RANKER = {"provider": "p", "model": "m", "model_type": "rerank", "score_threshold": 0.0, "top_n": 2}
DOCS = ["a", "b", "c"]
Report = tuple[int, Any]
"""A status and a body."""


def reporting(report_status: Callable[[ReceivedRequest], Report]) -> Script:
    """Return a script that answers with a function's result."""

    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        status, body = report_status(request)
        connection.send(whole(body, status))

    return script


def answering(value: Any) -> Script:
    """Return a script that always gives the same answer."""
    return reporting(lambda _request: (200, value))


def rank(desk: Desk, query: str = "q", **config: Any) -> list[tuple[int, float]]:
    """Rank documents; return their indexes and scores."""
    return [(doc.index, doc.score) for doc in desk.session.model.rerank.invoke(RANKER | config, DOCS, query).docs]


def voyage(request: ReceivedRequest) -> Report:
    """Answer like Voyage, which refuses unknown arguments."""
    for name in ("top_n", "texts", "raw_scores"):
        if name in request.json:
            return 400, {"detail": f"Request to model failed. Argument '{name}' is not supported by our API"}
    if request.json["model"] != "m":
        return 400, {"detail": "Model r is not supported. Supported models are ['m']."}
    data = [{"relevance_score": 0.25, "index": 0}, {"relevance_score": 0.75, "index": 2}]
    return 200, {"object": "list", "data": data, "model": "m", "usage": {"total_tokens": 9}}


def test_a_server_of_voyage_is_asked_with_top_k_and_remembered() -> None:
    with opened(reporting(voyage)) as desk:
        for _ in range(2):
            assert rank(desk) == [(2, 0.75), (0, 0.25)]
        assert [sorted(request.json) for request in desk.server.requests] == [
            ["documents", "model", "query", "top_n"],
            *[["documents", "model", "query", "top_k"]] * 2,
        ]
        assert desk.server.requests[-1].json["top_k"] == 2
        assert [note.shape for note in desk.record.events if isinstance(note, RerankScores)] == ["Voyage"]


def test_what_voyage_refuses_of_its_own_shape_is_reported_and_not_the_field_of_another() -> None:
    with opened(reporting(voyage)) as desk, pytest.raises(InvokeBadRequestError, match="Model r is not supported"):
        rank(desk, model="r")


def vllm(request: ReceivedRequest) -> Report:
    """Answer like vLLM without such a model."""
    if request.path != "/v1/rerank":
        return 404, {"detail": "Not Found"}
    if "documents" not in request.json:
        return 400, {"error": {"message": "('body', 'documents') Field required", "type": "Bad Request", "code": 400}}
    return 404, {"error": {"message": "The model `m` does not exist.", "type": "NotFoundError", "code": 404}}


def test_a_model_that_the_server_does_not_have_ends_the_search_for_its_shape() -> None:
    with opened(reporting(vllm)) as desk:
        with pytest.raises(InvokeBadRequestError, match="The model `m` does not exist") as raised:
            rank(desk)
        assert raised.value.status_code == 404 and [request.path for request in desk.server.requests] == ["/v1/rerank"]


def llama_cpp(request: ReceivedRequest) -> Report:
    """Answer like llama.cpp, which reports an error type even if only the path doesn't exist."""
    if request.path != "/rerank":
        return 404, {"error": {"code": 404, "message": "File Not Found", "type": "not_found_error"}}
    return 200, {"results": [{"index": 0, "relevance_score": 1.5}]}


def test_a_404_that_names_no_model_does_not_end_the_search() -> None:
    with opened(reporting(llama_cpp)) as desk:
        assert rank(desk) == [(0, 1.5)]


def tei(request: ReceivedRequest) -> Report:
    """Answer like TEI, whose rerank endpoint is at the root."""
    if request.path != "/rerank":
        return 404, b""
    if "texts" not in request.json:
        return 422, {"error": "missing field `texts`", "error_type": "Validation"}
    return 400, {"error": "`query` cannot be empty", "error_type": "Empty"}


def without_the_model(request: ReceivedRequest) -> Report:
    """Answer 404 with a custom message, without the model's name."""
    if "documents" not in request.json:
        return 422, {"detail": [{"type": "missing", "loc": ["body", "documents"], "msg": "Field required"}]}
    return 404, {"error": {"message": "No reranker is loaded."}}


def strict(request: ReceivedRequest) -> Report:
    """Refuse the request in the server's own format; there is nothing at its root."""
    if request.path != "/v1/rerank":
        return 404, {"detail": "Not Found"}
    if "documents" not in request.json:
        return 422, {"detail": [{"type": "missing", "loc": ["body", "documents"], "msg": "Field required"}]}
    return 400, {"detail": "Too many documents: 3, of at most 2."}


@pytest.mark.parametrize(
    ("report_status", "path", "text"),
    [
        (tei, "/v1", "`query` cannot be empty"),
        (tei, "", "`query` cannot be empty"),
        (without_the_model, "/v1", "No reranker is loaded."),
        (strict, "/v1", "Too many documents: 3, of at most 2."),
    ],
)
def test_the_refusal_that_is_reported_is_not_that_of_a_wrong_guess(
    report_status: Callable[[ReceivedRequest], Report], path: str, text: str
) -> None:
    with (
        Loopback(reporting(report_status)) as server,
        closing(connect("openai_compatible", base_url=f"{server.address}{path}")) as backend,
    ):
        with pytest.raises(InvokeBadRequestError) as raised:
            Session(backend).model.rerank.invoke(RANKER, DOCS, "")
        assert text in str(raised.value)


def test_an_empty_list_of_results_is_reported() -> None:
    answers: list[Any] = [{"results": []}, {"data": []}, []]
    for answer in answers:
        with opened(answering(answer)) as desk:
            assert rank(desk) == []
            assert desk.notices == ["The server answered with an empty results list: no document was ranked."]


def test_a_score_that_is_null_beside_one_that_is_not_is_no_score() -> None:
    with opened(answering({"results": [{"index": 0, "relevance_score": None, "score": 0.5}]})) as desk:
        assert rank(desk) == [(0, 0.5)]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ([{"index": 1, "score": 0.5}, {"index": 1, "score": 0.25}], "ranked document 1 twice"),
        ([{"index": 1, "score": float("nan")}], "gave document 1 the score nan"),
        ([{"index": 1, "score": float("inf")}], "gave document 1 the score inf"),
        ([{"index": 1, "score": None}], "neither `relevance_score` nor `score`"),
    ],
)
def test_a_ranking_that_is_none_is_refused(answer: Any, text: str) -> None:
    with opened(answering(answer)) as desk, pytest.raises(ProtocolError, match=text):
        rank(desk)


def test_an_answer_without_a_ranking_keeps_the_servers_words_and_is_not_remembered_as_a_way() -> None:
    loaded = threading.Event()

    def report_status(request: ReceivedRequest) -> Report:
        if not loaded.is_set():
            return 200, {"detail": "The model is not loaded."}
        return (200, [{"index": 0, "score": 1}]) if "texts" in request.json else (404, {"detail": "Not Found"})

    with opened(reporting(report_status)) as desk:
        with pytest.raises(ProtocolError, match="no `results`: The model is not loaded") as raised:
            rank(desk)
        assert raised.value.status_code == 200 and "The model is not loaded." in (raised.value.body or "")
        assert raised.value.url == f"{desk.server.address}/v1/rerank"
        loaded.set()
        assert rank(desk) == [(0, 1.0)]


NULL: list[Any] = [{"results": None}, {"data": None}, {"rankings": None}, {"output": {"results": None}}, {"results": []}]


@pytest.mark.parametrize("answer", NULL, ids=repr)
def test_null_in_place_of_results_is_an_empty_list(answer: Any) -> None:
    with opened(answering(answer)) as desk:
        assert rank(desk) == [] and "empty results list" in desk.notices[0]


@pytest.mark.parametrize(
    ("items", "notices"),
    [
        ([{"index": "1", "relevance_score": "0.75"}, {"index": "0", "relevance_score": "2.5e-1"}], 1),
        ([{"index": 1.0, "score": 0.75}, {"index": 0.0, "score": 0.25}], 0),
        ([{"index": 1, "score": {"value": 0.75}}, {"index": 0, "score": [0.25]}], 0),
        ([{"index": 1, "logit": 0.75}, {"index": 0, "relevanceScore": 0.25}], 0),
        ([{"corpus_id": 1, "score": 0.75}, {"corpus_id": 0, "score": 0.25}], 0),
        ([{"document": {"text": "b"}, "score": 0.75}, {"document": {"text": "a"}, "score": 0.25}], 1),
        ([{"document": "b", "score": 0.75}, {"text": "a", "score": 0.25}], 1),
        ([{"index": 1, "score": 0.75}, None, {"index": 0, "score": 0.25}, "x"], 1),
    ],
    ids=repr,
)
@pytest.mark.parametrize(
    "wrap", [lambda items: items, *(lambda items, n=name: {n: items} for name in ("results", "data", "rankings"))]
)
def test_a_ranking_is_read_in_every_shape(items: Any, notices: int, wrap: Callable[[Any], Any]) -> None:
    with opened(answering(wrap(items))) as desk:
        assert rank(desk) == [(1, 0.75), (0, 0.25)] and len(desk.notices) == notices


@pytest.mark.parametrize(
    "answer",
    [
        [0.25, 0.75, 0.5],
        {"scores": [0.25, 0.75, 0.5]},
        {"results": [{"score": 0.25}, {"score": 0.75}, {"score": 0.5}]},
        {"output": {"results": [{"index": 1, "relevance_score": 0.75}, {"index": 2, "relevance_score": 0.5}]}},
    ],
    ids=repr,
)
def test_scores_alone_are_those_of_the_documents_in_their_order(answer: Any) -> None:
    with opened(answering(answer)) as desk:
        assert rank(desk) == [(1, 0.75), (2, 0.5)]
        assert len(desk.notices) == ("output" not in answer)


def test_a_ranking_in_order_of_rank_without_indexes_is_refused_as_unclear() -> None:
    items = [{"score": 0.75}, {"score": 0.5}, {"score": 0.25}]
    with opened(answering({"results": items})) as desk, pytest.raises(ProtocolError, match="document null, of 3"):
        rank(desk)


@pytest.mark.parametrize(
    ("items", "text"),
    [
        ([{"index": True, "score": 0.5}], "ranked a document true, of 3"),
        ([{"index": "x", "score": 0.5}], 'ranked a document "x", of 3'),
        ([{"index": 3, "score": 0.5}], "ranked a document 3, of 3"),
        ([{"index": 0, "score": 0.5}, {"score": 0.5}], "ranked a document null"),
        ([{"index": 0, "score": True}], "gave document 0 the score true"),
        ([{"index": 0, "score": "NaN"}], "gave document 0 the score nan"),
        ([{"index": 0, "score": [1, 2]}], r"the score \[1, 2\]"),
        ([None, None], "has null where a document was expected"),
        (["a", "b", "c"], 'has "a" where'),
    ],
)
def test_what_is_no_ranking_is_reported_in_true_words(items: Any, text: str) -> None:
    with opened(answering({"results": items})) as desk, pytest.raises(ProtocolError, match=text):
        rank(desk)
