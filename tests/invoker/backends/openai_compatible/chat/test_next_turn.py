"""Tests for what is sent back with the next turn: reasoning and signatures if tools were called, nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from boomerang.invoker.entities.llm.result import LLMResult
from tests.invoker.backends.openai_compatible.chat.odd_streams import STOP, answer_to, piece
from tests.invoker.backends.openai_compatible.chat.test_message_fields import DONE
from tests.invoker.backends.openai_compatible.desk import HELLO, Desk, event, opened, streaming
from tests.loopback import ClientConnection, ReceivedRequest, whole

TOOL = {"name": "weather", "description": "Weather of a city", "parameters": {"type": "object", "properties": {}}}


def two_turns(first: Sequence[bytes], accepts: Any) -> tuple[Desk, LLMResult]:
    """Call a server that calls a tool, and send the result; it answers 400 to a second turn that it doesn't accept."""

    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        if len(request.json["messages"]) == 1:
            streaming(first)(request, connection)
        elif wrong := accepts(request.json["messages"][1]):
            connection.send(whole({"error": {"message": wrong}}, 400))
        else:
            streaming([piece("Mild."), STOP, DONE])(request, connection)

    with opened(script) as desk:
        lock = desk.ask(tools=[TOOL])
        (call,) = lock.message.tool_calls
        result = {"role": "tool", "content": "18 °C", "tool_call_id": call.id, "name": call.function.name}
        sent = json.loads(json.dumps(lock.message.model_dump(mode="json")))  # as it passes through Dify's interface
        return desk, desk.ask([*HELLO, sent, result], tools=[TOOL])


def test_a_conversation_with_tools_goes_on_at_a_server_like_deepseek() -> None:
    first = [
        event({"reasoning_content": "I need "}),
        event({"reasoning_content": "the weather."}),
        event({"tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": {"name": "weather", "arguments": ""}}]}),
        event({}, "tool_calls"),
        DONE,
    ]

    def accepts(message: dict[str, Any]) -> str:
        if message.get("reasoning_content") != "I need the weather.":
            return "Missing `reasoning_content` field in the assistant message"
        if "<think>" in (message["content"] or ""):
            return "content must not hold reasoning"
        return "" if message["tool_calls"][0]["function"]["arguments"] == "{}" else "arguments: invalid JSON"

    _desk, result = two_turns(first, accepts)
    assert result.message.content == "Mild."


def test_a_conversation_with_tools_goes_on_at_a_server_like_gemini() -> None:
    signature = {"google": {"thought_signature": "c2lnbmF0dXJl"}}
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}, "extra_content": signature}
    first = [event({"tool_calls": [call]}), event({}, "tool_calls"), DONE]

    def accepts(message: dict[str, Any]) -> str:
        is_signed = message["tool_calls"][0].get("extra_content") == signature
        return "" if is_signed else "Function call is missing a thought_signature"

    _desk, result = two_turns(first, accepts)
    assert result.message.content == "Mild."


def test_reasoning_details_go_back_whole() -> None:
    details = [
        [{"type": "reasoning.text", "text": "I ", "index": 0}],
        [{"type": "reasoning.text", "text": "see.", "signature": "s", "index": 0}],
        [{"type": "reasoning.encrypted", "data": "xyz", "index": 1}],
    ]
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    first = [*(event({"reasoning_details": part}) for part in details), event({"tool_calls": [call]}, "tool_calls"), DONE]
    wanted = [
        {"type": "reasoning.text", "text": "I see.", "signature": "s", "index": 0},
        {"type": "reasoning.encrypted", "data": "xyz", "index": 1},
    ]
    _desk, result = two_turns(first, lambda message: "" if message.get("reasoning_details") == wanted else "missing details")
    assert result.message.content == "Mild."


def test_reasoning_does_not_go_back_where_no_tool_was_called() -> None:
    result, _notices = answer_to([event({"reasoning_content": "hmm"}), piece("Hi."), STOP, DONE])
    assert result.message.opaque_body is None


@pytest.mark.parametrize("opaque", ["text", [1], {"plugin_state": 1}])
def test_an_opaque_body_of_another_one_is_not_sent_and_named(opaque: Any) -> None:
    content = {"role": "assistant", "content": "Hi.", "opaque_body": opaque}
    with opened(streaming([piece("Hello."), STOP, DONE])) as desk:
        desk.ask([*HELLO, content, *HELLO])
        assert desk.server.requests[0].json["messages"][1] == {"role": "assistant", "content": "Hi."}
        assert len(desk.notices) == 1 and "prompt_messages[1].opaque_body" in desk.notices[0]
