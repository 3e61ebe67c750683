"""Tests for chat and completions over real sockets: the requests, and the results of each dialect."""

from __future__ import annotations

import json
from typing import Any

import pytest

from boomerang.invoker.entities.llm.result import LLMResult
from tests.loopback import STREAM, ClientConnection, ReceivedRequest, chunked, head, whole

from .desk import CONFIG, GOOD, HELLO, KEY, USAGE, event, opened, streaming


def test_an_answer_streams_with_its_usage_and_its_reason() -> None:
    with opened(streaming(GOOD)) as desk:
        chunks = list(desk.session.model.llm.invoke(CONFIG, HELLO))
        assert [chunk.delta.message.content for chunk in chunks] == ["Hel", "lo.", ""]
        assert [chunk.delta.index for chunk in chunks] == [0, 1, 2]
        assert {chunk.model for chunk in chunks} == {"m-1"}
        last = chunks[-1].delta
        assert (
            last.finish_reason == "stop" and last.usage and (last.usage.prompt_tokens, last.usage.completion_tokens) == (5, 2)
        )
        [request] = desk.server.requests
        assert (request.method, request.path) == ("POST", "/v1/chat/completions")
        assert request.json == {
            "model": "m",
            "messages": [{"role": "user", "content": "Hello?"}],
            "temperature": 0.5,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        assert request.headers["authorization"] == f"Bearer {KEY}"


def test_a_whole_answer_comes_to_the_same() -> None:
    message = {"role": "assistant", "content": "Hello."}
    body = {"model": "m-1", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": USAGE}
    with opened(lambda _request, connection: connection.send(whole(body))) as desk:
        result = desk.session.model.llm.invoke(CONFIG, HELLO, stream=False)
        assert isinstance(result, LLMResult)
        assert (result.message.content, result.model, result.usage.total_tokens) == ("Hello.", "m-1", 7)
        assert "stream_options" not in desk.server.requests[0].json and desk.server.requests[0].json["stream"] is False
    with opened(streaming(GOOD)) as desk:
        assert desk.ask().message.content == "Hello."


def test_a_server_that_never_streams_is_read_as_well() -> None:
    body = {"model": "m-1", "choices": [{"index": 0, "message": {"content": "All."}, "finish_reason": "stop"}]}
    with opened(lambda _request, connection: connection.send(whole(body))) as desk:
        assert desk.ask().message.content == "All."


def test_calls_use_one_connection() -> None:
    with opened(streaming(GOOD)) as desk:
        for _ in range(3):
            desk.ask()
        assert len(desk.server.connections) == 1


def test_every_call_goes_to_the_same_address_with_the_connections_query() -> None:
    with opened(streaming(GOOD), query={"api-version": "1", "tag": "a b"}) as desk:
        for _ in range(3):
            desk.ask()
        assert {request.path for request in desk.server.requests} == {"/v1/chat/completions?api-version=1&tag=a+b"}


def test_a_completion_is_asked_with_a_prompt() -> None:
    events = [b'data: {"choices": [{"index": 0, "text": "on", "finish_reason": "length"}]}\n\n', b"data: [DONE]\n\n"]
    with opened(streaming(events)) as desk:
        result = desk.ask(config=CONFIG | {"mode": "completion"}, stop=["."])
        assert (result.message.content, result.finish_reason) == ("on", "length")
        [request] = desk.server.requests
        assert request.path == "/v1/completions" and request.json["prompt"] == "Hello?" and request.json["stop"] == ["."]


@pytest.mark.parametrize(
    ("events", "text"),
    [
        ([*GOOD[:-1]], "Hello."),  # no [DONE]
        ([b": keep-alive\n\n", *GOOD], "Hello."),
        ([b"\n\n\n", *GOOD], "Hello."),
        ([one.replace(b"\n", b"\r\n") for one in GOOD], "Hello."),
        ([one.replace(b"data: ", b"data:") for one in GOOD], "Hello."),
        ([one.replace(b"\n\n", b"\n") for one in GOOD], "Hello."),  # no blank lines
        ([*GOOD[:-1], b"data: [DONE]"], "Hello."),
        ([event({"content": "x", "reasoning_content": None}), event({}, "stop")], "x"),
        ([event({"reasoning_content": "Hm"}), event({"reasoning_content": "."}), *GOOD], "<think>\nHm.\n</think>Hello."),
        ([event({"reasoning": "Hm."}), *GOOD], "<think>\nHm.\n</think>Hello."),
        ([event({"reasoning": "Hm."}), event({}, "stop")], "<think>\nHm.\n</think>"),
        ([event({"content": "<think>Hm.</think>"}), *GOOD], "<think>Hm.</think>Hello."),
        ([event({"content": [{"type": "text", "text": "part"}]}), event({}, "stop")], "part"),
        ([event({"content": "a"}), event(None), event({}, "stop")], "a"),
        ([event({"content": "a \ud83d"}), event({"content": "\ude00!"}), event({}, "stop")], "a 😀!"),
        ([event({"content": "a \ud83d"}), event({"content": "b"}), event({}, "stop")], "a \ufffdb"),
        ([event({"content": "a \ude00b"}), event({"content": "c\ud83d"}), event({}, "stop")], "a \ufffdbc\ufffd"),
        ([event({"reasoning": "\ud83d"}), event({"reasoning": "\ude00"}), *GOOD], "<think>\n😀\n</think>Hello."),
    ],
)
def test_what_servers_do_differently_comes_to_the_same(events: list[bytes], text: str) -> None:
    with opened(streaming(events)) as desk:
        assert desk.ask().message.content == text


def test_a_stream_is_read_at_every_split_point() -> None:
    body = b"".join(GOOD)

    def drip(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(head(media_type="text/event-stream", Content_Length=str(len(body))))
        connection.drip(body)

    with opened(drip) as desk:
        result = desk.ask()
        assert (result.message.content, result.usage.total_tokens) == ("Hello.", 7)


def test_fragments_of_calls_find_their_call_by_index() -> None:
    def call(index: int, **function: Any) -> dict[str, Any]:
        named = {"id": f"id-{index}", "type": "function"} if "name" in function else {}
        return {"index": index, **named, "function": function}

    events = [
        event({"tool_calls": [call(0, name="weather", arguments="")]}),
        event({"tool_calls": [call(1, name="time", arguments="")]}),
        event({"tool_calls": [call(0, arguments='{"city"')]}),
        event({"tool_calls": [call(1, arguments='{"zo')]}),
        event({"tool_calls": [call(0, arguments=': "Oslo"}'), call(1, arguments='ne": "CET"}')]}),
        event({}, "tool_calls"),
    ]
    tool = {"name": "weather", "description": "Tells it.", "parameters": {"type": "object", "properties": {}}}
    with opened(streaming(events)) as desk:
        result = desk.ask(tools=[tool])
        calls = [(one.id, one.function.name, json.loads(one.function.arguments)) for one in result.message.tool_calls]
        assert calls == [("id-0", "weather", {"city": "Oslo"}), ("id-1", "time", {"zone": "CET"})]
        assert desk.server.requests[0].json["tools"] == [{"type": "function", "function": tool}]


def test_a_usage_that_the_server_does_not_state_is_missing_and_not_made_up() -> None:
    with opened(streaming([GOOD[1], GOOD[3], GOOD[5]])) as desk:
        chunks = list(desk.session.model.llm.invoke(CONFIG, HELLO))
        assert all(chunk.delta.usage is None for chunk in chunks)


def test_stream_options_that_are_refused_are_left_out_and_remembered() -> None:
    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        if "stream_options" in request.json:
            connection.send(whole({"error": {"message": "stream_options: extra fields not permitted"}}, 422))
        else:
            connection.send(STREAM, *chunked(GOOD))

    with opened(script) as desk:
        assert desk.ask().message.content == "Hello."
        assert any("stream_options" in notice for notice in desk.notices)
        desk.ask()
        assert ["stream_options" in request.json for request in desk.server.requests] == [True, False, False]


def test_messages_of_every_kind_are_written_as_openai_takes_them() -> None:
    image = {"type": "image", "format": "png", "mime_type": "image/png", "base64_data": "AAAA", "detail": "high"}
    audio = {"type": "audio", "format": "mp3", "mime_type": "audio/mpeg", "base64_data": "BBBB"}
    document = {"type": "document", "format": "pdf", "mime_type": "application/pdf", "base64_data": "CC", "filename": "a.pdf"}
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    content = [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": [{"type": "text", "data": "Look:"}, image, audio, document]},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "18 °C", "tool_call_id": "c1"},
    ]
    with opened(streaming(GOOD)) as desk:
        desk.ask(content)
        system, user, assistant, tool = desk.server.requests[0].json["messages"]
    assert system == {"role": "system", "content": "Be short."}
    assert user["content"] == [
        {"type": "text", "text": "Look:"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "high"}},
        {"type": "input_audio", "input_audio": {"data": "BBBB", "format": "mp3"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,CC"}},
    ]
    assert assistant == {"role": "assistant", "content": None, "tool_calls": [call]}
    assert tool == {"role": "tool", "content": "18 °C", "tool_call_id": "c1"}


def test_difys_response_format_becomes_openais() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    with opened(streaming(GOOD)) as desk:
        desk.ask(config=CONFIG | {"completion_params": {"response_format": "json_object", "top_k": None}})
        desk.ask(config=CONFIG | {"completion_params": {"response_format": "json_schema", "json_schema": json.dumps(schema)}})
        first, second = (request.json for request in desk.server.requests)
    assert first["response_format"] == {"type": "json_object"} and "top_k" not in first
    assert second["response_format"] == {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    assert "json_schema" not in second
