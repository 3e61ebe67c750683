"""Structured output, over real sockets: the object however its answer ends, and what came in its place."""

from __future__ import annotations

from typing import Any

import pytest

from invoker import InvokeBadRequestError, InvokeError, ProtocolError
from invoker.backends.openai_compatible.structured import loads
from tests.loopback import whole

from .desk import CONFIG, HELLO, USAGE, Desk, event, opened, streaming

SCHEMA = {"type": "object"}
DONE = b"data: [DONE]\n\n"


def asked(desk: Desk, **more: Any) -> list[Any]:
    """Ask for an object; give the chunks."""
    return list(desk.session.model.llm_structured_output.invoke(CONFIG, HELLO, SCHEMA, **more))


def test_an_object_without_finish_reason_and_usage_comes_all_the_same_and_last() -> None:
    with opened(streaming([event({"content": '{"a"'}), event({"content": ":1}"}), DONE])) as desk:
        chunks = asked(desk)
        assert [chunk.structured_output for chunk in chunks if chunk.structured_output] == [{"a": 1}]
        assert chunks[-1].structured_output == {"a": 1}
        assert [chunk.delta.index for chunk in chunks] == list(range(len(chunks)))
        assert "".join(chunk.delta.message.content for chunk in chunks) == '{"a":1}'


def test_what_is_no_object_is_told_without_finish_reason_and_usage_too() -> None:
    with opened(streaming([event({"content": "no object at all"}), DONE])) as desk:
        with pytest.raises(ProtocolError, match="no JSON object: 'no object at all'") as raised:
            asked(desk)
        assert raised.value.body == "no object at all"


def test_an_answer_in_one_piece_without_a_finish_reason_has_its_object() -> None:
    answer = {"choices": [{"index": 0, "message": {"role": "assistant", "content": '{"a":1}'}, "finish_reason": None}]}
    with opened(lambda _asked, wire: wire.send(whole(answer))) as desk:
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
    assert loads(text) == {"a": 1}


def test_an_object_that_speaks_of_thinking_is_read_as_it_is() -> None:
    assert loads('{"tag": "</think>"}') == {"tag": "</think>"}
    assert loads('{"tag": "<think>", "end": "</think>{}"}') == {"tag": "<think>", "end": "</think>{}"}


def test_an_answer_that_is_nested_without_an_end_is_no_object() -> None:
    assert loads("[" * 100_000) is None


CALL = {"index": 0, "id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("delta", "reason", "kind", "words"),
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
def test_what_came_in_the_objects_place_is_named(delta: Any, reason: str, kind: type[InvokeError], words: str) -> None:
    with opened(streaming([event(delta), event({}, reason), event(usage=USAGE), DONE])) as desk:
        with pytest.raises(kind, match=words):
            asked(desk)
        assert desk.record.chunks[-1].delta.finish_reason == reason
