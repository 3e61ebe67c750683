"""Tests for the calls other than chat, over real sockets: the requests, and the results of each response format."""

from __future__ import annotations

import base64
import io
import json
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.backends.openai_compatible import structured_output
from boomerang.invoker.backends.openai_compatible.model_list.catalogue import described
from boomerang.invoker.backends.openai_compatible.summary import estimated
from boomerang.invoker.entities.llm.result import LLMFold
from boomerang.invoker.entities.model import ModelPropertyKey, ModelType
from boomerang.invoker.errors import (
    InvokeBadRequestError,
    InvokeError,
    InvokeServerUnavailableError,
    ProtocolError,
    UnsupportedRequestError,
)
from boomerang.invoker.events import Detail, ModelExchange
from boomerang.invoker.session import Session
from boomerang.workbench.samples.inputs import CLIP
from tests.invoker.backends.openai_compatible.desk import CONFIG, GOOD, HELLO, USAGE, Desk, event, opened, streaming
from tests.json_values import JSON_VALUES
from tests.loopback import ClientConnection, ReceivedRequest, Script, chunked, head, whole

EMBEDDER = {"provider": "p", "model": "e", "model_type": "text-embedding"}
RANKER = {"provider": "p", "model": "r", "model_type": "rerank", "score_threshold": 0.0, "top_n": 9}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def answering(value: Any, status: int = 200, **more: str) -> Script:
    """Return a script that answers with JSON."""
    return lambda _request, connection: connection.send(whole(value, status, **more))


def details(desk: Desk) -> list[Any]:
    """Return the details that the back end reported besides the answer."""
    return [note for note in desk.record.events if isinstance(note, Detail)]


# Text embedding.


def test_vectors_come_in_the_order_of_the_texts_in_batches_of_the_model() -> None:
    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        data = [{"index": i, "embedding": [float(len(text)), 0.5]} for i, text in enumerate(request.json["input"])]
        connection.send(
            whole({"model": "e-1", "data": data[::-1], "usage": {"prompt_tokens": len(data), "total_tokens": len(data)}})
        )

    model = described("p", "e", ModelType.TEXT_EMBEDDING).model_copy(
        update={"model_properties": {ModelPropertyKey.MAX_CHUNKS: 2}}
    )
    with opened(script, models=[model]) as desk:
        texts = ["a", "bb", "ccc", "dddd", "eeeee"]
        result = desk.session.model.text_embedding.invoke(EMBEDDER, texts)
        assert result.embeddings == [[float(len(text)), 0.5] for text in texts]
        assert (result.model, result.usage.tokens) == ("e-1", 5)
        assert [request.json["input"] for request in desk.server.requests] == [["a", "bb"], ["ccc", "dddd"], ["eeeee"]]
        assert desk.server.requests[0].path == "/v1/embeddings"


def test_vectors_in_base64_are_read() -> None:
    numbers = [0.25, -1.5, 3.0]
    packed = base64.b64encode(struct.pack("<3f", *numbers)).decode()
    with opened(answering({"data": [{"index": 0, "embedding": packed}]})) as desk:
        assert desk.session.model.text_embedding.invoke(EMBEDDER, ["x"]).embeddings == [numbers]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ([], "0 vectors for 2 texts"),
        ([{"index": 0, "embedding": [1.0]}], "1 vectors for 2 texts"),
        ([{"index": 0, "embedding": [1.0]}, {"index": 0, "embedding": [1.0]}], "index 0"),
        ([{"index": 7, "embedding": [1.0]}], "index 7"),
        ([{"index": 0, "embedding": None}], "no list of numbers"),
        ([{"index": 0, "embedding": "§"}], "base64"),
        (None, "no list `data`"),
    ],
)
def test_vectors_that_are_missing_or_doubled_are_reported(data: Any, text: str) -> None:
    with opened(answering({"data": data})) as desk, pytest.raises(ProtocolError, match=text):
        desk.session.model.text_embedding.invoke(EMBEDDER, ["x", "y"])


# Rerank.

JINA = {
    "results": [
        {"index": 1, "relevance_score": 0.75},
        {"index": 0, "relevance_score": -2.5},
        {"index": 2, "relevance_score": 0.5},
    ]
}
TEI = [{"index": 2, "score": 0.5}, {"index": 1, "score": 0.75}, {"index": 0, "score": -2.5}]
VOYAGE = {"data": JINA["results"]}


@pytest.mark.parametrize(("answer", "shape"), [(JINA, "Jina/Cohere"), (TEI, "TEI"), (VOYAGE, "Voyage")])
def test_each_shape_of_rerank_is_read_and_named_and_nothing_is_rescaled(answer: Any, shape: str) -> None:
    with opened(answering(answer)) as desk:
        result = desk.session.model.rerank.invoke(RANKER | {"score_threshold": -9}, ["a", "b", "c"], "q")
        assert [(doc.index, doc.text, doc.score) for doc in result.docs] == [(1, "b", 0.75), (2, "c", 0.5), (0, "a", -2.5)]
        assert details(desk)[0].shape == shape
        assert desk.server.requests[0].json == {"model": "r", "query": "q", "documents": ["a", "b", "c"], "top_n": 3}


def test_threshold_and_top_n_keep_what_they_say() -> None:
    with opened(answering(JINA)) as desk:
        assert [
            d.index for d in desk.session.model.rerank.invoke(RANKER | {"score_threshold": 0.5}, ["a", "b", "c"], "q").docs
        ] == [1, 2]
        assert [d.index for d in desk.session.model.rerank.invoke(RANKER | {"top_n": 1}, ["a", "b", "c"], "q").docs] == [1]


def test_a_server_of_tei_is_found_at_its_root_and_remembered() -> None:
    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        if request.path != "/rerank":
            connection.send(whole({"error": "Not Found"}, 404))
        elif "texts" not in request.json:
            connection.send(whole({"error": "missing field `texts`"}, 422))
        else:
            connection.send(whole(TEI))

    with opened(script) as desk:
        for _ in range(2):
            assert desk.session.model.rerank.invoke(RANKER, ["a", "b", "c"], "q").docs[0].index == 1
        assert [request.path for request in desk.server.requests] == ["/v1/rerank", "/v1/rerank", "/rerank", "/rerank"]


def test_a_server_without_rerank_says_so_in_its_own_words() -> None:
    cases = (
        ("This server does not support reranking", 501, InvokeServerUnavailableError),
        ("Not Found", 404, InvokeBadRequestError),
    )
    for text, status, kind in cases:
        with opened(answering({"detail": text}, status)) as desk, pytest.raises(kind, match=text):
            desk.session.model.rerank.invoke(RANKER, ["a"], "q")


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ({"ranking": []}, 'no `results`: {"ranking": \\[\\]}'),
        ({"results": [{"index": 5, "relevance_score": 1}]}, "document 5, of 3"),
        ({"results": [{"index": 0}]}, "neither `relevance_score` nor `score`"),
        ("hello", "neither a list nor an object"),
    ],
)
def test_an_answer_that_ranks_nothing_is_reported(answer: Any, text: str) -> None:
    with opened(answering(answer)) as desk, pytest.raises(ProtocolError, match=text):
        desk.session.model.rerank.invoke(RANKER, ["a", "b", "c"], "q")


# Speech.


def test_sound_is_passed_on_as_it_comes_with_the_type_of_its_bytes() -> None:
    sound = CLIP.read_bytes()
    pieces = [sound[at : at + 3000] for at in range(0, len(sound), 3000)]

    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(head(media_type="application/octet-stream", Transfer_Encoding="chunked"), *chunked(pieces))

    with opened(script) as desk:
        config = {"provider": "p", "model": "t", "model_type": "tts", "voice": "alloy"}
        assert b"".join(desk.session.model.tts.invoke(config, "Hello.")) == sound
        assert desk.server.requests[0].json == {"model": "t", "input": "Hello.", "voice": "alloy", "response_format": "mp3"}
        assert {chunk.mime_type for chunk in desk.record.chunks} == {"audio/mpeg"} and len(desk.record.chunks) > 1
        assert not desk.notices


def test_sound_of_another_type_than_asked_for_is_reported() -> None:
    wav = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(28)
    with opened(lambda _request, connection: connection.send(whole(wav, media_type="audio/mpeg"))) as desk:
        config = {"provider": "p", "model": "t", "model_type": "tts", "voice": "v"}
        assert b"".join(desk.session.model.tts.invoke(config, "Hello.")) == wav
        assert desk.record.chunks[0].mime_type == "audio/wav" and "audio/wav" in desk.notices[0]


def test_a_recording_is_sent_as_a_file_of_its_kind() -> None:
    with opened(answering({"text": "The quick test."})) as desk:
        config = {"provider": "p", "model": "w", "model_type": "speech2text"}
        assert desk.session.model.speech2text.invoke(config, io.BytesIO(CLIP.read_bytes())) == "The quick test."
        [request] = desk.server.requests
        assert request.path == "/v1/audio/transcriptions" and CLIP.read_bytes() in request.body
        assert (
            b'filename="audio.mp3"' in request.body
            and b"audio/mpeg" in request.body
            and b'name="model"\r\n\r\nw' in request.body
        )


def test_a_recording_is_sent_again_whole_after_a_busy_server() -> None:
    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        busy = len(desk.server.requests) == 1
        connection.send(
            whole({"message": "busy"}, 503, Retry_After="0") if busy else whole(b"said so", media_type="text/plain")
        )

    with opened(script) as desk:
        config = {"provider": "p", "model": "w", "model_type": "speech2text"}
        assert desk.session.model.speech2text.invoke(config, io.BytesIO(CLIP.read_bytes())) == "said so"
        assert all(CLIP.read_bytes() in request.body for request in desk.server.requests) and len(desk.server.requests) == 2


# Moderation.


def test_the_boolean_is_the_answer_and_the_scores_are_beside_it() -> None:
    result = {
        "flagged": True,
        "categories": {"violence": True, "hate": False},
        "category_scores": {"violence": 0.9, "hate": 0.1},
    }
    with opened(answering({"model": "m", "results": [result]})) as desk:
        config = {"provider": "p", "model": "m", "model_type": "moderation"}
        assert desk.session.model.moderation.invoke(config, "text") is True
        assert [(one.categories, one.flagged) for one in details(desk)] == [(result["category_scores"], ("violence",))]
    with opened(answering({"results": []})) as desk, pytest.raises(ProtocolError, match="flagged"):
        desk.session.model.moderation.invoke(config, "text")


# Structured output.


def spelled(text: str, reason: str = "stop") -> Script:
    """Return a script that streams a text."""
    return streaming([event({"content": text[:4]}), event({"content": text[4:]}), event({}, reason), event(usage=USAGE)])


@pytest.mark.parametrize(
    "text", ['{"city": "Oslo"}', '```json\n{"city": "Oslo"}\n```', '<think>Hm: {"city"}</think>\n{"city": "Oslo"}']
)
def test_the_object_comes_last_with_the_schema_sent_natively(text: str) -> None:
    with opened(spelled(text)) as desk:
        chunks = list(desk.session.model.llm_structured_output.invoke(CONFIG, HELLO, SCHEMA))
        assert [chunk.structured_output for chunk in chunks] == [None, None, {"city": "Oslo"}]
        assert LLMFold().extend(chunks).text == text
        sent = desk.server.requests[0].json["response_format"]
        assert sent == {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}


def test_a_server_that_takes_no_schema_is_asked_in_words() -> None:
    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        if "response_format" in request.json:
            connection.send(whole({"error": {"message": "response_format type json_schema is not supported"}}, 400))
        else:
            spelled('{"city": "Oslo"}')(request, connection)

    with opened(script) as desk:
        *_, last = desk.session.model.llm_structured_output.invoke(CONFIG, HELLO, SCHEMA)
        assert last.structured_output == {"city": "Oslo"}
        assert "schema in words" in desk.notices[0]
        assert json.dumps(SCHEMA) in desk.server.requests[-1].json["messages"][0]["content"]


def test_an_answer_that_is_no_object_keeps_its_text() -> None:
    for reason, kind in (("length", InvokeBadRequestError), ("stop", ProtocolError)):
        with opened(spelled('{"city": "Os', reason)) as desk, pytest.raises(kind) as raised:
            list(desk.session.model.llm_structured_output.invoke(CONFIG, HELLO, SCHEMA))
        assert raised.value.body == '{"city": "Os'  # type: ignore[attr-defined]


def test_a_departure_from_the_schema_is_reported() -> None:
    with opened(spelled('{"city": 7}')) as desk:
        list(desk.session.model.llm_structured_output.invoke(CONFIG, HELLO, SCHEMA))
        assert "departs from the schema, first at $.city" in desk.notices[0]


@pytest.mark.parametrize(
    ("schema", "answer", "notice"),
    [
        ({"properties": {"a": {"pattern": "^(a+)+$"}}}, {"a": "a" * 60 + "!"}, "departs from the schema, first at $.a"),
        ({"properties": {"a": {"pattern": r"^[\w-.]+$"}}}, {"a": "x"}, r"Pattern not checked: ^[\w-.]+$"),
        ({"$ref": "https://example.com/schema"}, {"a": "x"}, "Not checked against the schema"),
    ],
)
def test_a_hostile_or_unreadable_schema_is_sent_and_what_was_not_checked_is_said(
    schema: dict[str, Any], answer: dict[str, Any], notice: str
) -> None:
    with opened(spelled(json.dumps(answer))) as desk:
        *_, last = desk.session.model.llm_structured_output.invoke(CONFIG, HELLO, schema)
        assert last.structured_output == answer
        assert desk.server.requests[0].json["response_format"]["json_schema"]["schema"] == schema
        [content] = desk.notices
        assert notice in content


@pytest.mark.parametrize("levels", [101, 900, 100_000])
def test_an_object_that_is_nested_too_deeply_stays_text(levels: int) -> None:
    text = '{"a":' * levels + "1" + "}" * levels
    with opened(spelled(text)) as desk, pytest.raises(ProtocolError) as raised:
        list(desk.session.model.llm_structured_output.invoke(CONFIG, HELLO, {"type": "object"}))
    assert raised.value.body and raised.value.body.startswith('{"a":{"a":')


@pytest.mark.parametrize("text", ["```" + "\n" * 300_000 + "x", "```\n" * 100_000, "`" * 300_000, '{"a":' * 100_000])
def test_a_long_text_without_an_object_is_read_in_no_time(text: str) -> None:
    assert structured_output.loads(text) is None


def test_decimals_depart_from_nothing() -> None:
    with opened(spelled('{"price": 19.99, "share": 0.3}')) as desk:
        schema = {"properties": {"price": {"multipleOf": 0.01}, "share": {"multipleOf": 0.1}}}
        list(desk.session.model.llm_structured_output.invoke(CONFIG, HELLO, schema))
        assert desk.notices == []


# Summary, models.


def test_a_summary_asks_the_system_model_and_shows_what_it_asked() -> None:
    with opened(streaming(GOOD), models=[described("p", "m")]) as desk:
        assert desk.session.model.summary.invoke("Long text. " * 200, "Briefly.") == "Hello."
        assert desk.server.requests[0].json["model"] == "m"
        [exchange] = [note for note in desk.record.events if isinstance(note, ModelExchange)]
        assert "Briefly." in str(exchange.messages[-1].content) and exchange.answer == "Hello."


def test_without_a_system_model_a_summary_is_refused_before_anything_is_sent() -> None:
    with opened(streaming(GOOD)) as desk, pytest.raises(UnsupportedRequestError, match="no system model"):
        desk.session.model.summary.invoke("Long text. " * 200, "Briefly.")
    assert desk.server.requests == []


def test_estimates_are_rather_too_many_than_too_few() -> None:
    assert estimated("") == 0 and estimated("word") == 2 and estimated("你好") == 2


def test_models_are_fetched_and_typed() -> None:
    names = ["gpt-4o", "bge-m3", "bge-reranker-v2-m3", "whisper-1", "tts-1", "omni-moderation-latest", "gpt-4o"]
    with opened(answering({"object": "list", "data": [{"id": name} for name in names]})) as desk:
        result = desk.backend.fetch_models()
        assert [(model.model, model.model_type.value) for model in result] == [
            ("gpt-4o", "llm"),
            ("bge-m3", "text-embedding"),
            ("bge-reranker-v2-m3", "rerank"),
            ("whisper-1", "speech2text"),
            ("tts-1", "tts"),
            ("omni-moderation-latest", "moderation"),
        ]
        assert (desk.server.requests[0].method, desk.server.requests[0].path) == ("GET", "/v1/models")


# Any other response.

SHAPED = st.dictionaries(
    st.sampled_from(["choices", "usage", "model", "error", "data", "results", "index", "delta", "message", "content",
                     "tool_calls", "finish_reason", "embedding", "relevance_score", "flagged", "text", "id", "function"]),
    JSON_VALUES | st.lists(st.dictionaries(st.sampled_from(
        ["index", "delta", "message", "embedding", "finish_reason", "relevance_score", "flagged", "id", "text"]), JSON_VALUES)),
)  # fmt: skip


@given(JSON_VALUES | SHAPED)
def test_an_answer_of_any_shape_is_an_answer_or_an_error_of_its_own_kind(value: Any) -> None:
    asking: list[Callable[[Desk], Any]] = [
        lambda desk: desk.ask(),
        lambda desk: desk.session.model.text_embedding.invoke(EMBEDDER, ["x"]),
        lambda desk: desk.session.model.rerank.invoke(RANKER, ["x"], "q"),
        lambda desk: desk.session.model.moderation.invoke({"provider": "p", "model": "m"}, "x"),
        lambda desk: desk.backend.fetch_models(),
    ]
    with opened(answering(value)) as desk:
        for ask in asking:
            with suppress(InvokeError):
                ask(desk)


# Sent although it would be refused here.


@pytest.mark.parametrize(
    "ask",
    [
        lambda session: session.model.text_embedding.invoke(EMBEDDER, []),
        lambda session: session.model.rerank.invoke(RANKER, [], "q"),
        lambda session: session.model.rerank.invoke(RANKER | {"top_n": 0}, ["a"], "q"),
        lambda session: list(session.model.tts.invoke({"provider": "p", "model": "t", "voice": "v"}, " ")),
        lambda session: session.model.speech2text.invoke({"provider": "p", "model": "w"}, io.BytesIO(b"")),
        lambda session: list(session.model.llm_structured_output.invoke(CONFIG, HELLO, {"type": "objekt"})),
    ],
)
def test_input_that_is_refused_here_can_be_sent_to_see_the_servers_refusal(ask: Callable[[Session], Any]) -> None:
    with opened(answering({"error": {"message": "the server's own words"}}, 400)) as desk:
        with pytest.raises(InvokeBadRequestError) as raised:
            ask(desk.session)
        assert desk.server.requests == [] and "own words" not in str(raised.value)
        with pytest.raises(InvokeBadRequestError, match="the server's own words"):
            ask(Session(desk.backend, unchecked=True))
        assert desk.server.requests
