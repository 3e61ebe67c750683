"""Tests for embeddings over real sockets: a server without encoding_format, usage of several requests, and invalid vectors."""

from __future__ import annotations

import base64
import json
import re
import struct
from typing import Any

import pytest

from boomerang.invoker.backends.openai_compatible.model_list.catalogue import described
from boomerang.invoker.entities.model import ModelPropertyKey, ModelType
from boomerang.invoker.entities.text_embedding import TextEmbeddingResult
from boomerang.invoker.errors import InvokeBadRequestError, ProtocolError
from boomerang.invoker.records.metrics import Origin, measure
from tests.loopback import ClientConnection, ReceivedRequest, Script, whole

from .desk import Desk, opened

EMBEDDER = {"provider": "p", "model": "e", "model_type": "text-embedding"}
TEXTS = ["a", "bb", "ccc"]
TWO_AT_A_TIME = described("p", "e", ModelType.TEXT_EMBEDDING).model_copy(
    update={"model_properties": {ModelPropertyKey.MAX_CHUNKS: 2}}
)


def embed(desk: Desk, texts: list[str] = TEXTS) -> TextEmbeddingResult:
    """Embed texts."""
    return desk.session.model.text_embedding.invoke(EMBEDDER, texts)


def vectors(request: ReceivedRequest) -> list[Any]:
    """Return a vector for each text of the request: its length, and 0.5."""
    return [{"index": i, "embedding": [float(len(text)), 0.5]} for i, text in enumerate(request.json["input"])]


def answering(value: Any, status: int = 200) -> Script:
    """Return a script that always gives the same answer."""
    return lambda _request, connection: connection.send(whole(value, status))


@pytest.mark.parametrize("status", [400, 422])
def test_a_server_that_takes_no_encoding_format_is_asked_without_it_and_remembered(status: int) -> None:
    text = "Value 'float' supplied for argument 'encoding_format' is not valid -- accepted values are ['base64']."

    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        refused = "encoding_format" in request.json
        connection.send(
            whole({"detail": text}, status) if refused else whole({"data": vectors(request), "usage": {"total_tokens": 9}})
        )

    with opened(script) as desk:
        result = embed(desk)
        assert result.embeddings == [[1.0, 0.5], [2.0, 0.5], [3.0, 0.5]] and result.usage.tokens == 9
        [notice] = desk.notices
        assert notice.startswith("Asked again without encoding_format, which the server refuses: Value 'float'")
        embed(desk)
        assert not desk.notices
        assert ["encoding_format" in request.json for request in desk.server.requests] == [True, False, False]


def test_what_is_refused_for_another_reason_is_not_asked_again() -> None:
    with opened(answering({"error": {"message": "no such model"}}, 400)) as desk:
        with pytest.raises(InvokeBadRequestError, match="no such model"):
            embed(desk)
        assert len(desk.server.requests) == 1


def test_what_is_refused_without_encoding_format_too_is_reported_and_the_wish_is_kept() -> None:
    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        echo = f"Field required; input: {sorted(request.json)}"
        connection.send(whole({"detail": echo}, 422) if request.json["input"] == [""] else whole({"data": vectors(request)}))

    with opened(script) as desk:
        with pytest.raises(InvokeBadRequestError, match=r"input: \['input', 'model'\]"):
            embed(desk, [""])
        embed(desk)
        assert "encoding_format" in desk.server.requests[-1].json


def usage_of(*shown: Any) -> tuple[tuple[int, int], Origin, list[str]]:
    """Return the usage, its stated source and the notices of a call whose requests are answered with these usages."""
    left = list(shown)

    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(whole({"data": vectors(request), "usage": left.pop(0)}))

    with opened(script, models=[TWO_AT_A_TIME]) as desk:
        used = embed(desk, [*TEXTS, "d"][: 2 * len(shown)]).usage
        [origin] = [metric.origin for metric in measure(desk.record) if metric.key == "tokens"]
        return (used.tokens, used.total_tokens), origin, desk.notices


@pytest.mark.parametrize(
    ("shown", "counts"),
    [
        (({"prompt_tokens": 4, "total_tokens": 5}, {"prompt_tokens": 6, "total_tokens": 8}), (10, 13)),
        (({"total_tokens": 5}, {"prompt_tokens": 6}), (11, 11)),
        (({"prompt_tokens": 4, "total_tokens": 0},), (4, 4)),
    ],
)
def test_the_total_is_the_servers_own(shown: tuple[Any, ...], counts: tuple[int, int]) -> None:
    assert usage_of(*shown) == (counts, Origin.REPORTED, [])


def test_a_usage_that_a_part_of_the_requests_reported_is_left_out_and_said_to_be() -> None:
    counts, origin, notices = usage_of({"prompt_tokens": 4, "total_tokens": 5}, {"prompt_tokens": None})
    assert (counts, origin) == ((0, 0), Origin.MISSING)
    assert notices == ["The usage is left out: of 2 requests the server told it for 1 only."]


def test_a_usage_that_is_not_reported_is_missing_without_a_word() -> None:
    assert usage_of(None, None) == ((0, 0), Origin.MISSING, [])


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Payload Too Large", 413),
        ("batch size exceeded", 400),
        ("Too many inputs in request, split into more batches.", 422),
        ("The max allowed tokens per submitted batch is 2. Your batch has 900 tokens.", 400),
        ("List should have at most 9 items after validation", 422),
    ],
)
def test_a_request_that_is_too_large_is_refused_with_the_setting_that_makes_it_smaller(text: str, status: int) -> None:
    with opened(answering({"error": {"message": text}}, status)) as desk:
        with pytest.raises(InvokeBadRequestError, match=text[:20]) as raised:
            embed(desk)
        assert str(raised.value.hint) == (
            "If 3 texts at once are too many, set max_chunks (Texts a call) of the model on the Connections page."
        )
        assert len(desk.server.requests) == 1
        with pytest.raises(InvokeBadRequestError, match=text[:20]) as raised:
            embed(desk, ["one"])
        assert raised.value.hint is None, "one text cannot be sent in smaller parts"


LIMITS = [
    ("batch size {count} > maximum allowed batch size 2", 413),
    ("batch size is invalid, it should not be larger than 2.: input.contents", 400),
    ("array too long. Expected an array with maximum length 2, but got an array with length {count} instead.", 400),
    ("Too many inputs. The max number of inputs is 2. We hope to increase it soon.", 400),
    ("The batch size limit is 2. Your batch size is {count}.", 400),
    ("invalid request: total number of texts must be at most 2 - received {count}", 400),
    ("List should have at most 2 items after validation, not {count}", 422),
    ("input数组最大不得超过2条", 400),
]


@pytest.mark.parametrize(("text", "status"), LIMITS)
def test_a_limit_that_the_server_names_is_kept_to(text: str, status: int) -> None:
    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        count = len(request.json["input"])
        refusal = {"error": {"message": text.format(count=count), "code": 1}}
        connection.send(whole(refusal, status) if count > 2 else whole({"data": vectors(request)}))

    with opened(script) as desk:
        assert embed(desk, [*TEXTS, "dddd", "e"]).embeddings == [[1.0, 0.5], [2.0, 0.5], [3.0, 0.5], [4.0, 0.5], [1.0, 0.5]]
        assert [len(request.json["input"]) for request in desk.server.requests] == [5, 2, 2, 1]
        [notice] = desk.notices
        assert notice.startswith("Asked again in batches of 2 texts, the most that the server takes: ")


def test_a_server_that_refuses_its_own_limit_is_asked_twice_only() -> None:
    text = {"error": "batch size {} > maximum allowed batch size {}"}

    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        count = len(request.json["input"])
        connection.send(whole({"error": text["error"].format(count, count - 1)}, 413))

    with opened(script) as desk:
        with pytest.raises(InvokeBadRequestError, match="batch size 2") as raised:
            embed(desk)
        assert "If 2 texts at once" in str(raised.value.hint) and len(desk.server.requests) == 2


@pytest.mark.parametrize(
    "text",
    [
        "no such model gte-2-batch",
        "This model's maximum context length is 2 tokens, however you requested 9 tokens.",
        "'$.input' is invalid. Please check the API reference.",
    ],
)
def test_another_refusal_has_no_hint_at_the_batch(text: str) -> None:
    with opened(answering({"error": {"message": text}}, 400)) as desk:
        with pytest.raises(InvokeBadRequestError) as raised:
            embed(desk)
        assert raised.value.hint is None and len(desk.server.requests) == 1


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ([{"index": 0, "embedding": ""}, {"index": 1, "embedding": [1.0]}], "vector of text 0 is no list of numbers"),
        ([{"index": 0, "embedding": []}, {"index": 1, "embedding": [1.0]}], "vector of text 0 is no list of numbers"),
        (
            [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1.0, 2.0]}],
            "text 0 has 1 numbers, that of text 1 has 2",
        ),
        ([{"index": 1, "embedding": [1.0]}, {"index": 1, "embedding": [1.0]}], "two vectors with the index 1"),
    ],
)
def test_what_is_no_vector_is_refused(data: Any, text: str) -> None:
    with opened(answering({"data": data})) as desk, pytest.raises(ProtocolError, match=text):
        embed(desk, ["a", "b"])


def test_vectors_without_an_index_count_in_the_order_in_which_they_come() -> None:
    with opened(answering({"data": [{"index": None, "embedding": [1.0]}, {"embedding": [2.0]}]})) as desk:
        assert embed(desk, ["a", "b"]).embeddings == [[1.0], [2.0]]


def test_a_vector_in_a_later_request_is_named_by_the_place_of_its_text() -> None:
    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        longer = [{"index": 0, "embedding": [1.0, 2.0, 3.0]}]
        connection.send(whole({"data": longer if request.json["input"] == ["ccc"] else vectors(request)}))

    with opened(script, models=[TWO_AT_A_TIME]) as desk, pytest.raises(ProtocolError, match="that of text 2 has 3"):
        embed(desk)


def test_numbers_that_are_not_finite_are_reported_and_large_ones_are_not() -> None:
    packed = base64.b64encode(struct.pack("<2f", float("nan"), 1.0)).decode()
    data = [
        {"index": 0, "embedding": [float("inf"), 1.0]},
        {"index": 1, "embedding": [1e308, 1e308]},
        {"index": 2, "embedding": packed},
    ]
    with opened(answering({"data": data})) as desk:
        assert embed(desk).embeddings[1] == [1e308, 1e308]
        assert desk.notices == ["Not all numbers are finite in the vectors of these texts: 0, 2."]


def test_an_answer_without_vectors_keeps_the_servers_words() -> None:
    with opened(answering({"detail": "The model is not loaded."})) as desk:
        with pytest.raises(ProtocolError, match="no list `data` with the vectors: The model is not loaded") as raised:
            embed(desk)
        assert raised.value.status_code == 200 and "not loaded" in (raised.value.body or "")
        assert raised.value.url == f"{desk.server.address}/v1/embeddings"


READ: list[Any] = [
    {"data": [{"index": "1", "embedding": [2.0, 0.5]}, {"index": "0", "embedding": [1.0, 0.5]}]},
    {"data": [{"index": 1.0, "embedding": [2, 0.5]}, {"index": 0.0, "embedding": [1, 0.5]}]},
    {"data": [{"embedding": ["1.0", "5e-1"]}, {"embedding": ["2", 0.5]}]},
    {"data": [{"embedding": "[1, 0.5]"}, {"embedding": "[2, 0.5]"}]},
    {"data": [{"embedding": [[1.0, 0.5]]}, {"embedding": [[2.0, 0.5]]}]},
    {"data": [{"embedding": {"float": [1.0, 0.5]}}, {"embedding": {"float": [2.0, 0.5]}}]},
    {"data": [{"embedding": {"int8": None, "float": [1.0, 0.5]}}, {"embedding": {"values": [2.0, 0.5]}}]},
    {"data": [[1.0, 0.5], [2.0, 0.5]]},
    {"embeddings": [[1.0, 0.5], [2.0, 0.5]]},
    {"embeddings": {"float": [[1.0, 0.5], [2.0, 0.5]]}},
    {"embeddings": {"int8": [[127, 0], [0, 127]], "float": [[1.0, 0.5], [2.0, 0.5]]}},
    {"embeddings": [{"values": [1.0, 0.5]}, {"values": [2.0, 0.5]}]},
    {"result": {"shape": [2, 2], "data": [[1.0, 0.5], [2.0, 0.5]]}},
    {"predictions": [{"embeddings": {"values": [1.0, 0.5]}}, {"embeddings": {"values": [2.0, 0.5]}}]},
    [[1.0, 0.5], [2.0, 0.5]],
    [{"index": 1, "embedding": [[2.0, 0.5]]}, {"index": 0, "embedding": [[1.0, 0.5]]}],
    {"data": [base64.b64encode(struct.pack("<2f", number, 0.5)).decode().rstrip("=") for number in (1.0, 2.0)]},
]


@pytest.mark.parametrize("answer", READ, ids=repr)
def test_vectors_are_read_in_every_shape(answer: Any) -> None:
    with opened(answering(answer)) as desk:
        assert embed(desk, ["a", "b"]).embeddings == [[1.0, 0.5], [2.0, 0.5]]


@pytest.mark.parametrize(
    "answer",
    [
        {"embedding": [1.0, 0.5]},
        {"data": [1.0, 0.5]},
        {"data": {"index": 0, "embedding": [1.0, 0.5]}},
        {"embedding": {"values": [1.0, 0.5]}},
        {"embedding": base64.b64encode(struct.pack("<2f", 1.0, 0.5)).decode()},
        {"embeddings": {"float": [1.0, 0.5]}},
        [1.0, 0.5],
    ],
    ids=repr,
)
def test_the_vector_of_a_single_text_needs_no_list(answer: Any) -> None:
    with opened(answering(answer)) as desk:
        assert embed(desk, ["a"]).embeddings == [[1.0, 0.5]]


@pytest.mark.parametrize(
    ("embedding", "notice"),
    [
        ([[1.0]], "wraps each vector in a second list"),
        (["1.0"], "numbers as text"),
        ("[1.0]", "numbers as text"),
        ({"int8": [1]}, r"quantised vectors \(int8\)"),
        (["NaN"], "numbers as text"),
    ],
)
def test_what_is_odd_about_vectors_is_reported_once(embedding: Any, notice: str) -> None:
    with opened(answering({"data": [{"embedding": embedding}] * 2})) as desk:
        embed(desk, ["a", "b"])
        assert [bool(re.search(notice, shown)) for shown in desk.notices].count(True) == 1


@pytest.mark.parametrize(
    ("embedding", "text", "hint"),
    [
        ([[1.0], [2.0]], "gave 2 vectors for text 0 alone: one vector per token", "pooling"),
        (None, "no list of numbers: null", ""),
        ([], r"no list of numbers: \[\]", ""),
        ({}, "no list of numbers: {}", ""),
        (5, "no list of numbers: 5", ""),
        ([1.0, None], "has null at position 1", "NaN"),
        ([1.0, True], "has true at position 1", ""),
        ([1.0, "x"], 'has "x" at position 1', ""),
        ([[1.0], 2.0], r"has \[1.0\] at position 0", ""),
        ({"binary": [1, 2]}, r"packed bits \(binary\)", ""),
        ("AAAAA", "neither a list nor base64", ""),
        ("not base64!", "neither a list nor base64", ""),
    ],
    ids=repr,
)
def test_what_cannot_be_read_is_reported_in_true_words(embedding: Any, text: str, hint: str) -> None:
    with opened(answering({"data": [{"index": 0, "embedding": embedding}]})) as desk:
        with pytest.raises(ProtocolError, match=text) as raised:
            embed(desk, ["a"])
        assert hint in str(raised.value.hint or "") and bool(hint) == bool(raised.value.hint)


@pytest.mark.parametrize("index", [True, "x", 0.5, -1, 2, [0], {}])
def test_an_index_that_is_none_is_named(index: Any) -> None:
    data = [{"index": index, "embedding": [1.0]}, {"index": 1, "embedding": [1.0]}]
    with opened(answering({"data": data})) as desk, pytest.raises(ProtocolError, match="with the index") as raised:
        embed(desk, ["a", "b"])
    assert json.dumps(index) in str(raised.value)


def test_one_vector_per_token_in_a_bare_list_is_suspected() -> None:
    with opened(answering({"data": [[1.0], [2.0], [3.0]]})) as desk:
        with pytest.raises(ProtocolError, match="3 vectors for 1 texts") as raised:
            embed(desk, ["a"])
        assert "pooling" in str(raised.value.hint)


@pytest.mark.parametrize(
    ("shown", "counts"),
    [
        (({"prompt_tokens": "4", "total_tokens": 5.0},), (4, 5)),
        (({"prompt_tokens": True, "total_tokens": "5"},), (5, 5)),
        (({"prompt_tokens": None, "total_tokens": "many"},), (0, 0)),
        (({"prompt_tokens": -1, "total_tokens": 10**30},), (0, 0)),
        (("5 tokens",), (0, 0)),
    ],
)
def test_counts_are_read_in_every_spelling(shown: tuple[Any, ...], counts: tuple[int, int]) -> None:
    assert usage_of(*shown)[0] == counts


@pytest.mark.parametrize("name", [None, 5, "", ["m"], {}])
def test_a_model_name_that_is_none_is_replaced_by_the_one_that_was_asked_for(name: Any) -> None:
    with opened(answering({"data": [[1.0]], "model": name})) as desk:
        assert embed(desk, ["a"]).model == "e"
