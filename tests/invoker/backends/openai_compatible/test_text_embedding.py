"""Embeddings over real sockets: a server that takes no encoding_format, usage of several requests, and what is no vector."""

from __future__ import annotations

import base64
import struct
from typing import Any

import pytest

from invoker import InvokeBadRequestError, ProtocolError
from invoker.backends.openai_compatible.catalogue import described
from invoker.entities.model import ModelPropertyKey, ModelType
from invoker.entities.text_embedding import TextEmbeddingResult
from invoker.metrics import Origin, measure
from tests.loopback import Asked, Script, Wire, whole

from .desk import Desk, opened

EMBEDDER = {"provider": "p", "model": "e", "model_type": "text-embedding"}
TEXTS = ["a", "bb", "ccc"]
TWO_AT_A_TIME = described("p", "e", ModelType.TEXT_EMBEDDING).model_copy(
    update={"model_properties": {ModelPropertyKey.MAX_CHUNKS: 2}}
)


def embed(desk: Desk, texts: list[str] = TEXTS) -> TextEmbeddingResult:
    """Have texts embedded."""
    return desk.session.model.text_embedding.invoke(EMBEDDER, texts)


def vectors(asked: Asked) -> list[Any]:
    """Give a vector for each text that was asked for: its length, and 0.5."""
    return [{"index": i, "embedding": [float(len(text)), 0.5]} for i, text in enumerate(asked.json["input"])]


def answering(value: Any, status: int = 200) -> Script:
    """Give a script that answers everything alike."""
    return lambda _asked, wire: wire.send(whole(value, status))


@pytest.mark.parametrize("status", [400, 422])
def test_a_server_that_takes_no_encoding_format_is_asked_without_it_and_remembered(status: int) -> None:
    words = "Value 'float' supplied for argument 'encoding_format' is not valid -- accepted values are ['base64']."

    def script(asked: Asked, wire: Wire) -> None:
        refused = "encoding_format" in asked.json
        wire.send(
            whole({"detail": words}, status) if refused else whole({"data": vectors(asked), "usage": {"total_tokens": 9}})
        )

    with opened(script) as desk:
        found = embed(desk)
        assert found.embeddings == [[1.0, 0.5], [2.0, 0.5], [3.0, 0.5]] and found.usage.tokens == 9
        [notice] = desk.notices
        assert notice.startswith("Asked again without encoding_format, which the server refuses: Value 'float'")
        embed(desk)
        assert not desk.notices
        assert ["encoding_format" in asked.json for asked in desk.server.asked] == [True, False, False]


def test_what_is_refused_for_another_reason_is_not_asked_again() -> None:
    with opened(answering({"error": {"message": "no such model"}}, 400)) as desk:
        with pytest.raises(InvokeBadRequestError, match="no such model"):
            embed(desk)
        assert len(desk.server.asked) == 1


def test_what_is_refused_without_encoding_format_too_is_told_and_the_wish_is_kept() -> None:
    def script(asked: Asked, wire: Wire) -> None:
        echo = f"Field required; input: {sorted(asked.json)}"
        wire.send(whole({"detail": echo}, 422) if asked.json["input"] == [""] else whole({"data": vectors(asked)}))

    with opened(script) as desk:
        with pytest.raises(InvokeBadRequestError, match=r"input: \['input', 'model'\]"):
            embed(desk, [""])
        embed(desk)
        assert "encoding_format" in desk.server.asked[-1].json


def usage_of(*told: Any) -> tuple[tuple[int, int], Origin, list[str]]:
    """Give the usage, where it is said to be from and the notices of a call whose requests are answered with usages."""
    left = list(told)

    def script(asked: Asked, wire: Wire) -> None:
        wire.send(whole({"data": vectors(asked), "usage": left.pop(0)}))

    with opened(script, models=[TWO_AT_A_TIME]) as desk:
        used = embed(desk, [*TEXTS, "d"][: 2 * len(told)]).usage
        [origin] = [metric.origin for metric in measure(desk.record) if metric.key == "tokens"]
        return (used.tokens, used.total_tokens), origin, desk.notices


@pytest.mark.parametrize(
    ("told", "counts"),
    [
        (({"prompt_tokens": 4, "total_tokens": 5}, {"prompt_tokens": 6, "total_tokens": 8}), (10, 13)),
        (({"total_tokens": 5}, {"prompt_tokens": 6}), (11, 11)),
        (({"prompt_tokens": 4, "total_tokens": 0},), (4, 4)),
    ],
)
def test_the_total_is_the_servers_own(told: tuple[Any, ...], counts: tuple[int, int]) -> None:
    assert usage_of(*told) == (counts, Origin.REPORTED, [])


def test_a_usage_that_a_part_of_the_requests_told_is_left_out_and_said_to_be() -> None:
    counts, origin, notices = usage_of({"prompt_tokens": 4, "total_tokens": 5}, {"prompt_tokens": None})
    assert (counts, origin) == ((0, 0), Origin.MISSING)
    assert notices == ["The usage is left out: of 2 requests the server told it for 1 only."]


def test_a_usage_that_nobody_told_is_missing_without_a_word() -> None:
    assert usage_of(None, None) == ((0, 0), Origin.MISSING, [])


def test_a_request_that_is_too_large_is_refused_with_the_setting_that_makes_it_smaller() -> None:
    with opened(answering({"error": "batch size 3 > maximum allowed batch size 2"}, 413)) as desk:
        with pytest.raises(InvokeBadRequestError, match="batch size 3") as raised:
            embed(desk)
        assert raised.value.hint == (
            "If 3 texts at once are too many, set max_chunks (Texts a call) of the model on the Connections page."
        )
        with pytest.raises(InvokeBadRequestError, match="batch size 3") as raised:
            embed(desk, ["one"])
        assert raised.value.hint is None, "one text cannot be sent in smaller parts"


@pytest.mark.parametrize(
    ("data", "words"),
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
def test_what_is_no_vector_is_refused(data: Any, words: str) -> None:
    with opened(answering({"data": data})) as desk, pytest.raises(ProtocolError, match=words):
        embed(desk, ["a", "b"])


def test_vectors_without_an_index_count_in_the_order_in_which_they_come() -> None:
    with opened(answering({"data": [{"index": None, "embedding": [1.0]}, {"embedding": [2.0]}]})) as desk:
        assert embed(desk, ["a", "b"]).embeddings == [[1.0], [2.0]]


def test_a_vector_in_a_later_request_is_named_by_the_place_of_its_text() -> None:
    def script(asked: Asked, wire: Wire) -> None:
        longer = [{"index": 0, "embedding": [1.0, 2.0, 3.0]}]
        wire.send(whole({"data": longer if asked.json["input"] == ["ccc"] else vectors(asked)}))

    with opened(script, models=[TWO_AT_A_TIME]) as desk, pytest.raises(ProtocolError, match="that of text 2 has 3"):
        embed(desk)


def test_numbers_that_are_not_finite_are_told_and_large_ones_are_not() -> None:
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
