"""Tests for structured output over real sockets: the object, however its answer ends, and answers without one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from boomerang.invoker.backends.openai_compatible.structured_output import loads
from boomerang.invoker.entities.llm.result import LLMFold
from boomerang.invoker.errors import InvokeBadRequestError, InvokeError, ProtocolError
from tests.loopback import ClientConnection, ReceivedRequest, whole

from .desk import CONFIG, HELLO, USAGE, Desk, event, opened, streaming

SCHEMA = {"type": "object"}
DONE = b"data: [DONE]\n\n"


def requests_of(desk: Desk, **more: Any) -> list[Any]:
    """Request an object; return the chunks."""
    return list(desk.session.model.llm_structured_output.invoke(CONFIG, HELLO, SCHEMA, **more))


def test_an_object_without_finish_reason_and_usage_comes_all_the_same_and_last() -> None:
    with opened(streaming([event({"content": '{"a"'}), event({"content": ":1}"}), DONE])) as desk:
        chunks = requests_of(desk)
        assert [chunk.structured_output for chunk in chunks if chunk.structured_output] == [{"a": 1}]
        assert chunks[-1].structured_output == {"a": 1}
        assert [chunk.delta.index for chunk in chunks] == list(range(len(chunks)))
        assert "".join(chunk.delta.message.content for chunk in chunks) == '{"a":1}'


def test_what_is_no_object_is_reported_without_finish_reason_and_usage_too() -> None:
    with opened(streaming([event({"content": "no object at all"}), DONE])) as desk:
        with pytest.raises(ProtocolError, match="no JSON object: 'no object at all'") as raised:
            requests_of(desk)
        assert raised.value.body == "no object at all"


def test_an_answer_in_one_piece_without_a_finish_reason_has_its_object() -> None:
    answer = {"choices": [{"index": 0, "message": {"role": "assistant", "content": '{"a":1}'}, "finish_reason": None}]}
    with opened(lambda _request, connection: connection.send(whole(answer))) as desk:
        result = desk.session.model.llm_structured_output.invoke(CONFIG, HELLO, SCHEMA, stream=False)
        assert result.structured_output == {"a": 1}


@pytest.mark.parametrize(
    "text",
    [
        'I think so</think>\n\n{"a": 1}',
        'I think {"b": 2}\n</think>{"a": 1}',
        '</think>\n```json\n{"a": 1}\n```',
        '<think>\nhm\n</think>\n\n{"a": 1}',
    ],
)
def test_thinking_that_the_template_opened_does_not_hide_the_object(text: str) -> None:
    result = loads(text)
    assert result is not None and result.value == {"a": 1}


def test_an_object_that_speaks_of_thinking_is_read_as_it_is() -> None:
    for value in ({"tag": "</think>"}, {"tag": "<think>", "end": "</think>{}"}):
        result = loads(json.dumps(value))
        assert result is not None and result.value == value


def test_an_answer_that_is_nested_without_an_end_is_no_object() -> None:
    assert loads("[" * 100_000) is None


CALL = {"index": 0, "id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("delta", "reason", "kind", "text"),
    [
        ({"content": '{"a"'}, "length", InvokeBadRequestError, "cut before its JSON was complete"),
        ({"content": '{"a"'}, "content_filter", ProtocolError, "content filter ended the answer"),
        ({"tool_calls": [CALL]}, "tool_calls", ProtocolError, "called get_weather instead"),
        ({"content": ""}, "stop", ProtocolError, "empty.* finish reason is stop"),
        ({"reasoning_content": "Hm."}, "stop", ProtocolError, "empty.* finish reason is stop"),
        ({"content": "I must not."}, "stop", ProtocolError, "no JSON object: 'I must not.'"),
        ({"refusal": "I must not."}, "stop", ProtocolError, "no JSON object: 'I must not.'"),
        ({"content": "[1]"}, "stop", ProtocolError, r"no JSON object: '\[1\]'"),
    ],
    ids=["cut", "filtered", "a tool call", "empty", "only thinking", "words", "a refusal", "a list"],
)
def test_what_came_in_the_objects_place_is_named(delta: Any, reason: str, kind: type[InvokeError], text: str) -> None:
    with opened(streaming([event(delta), event({}, reason), event(usage=USAGE), DONE])) as desk:
        with pytest.raises(kind, match=text):
            requests_of(desk)
        assert desk.record.chunks[-1].delta.finish_reason == reason


@pytest.mark.parametrize(
    "text",
    [
        'Here it is: {"a": 1} I hope that helps.',
        '```json {"a": 1}```',
        '```json\n{"a": 1}',
        '\ufeff{"a": 1}\nThat is all.',
        'Braces {} aside: {"a": 1}',
        '[1, 2] or rather {"a": 1}',
    ],
)
def test_an_object_inside_other_text_is_found_with_a_notice(text: str) -> None:
    with opened(streaming([event({"content": text}), event({}, "stop"), DONE])) as desk:
        assert requests_of(desk)[-1].structured_output == {"a": 1}
        assert len(desk.server.requests) == 1
        assert [notice for notice in desk.notices if "inside other text" in notice]


def test_a_raw_line_break_in_a_string_of_the_object_is_read() -> None:
    with opened(streaming([event({"content": '{"a": "one\ntwo"}'}), event({}, "stop"), DONE])) as desk:
        assert requests_of(desk)[-1].structured_output == {"a": "one\ntwo"}
        assert len(desk.notices) == 1 and "control characters" in desk.notices[0]


def test_a_part_of_a_broken_object_is_not_taken_for_it() -> None:
    for text, reason in (('{"people": [{"a": 1}, {"a": 2}', "length"), ('{"a": {"b": 1} and so on}', "stop")):
        with opened(streaming([event({"content": text}), event({}, reason), DONE])) as desk, pytest.raises(InvokeError):
            requests_of(desk)


REFUSALS = [
    (400, "failed to parse grammar"),
    (400, "structured outputs are not supported by this model"),
    (422, "guided decoding is switched off"),
    (500, "Internal error"),
    (501, "Not implemented"),
    (400, "Unknown field: response_format"),
]


@pytest.mark.parametrize(("status", "text"), REFUSALS)
def test_a_server_that_cannot_keep_to_a_schema_is_asked_again_in_words(status: int, text: str) -> None:
    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        if "response_format" in request.json:
            connection.send(whole({"error": {"message": text}}, status))
        else:
            streaming([event({"content": '{"a": 1}'}), event({}, "stop"), DONE])(request, connection)

    with opened(script) as desk:
        assert requests_of(desk)[-1].structured_output == {"a": 1}
        assert ["response_format" in request.json for request in desk.server.requests] == [True, False]
        assert text in next(notice for notice in desk.notices if "schema in words" in notice)


def test_a_refusal_that_is_about_something_else_is_not_asked_again() -> None:
    with opened(lambda _request, connection: connection.send(whole({"error": {"message": "no such model"}}, 404))) as desk:
        with pytest.raises(InvokeBadRequestError, match="no such model"):
            requests_of(desk)
        assert len(desk.server.requests) == 1


@pytest.mark.parametrize("stream", [True, False])
def test_a_server_that_ignores_the_schema_is_asked_once_more_in_words(stream: bool) -> None:
    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        text = "I'd say Oslo." if "response_format" in request.json else '{"a": 1}'
        if request.json["stream"]:
            streaming([event({"content": text}), event({}, "stop"), event(usage=USAGE), DONE])(request, connection)
        else:
            choice = {"index": 0, "message": {"content": text}, "finish_reason": "stop"}
            connection.send(whole({"choices": [choice], "usage": USAGE}))

    with opened(script) as desk:
        chunks = requests_of(desk, stream=True) if stream else []
        result = LLMFold().extend(chunks).structured_result() if stream else request_not_streamed(desk)
        assert result.structured_output == {"a": 1}
        assert len(desk.server.requests) == 2
        assert json.dumps(SCHEMA) in desk.server.requests[1].json["messages"][0]["content"]
        assert [notice for notice in desk.notices if "ignored the schema" in notice]
        assert result.message.content == 'I\'d say Oslo.\n\n{"a": 1}'  # the text is kept
        assert result.usage.total_tokens == 2 * USAGE["total_tokens"]
        assert [chunk.delta.index for chunk in chunks] == list(range(len(chunks)))


def request_not_streamed(desk: Desk) -> Any:
    """Request an object with `stream=False`."""
    return desk.session.model.llm_structured_output.invoke(CONFIG, HELLO, SCHEMA, stream=False)


def test_a_server_that_answers_prose_twice_is_not_asked_a_third_time() -> None:
    with opened(streaming([event({"content": "Oslo."}), event({}, "stop"), DONE])) as desk:
        with pytest.raises(ProtocolError, match=r"no JSON object: 'Oslo\."):
            requests_of(desk)
        assert len(desk.server.requests) == 2
