"""Rerank over real sockets: how the server's shape is found, which refusal is told, and what is no ranking."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from invoker import InvokeBadRequestError, NoteKind, ProtocolError, Session, connect
from tests.loopback import Asked, Loopback, Script, Wire, whole

from .desk import Desk, opened

RANKER = {"provider": "p", "model": "m", "model_type": "rerank", "score_threshold": 0.0, "top_n": 2}
DOCS = ["a", "b", "c"]
Told = tuple[int, Any]
"""A status and a body."""


def telling(tell: Callable[[Asked], Told]) -> Script:
    """Give a script that answers with what a function tells."""

    def script(asked: Asked, wire: Wire) -> None:
        status, body = tell(asked)
        wire.send(whole(body, status))

    return script


def answering(value: Any) -> Script:
    """Give a script that answers everything alike."""
    return telling(lambda _asked: (200, value))


def rank(desk: Desk, query: str = "q", **config: Any) -> list[tuple[int, float]]:
    """Have documents ranked; gives their places and scores."""
    return [(doc.index, doc.score) for doc in desk.session.model.rerank.invoke(RANKER | config, DOCS, query).docs]


def voyage(asked: Asked) -> Told:
    """Answer as Voyage does, which refuses what it does not know."""
    for name in ("top_n", "texts", "raw_scores"):
        if name in asked.json:
            return 400, {"detail": f"Request to model failed. Argument '{name}' is not supported by our API"}
    if asked.json["model"] != "m":
        return 400, {"detail": "Model r is not supported. Supported models are ['m']."}
    data = [{"relevance_score": 0.25, "index": 0}, {"relevance_score": 0.75, "index": 2}]
    return 200, {"object": "list", "data": data, "model": "m", "usage": {"total_tokens": 9}}


def test_a_server_of_voyage_is_asked_with_top_k_and_remembered() -> None:
    with opened(telling(voyage)) as desk:
        for _ in range(2):
            assert rank(desk) == [(2, 0.75), (0, 0.25)]
        assert [sorted(asked.json) for asked in desk.server.asked] == [
            ["documents", "model", "query", "top_n"],
            *[["documents", "model", "query", "top_k"]] * 2,
        ]
        assert desk.server.asked[-1].json["top_k"] == 2
        assert [note.data["shape"] for note in desk.record.notes if note.kind is NoteKind.DETAIL] == ["Voyage"]


def test_what_voyage_refuses_of_its_own_shape_is_told_and_not_the_field_of_another() -> None:
    with opened(telling(voyage)) as desk, pytest.raises(InvokeBadRequestError, match="Model r is not supported"):
        rank(desk, model="r")


def vllm(asked: Asked) -> Told:
    """Answer as vLLM does when it has no such model."""
    if asked.path != "/v1/rerank":
        return 404, {"detail": "Not Found"}
    if "documents" not in asked.json:
        return 400, {"error": {"message": "('body', 'documents') Field required", "type": "Bad Request", "code": 400}}
    return 404, {"error": {"message": "The model `m` does not exist.", "type": "NotFoundError", "code": 404}}


def test_a_model_that_the_server_does_not_have_ends_the_search_for_its_shape() -> None:
    with opened(telling(vllm)) as desk:
        with pytest.raises(InvokeBadRequestError, match="The model `m` does not exist") as raised:
            rank(desk)
        assert raised.value.status_code == 404 and [asked.path for asked in desk.server.asked] == ["/v1/rerank"]


def llama_cpp(asked: Asked) -> Told:
    """Answer as llama.cpp does, which names a type also where there is only no such path."""
    if asked.path != "/rerank":
        return 404, {"error": {"code": 404, "message": "File Not Found", "type": "not_found_error"}}
    return 200, {"results": [{"index": 0, "relevance_score": 1.5}]}


def test_a_404_that_names_no_model_does_not_end_the_search() -> None:
    with opened(telling(llama_cpp)) as desk:
        assert rank(desk) == [(0, 1.5)]


def tei(asked: Asked) -> Told:
    """Answer as TEI does, which has its rerank at its root."""
    if asked.path != "/rerank":
        return 404, b""
    if "texts" not in asked.json:
        return 422, {"error": "missing field `texts`", "error_type": "Validation"}
    return 400, {"error": "`query` cannot be empty", "error_type": "Empty"}


def without_the_model(asked: Asked) -> Told:
    """Answer 404 in words of its own, without the model's name."""
    if "documents" not in asked.json:
        return 422, {"detail": [{"type": "missing", "loc": ["body", "documents"], "msg": "Field required"}]}
    return 404, {"error": {"message": "No reranker is loaded."}}


def strict(asked: Asked) -> Told:
    """Refuse what was asked in the server's own shape; at its root there is nothing."""
    if asked.path != "/v1/rerank":
        return 404, {"detail": "Not Found"}
    if "documents" not in asked.json:
        return 422, {"detail": [{"type": "missing", "loc": ["body", "documents"], "msg": "Field required"}]}
    return 400, {"detail": "Too many documents: 3, of at most 2."}


@pytest.mark.parametrize(
    ("tell", "path", "words"),
    [
        (tei, "/v1", "`query` cannot be empty"),
        (tei, "", "`query` cannot be empty"),
        (without_the_model, "/v1", "No reranker is loaded."),
        (strict, "/v1", "Too many documents: 3, of at most 2."),
    ],
)
def test_the_refusal_that_is_told_is_not_that_of_a_wrong_guess(tell: Callable[[Asked], Told], path: str, words: str) -> None:
    with (
        Loopback(telling(tell)) as server,
        closing(connect("openai_compatible", base_url=f"{server.address}{path}")) as backend,
    ):
        with pytest.raises(InvokeBadRequestError) as raised:
            Session(backend).model.rerank.invoke(RANKER, DOCS, "")
        assert words in str(raised.value)


def test_an_empty_list_of_results_is_told() -> None:
    answers: list[Any] = [{"results": []}, {"data": []}, []]
    for answer in answers:
        with opened(answering(answer)) as desk:
            assert rank(desk) == []
            assert desk.notices == ["The server answered with an empty results list: no document was ranked."]


def test_a_score_that_is_null_beside_one_that_is_not_is_no_score() -> None:
    with opened(answering({"results": [{"index": 0, "relevance_score": None, "score": 0.5}]})) as desk:
        assert rank(desk) == [(0, 0.5)]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ([{"index": 1, "score": 0.5}, {"index": 1, "score": 0.25}], "ranked document 1 twice"),
        ([{"index": 1, "score": float("nan")}], "gave document 1 the score nan"),
        ([{"index": 1, "score": float("inf")}], "gave document 1 the score inf"),
        ([{"index": 1, "score": None}], "neither `relevance_score` nor `score`"),
    ],
)
def test_a_ranking_that_is_none_is_refused(answer: Any, words: str) -> None:
    with opened(answering(answer)) as desk, pytest.raises(ProtocolError, match=words):
        rank(desk)


def test_an_answer_without_a_ranking_keeps_the_servers_words_and_is_not_remembered_as_a_way() -> None:
    loaded = threading.Event()

    def tell(asked: Asked) -> Told:
        if not loaded.is_set():
            return 200, {"detail": "The model is not loaded."}
        return (200, [{"index": 0, "score": 1}]) if "texts" in asked.json else (404, {"detail": "Not Found"})

    with opened(telling(tell)) as desk:
        with pytest.raises(ProtocolError, match="no `results`: The model is not loaded") as raised:
            rank(desk)
        assert raised.value.status_code == 200 and "The model is not loaded." in (raised.value.body or "")
        assert raised.value.url == f"{desk.server.address}/v1/rerank"
        loaded.set()
        assert rank(desk) == [(0, 1.0)]
