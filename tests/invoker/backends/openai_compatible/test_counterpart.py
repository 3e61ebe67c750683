"""Tests against OpenAI's own client: it validates our requests and parses our test server's responses.

So the back end and the test server can't share an error: the client's types are generated from OpenAI's API description.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from email import message_from_bytes
from functools import cache
from typing import Any

import openai
import pytest
from jsonschema_rs import Draft202012Validator
from openai.types import completion_create_params, embedding_create_params, moderation_create_params
from openai.types.audio import speech_create_params
from openai.types.chat import completion_create_params as chat_create_params
from openai.types.moderation import Categories, CategoryAppliedInputTypes, CategoryScores
from pydantic import TypeAdapter

from boomerang.invoker.entities.llm.result import LLMFold
from boomerang.invoker.errors import (
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
)
from boomerang.workbench.samples.inputs import CLIP
from tests.loopback import ClientConnection, ReceivedRequest, head, whole

from . import contract_server
from .counterpart import both
from .desk import CONFIG, GOOD, HELLO, USAGE, event, opened, streaming

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"name": "weather", "description": "Tells it.", "parameters": SCHEMA}
CALL = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}
IMAGE = {"type": "image", "format": "png", "mime_type": "image/png", "base64_data": "AAAA", "detail": "high"}
AUDIO = {"type": "audio", "format": "mp3", "mime_type": "audio/mpeg", "base64_data": "BBBB"}
PAPER = {"type": "document", "format": "pdf", "mime_type": "application/pdf", "base64_data": "CC", "filename": "a.pdf"}
TALK = [
    {"role": "system", "content": "Be short."},
    {"role": "user", "name": "Ada", "content": [{"type": "text", "data": "Look:"}, IMAGE, AUDIO, PAPER]},
    {"role": "assistant", "content": "", "tool_calls": [CALL]},
    {"role": "tool", "content": "18 °C", "tool_call_id": "c1"},
    {"role": "assistant", "content": "18 °C."},
    {"role": "user", "content": "And in Rome?"},
]
COMPLETION = CONFIG | {"mode": "completion"}
FREELY = {"temperature": 0.5, "top_p": 0.9, "seed": 1, "max_tokens": 9, "presence_penalty": 0.1, "frequency_penalty": 0.1}


def a(model_type: str, **more: Any) -> dict[str, Any]:
    """Return the configuration of a model of a type."""
    return {"provider": "p", "model": "m", "model_type": model_type, **more}


@cache
def validator_of(params: Any) -> Draft202012Validator:
    """Return a validator for the client's type of a body: no field may be missing, unknown, or of another type."""
    schema = TypeAdapter(params).json_schema()
    _close(schema)
    return Draft202012Validator(schema)


def _close(schema: Any) -> None:
    if isinstance(schema, dict):
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for part in schema.values():
            _close(part)
    elif isinstance(schema, list):
        for part in schema:
            _close(part)


# Our requests.

STREAMED, WHOLE = chat_create_params.CompletionCreateParamsStreaming, chat_create_params.CompletionCreateParamsNonStreaming
JSON_FORM = {"response_format": "json_object"}


@pytest.mark.parametrize(
    ("params", "ask"),
    [
        (STREAMED, lambda model: list(model.llm.invoke(CONFIG, HELLO))),
        (STREAMED, lambda model: list(model.llm.invoke(CONFIG, TALK, tools=[TOOL], stop=["."]))),
        (STREAMED, lambda model: list(model.llm.invoke(CONFIG | {"completion_params": FREELY}, HELLO))),
        (STREAMED, lambda model: list(model.llm.invoke(CONFIG | {"completion_params": JSON_FORM}, HELLO))),
        (STREAMED, lambda model: list(model.llm_structured_output.invoke(CONFIG, HELLO, SCHEMA))),
        (WHOLE, lambda model: model.llm.invoke(CONFIG, TALK, tools=[TOOL], stream=False)),
        (completion_create_params.CompletionCreateParamsStreaming, lambda model: list(model.llm.invoke(COMPLETION, HELLO))),
        (embedding_create_params.EmbeddingCreateParams, lambda model: model.text_embedding.invoke(a("text-embedding"), ["x"])),
        (moderation_create_params.ModerationCreateParams, lambda model: model.moderation.invoke(a("moderation"), "x")),
        (speech_create_params.SpeechCreateParams, lambda model: list(model.tts.invoke(a("tts", voice="alloy"), "x"))),
    ],
)
def test_what_we_send_is_what_openais_types_allow(params: Any, ask: Callable[[Any], Any]) -> None:
    with opened(lambda _request, connection: connection.send(whole({"error": {"message": "Not now."}}, 400))) as desk:
        with pytest.raises(InvokeError, match="Not now"):
            ask(desk.session.model)
        [request] = desk.server.requests
    assert [fault.message for fault in validator_of(params).iter_errors(request.json)] == []


def test_the_validator_of_what_we_send_finds_what_is_wrong() -> None:
    good = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "x"}]}
    check = validator_of(STREAMED)
    assert check.is_valid(good)
    for wrong in (
        {"messages": "x"},
        {"stream": False},
        {"temperature": "hot"},
        {"unheard": 1},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"uri": "x"}}]}]},
        {"tools": [{"type": "function", "name": "f"}]},
    ):
        assert not check.is_valid(good | wrong)


def test_both_clients_send_the_same() -> None:
    asked_in_words = [{"role": "user", "content": "Hello?"}]
    streamed: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}
    tools: list[Any] = [{"type": "function", "function": TOOL}]

    def refuse(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(whole({"error": {"message": "Not now."}}, 400))

    with both(refuse) as (desk, client):
        model, chat = desk.session.model, client.chat.completions
        pairs: list[tuple[Callable[[], Any], Callable[[], Any]]] = [
            (
                lambda: list(model.llm.invoke(CONFIG, HELLO, tools=[TOOL], stop=["."])),
                lambda: chat.create(model="m", messages=asked_in_words, temperature=0.5, tools=tools, stop=["."], **streamed),
            ),
            (
                lambda: list(model.llm.invoke(COMPLETION, HELLO)),
                lambda: client.completions.create(model="m", prompt="Hello?", temperature=0.5, **streamed),
            ),
            (
                lambda: model.text_embedding.invoke(a("text-embedding"), ["x", "y"]),
                lambda: client.embeddings.create(model="m", input=["x", "y"], encoding_format="float"),
            ),
            (
                lambda: model.moderation.invoke(a("moderation"), "x"),
                lambda: client.moderations.create(model="m", input="x"),
            ),
            (
                lambda: list(model.tts.invoke(a("tts", voice="alloy"), "x")),
                lambda: client.audio.speech.create(model="m", input="x", voice="alloy", response_format="mp3"),
            ),
            (
                lambda: model.speech2text.invoke(a("speech2text"), io.BytesIO(CLIP.read_bytes())),
                lambda: client.audio.transcriptions.create(
                    model="m", file=("audio.mp3", CLIP.read_bytes(), "audio/mpeg"), response_format="json"
                ),
            ),
            (desk.backend.fetch_models, client.models.list),
        ]
        for ours, theirs in pairs:
            with pytest.raises(InvokeBadRequestError):
                ours()
            with pytest.raises(openai.BadRequestError):
                theirs()
        request = desk.server.requests
    assert len(request) == 2 * len(pairs)
    for ours_asked, theirs_asked in zip(request[::2], request[1::2], strict=True):
        assert _seen(ours_asked) == _seen(theirs_asked)


def _seen(request: ReceivedRequest) -> Any:
    """Return what a server sees of a request, regardless of field order."""
    kind = request.headers.get("content-type", "")
    content: Any = None
    if kind.startswith("multipart/"):
        message = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + request.body)
        content = sorted(
            (
                str(part["content-disposition"]),
                part.get_content_type() if part.get_filename() else "",
                part.get_payload(decode=True),
            )
            for part in message.get_payload()
        )
        kind = "multipart/form-data"
    elif request.body:
        content = request.json
    return request.method, request.path, kind, request.headers["authorization"], content


# Our server's responses.


def test_both_clients_read_the_same_stream() -> None:
    with both(streaming(GOOD)) as (desk, client):
        ours = desk.ask()
        with client.chat.completions.stream(model="m", messages=[{"role": "user", "content": "Hello?"}]) as stream:
            theirs = stream.get_final_completion()
    [choice] = theirs.choices
    assert (ours.message.content, ours.finish_reason) == (choice.message.content, choice.finish_reason) == ("Hello.", "stop")
    assert theirs.usage and (ours.model, ours.usage.total_tokens) == (theirs.model, theirs.usage.total_tokens) == ("m-1", 7)


@pytest.mark.parametrize(
    "pieces",
    [
        [(0, "a", '{"x'), (0, None, '": 1}')],
        [(0, "a", ""), (1, "b", ""), (0, None, '{"x"'), (1, None, '{"y": 2'), (0, None, ": 1}"), (1, None, "}")],
        [(0, "a", '{"x": 1}'), (1, "b", '{"y": 2}'), (2, "a", '{"x": 3}')],
    ],
)
def test_both_clients_fold_fragments_of_calls_into_the_same(pieces: list[tuple[int, str | None, str]]) -> None:
    def fragment(index: int, name: str | None, arguments: str) -> dict[str, Any]:
        named = {"id": f"id-{index}", "type": "function"} if name else {}
        return {"index": index, **named, "function": {"arguments": arguments} | ({"name": name} if name else {})}

    events = [event({"role": "assistant", "content": None}), *(event({"tool_calls": [fragment(*piece)]}) for piece in pieces)]
    with both(streaming([*events, event({}, "tool_calls"), GOOD[-1]])) as (desk, client):
        ours = desk.ask()
        with client.chat.completions.stream(model="m", messages=[{"role": "user", "content": "Hello?"}]) as stream:
            [choice] = stream.get_final_completion().choices
    theirs: list[Any] = choice.message.tool_calls or []
    assert [(call.id, call.type, call.function.name, call.function.arguments) for call in ours.message.tool_calls] == [
        (call.id, call.type, call.function.name, call.function.arguments) for call in theirs
    ]
    assert all(json.loads(call.function.arguments) for call in ours.message.tool_calls)
    assert ours.finish_reason == choice.finish_reason == "tool_calls"


def test_both_clients_read_the_same_whole_answers() -> None:
    about = {"id": "c", "created": 1, "model": "m-1", "usage": USAGE}
    message = {"role": "assistant", "content": "Hello.", "tool_calls": [CALL], "refusal": None}
    flags = {field.alias or name: name == "violence" for name, field in Categories.model_fields.items()}
    scores = {field.alias or name: 0.25 for name, field in CategoryScores.model_fields.items()}
    kinds = {field.alias or name: ["text"] for name, field in CategoryAppliedInputTypes.model_fields.items()}
    scored = {"flagged": True, "categories": flags, "category_scores": scores, "category_applied_input_types": kinds}
    sound = CLIP.read_bytes()
    content: dict[str, Any] = {
        "chat/completions": about
        | {"object": "chat.completion"}
        | {"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls", "logprobs": None}]},
        "completions": about
        | {"object": "text_completion"}
        | {"choices": [{"index": 0, "text": "four", "finish_reason": "length", "logprobs": None}]},
        "embeddings": {
            "object": "list",
            "model": "m-1",
            "data": [{"object": "embedding", "index": i, "embedding": [0.5, -float(i)]} for i in range(2)],
            "usage": {"prompt_tokens": 4, "total_tokens": 4},
        },
        "moderations": {"id": "x", "model": "m-1", "results": [scored]},
        "audio/transcriptions": {"text": "Good morning.", "usage": {"type": "duration", "seconds": 1}},
        "models": {"object": "list", "data": [{"id": "m-1", "object": "model", "created": 1, "owned_by": "us"}]},
    }

    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        what = request.path.removeprefix("/v1/")
        if what == "audio/speech":
            connection.send(head(media_type="audio/mpeg", Content_Length=str(len(sound))), sound)
        else:
            connection.send(whole(content[what]))

    with both(script) as (desk, client):
        model = desk.session.model
        chat = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hello?"}])
        our_chat = model.llm.invoke(CONFIG, HELLO, stream=False)
        [call] = chat.choices[0].message.tool_calls or []
        assert call.type == "function"
        assert our_chat.message.content == chat.choices[0].message.content == "Hello."
        assert our_chat.message.tool_calls[0].model_dump() == call.model_dump()
        assert our_chat.finish_reason == chat.choices[0].finish_reason == "tool_calls"
        assert chat.usage and our_chat.usage.completion_tokens == chat.usage.completion_tokens == 2

        text = client.completions.create(model="m", prompt="one, two, three,")
        our_text = LLMFold().extend(model.llm.invoke(COMPLETION, HELLO)).result()
        assert (our_text.message.content, our_text.finish_reason) == (text.choices[0].text, text.choices[0].finish_reason)

        vectors = client.embeddings.create(model="m", input=["x", "y"], encoding_format="float")
        our_vectors = model.text_embedding.invoke(a("text-embedding"), ["x", "y"])
        assert our_vectors.embeddings == [item.embedding for item in vectors.data] == [[0.5, 0.0], [0.5, -1.0]]
        assert our_vectors.usage.tokens == vectors.usage.prompt_tokens == 4

        flagged = client.moderations.create(model="m", input="x").results[0].flagged
        assert model.moderation.invoke(a("moderation"), "x") is flagged is True

        spoken = client.audio.speech.create(model="m", input="x", voice="alloy").read()
        assert b"".join(model.tts.invoke(a("tts", voice="alloy"), "x")) == spoken == sound

        received = client.audio.transcriptions.create(model="m", file=("a.mp3", sound), response_format="json").text
        assert model.speech2text.invoke(a("speech2text"), io.BytesIO(sound)) == received == "Good morning."

        listed = [result.id for result in client.models.list()]
        assert [result.model for result in desk.backend.fetch_models()] == listed == ["m-1"]


def test_the_contracts_server_speaks_as_openais_client_expects() -> None:
    request: Any = [{"role": "user", "content": "Three colours?"}]
    with both(contract_server.script) as (_, client):
        chat = client.chat.completions.create(model="chat", messages=request)
        with client.chat.completions.stream(model="chat", messages=request) as stream:
            assert stream.get_final_completion().choices[0].message.content == chat.choices[0].message.content
        vectors = client.embeddings.create(model="embedder", input=["x", "yy"], encoding_format="float")
        assert [item.embedding for item in vectors.data] == [[1.0, 0.5], [2.0, 0.5]]
        assert client.moderations.create(model="judge", input="x").results[0].flagged is False
        assert client.audio.speech.create(model="speaker", input="x", voice="alloy").read().startswith(b"ID3")
        assert client.audio.transcriptions.create(model="listener", file=("a.mp3", b"ID3"), response_format="json").text
        with pytest.raises(openai.NotFoundError, match="does not exist"):
            client.chat.completions.create(model="nobody", messages=request)


@pytest.mark.parametrize(
    ("status", "ours", "theirs"),
    [
        (400, InvokeBadRequestError, openai.BadRequestError),
        (401, InvokeAuthorizationError, openai.AuthenticationError),
        (403, InvokeAuthorizationError, openai.PermissionDeniedError),
        (404, InvokeBadRequestError, openai.NotFoundError),
        (422, InvokeBadRequestError, openai.UnprocessableEntityError),
        (429, InvokeRateLimitError, openai.RateLimitError),
        (500, InvokeServerUnavailableError, openai.InternalServerError),
    ],
)
def test_both_clients_take_a_refusal_for_the_same(
    status: int, ours: type[InvokeError], theirs: type[openai.APIStatusError]
) -> None:
    body = {"error": {"message": "No more than this.", "type": "t", "param": None, "code": "c"}}
    with both(lambda _request, connection: connection.send(whole(body, status, Retry_After="99"))) as (desk, client):
        with pytest.raises(ours, match="No more than this") as our_error:
            desk.ask()
        with pytest.raises(theirs, match="No more than this") as their_error:
            client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hello?"}])
    assert type(our_error.value) is ours and our_error.value.status_code == their_error.value.status_code == status


def test_both_clients_find_an_error_in_the_stream() -> None:
    broken = [GOOD[1], b'data: {"error": {"message": "Out of memory.", "code": null}}\n\n', GOOD[-1]]
    with both(streaming(broken)) as (desk, client):
        with pytest.raises(InvokeServerUnavailableError, match="Out of memory"):
            desk.ask()
        with pytest.raises(openai.APIError, match="Out of memory"):
            list(client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hello?"}], stream=True))
