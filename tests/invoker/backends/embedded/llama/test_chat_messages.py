"""Tests for Dify's messages in the form that a text-only model accepts."""

from __future__ import annotations

from boomerang.invoker.backends.embedded.llama.chat_messages import chat, plain
from boomerang.invoker.entities.message import (
    AssistantPromptMessage,
    DeveloperPromptMessage,
    PromptMessage,
    SystemPromptMessage,
    TextPromptMessageContent,
    ToolCall,
    ToolCallFunction,
    ToolPromptMessage,
    UserPromptMessage,
)


def call(call_id: str, name: str, arguments: str) -> ToolCall:
    return ToolCall(id=call_id, type="function", function=ToolCallFunction(name=name, arguments=arguments))


def test_a_developer_is_a_system_and_text_items_are_joined() -> None:
    parts = [TextPromptMessageContent(data="one "), TextPromptMessageContent(data="two")]
    assert chat([DeveloperPromptMessage(content="Be brief."), UserPromptMessage(content=parts)]) == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "one two"},
    ]


def test_instructions_join_the_system_message_or_become_one() -> None:
    user: PromptMessage = UserPromptMessage(content="Hi")
    assert chat([SystemPromptMessage(content="Be brief."), user], "Use tools.")[0]["content"] == "Be brief.\n\nUse tools."
    assert chat([user], "Use tools.") == [{"role": "system", "content": "Use tools."}, {"role": "user", "content": "Hi"}]


def test_calls_are_written_as_the_model_writes_them_and_results_follow_in_one_message() -> None:
    messages = [
        UserPromptMessage(content="Result of the match?"),
        AssistantPromptMessage(content="Let me see.", tool_calls=[call("1", "goals", '{"team": "A"}'), call("2", "goals", "")]),
        ToolPromptMessage(content="3", tool_call_id="1"),
        ToolPromptMessage(content="1", tool_call_id="2", name="goals_b"),
    ]
    user, assistant, results = chat(messages)
    assert user["content"] == "Result of the match?"
    assert assistant["content"] == (
        'Let me see.\n{"name": "goals", "arguments": {"team": "A"}}\n{"name": "goals", "arguments": {}}'
    )
    assert results["role"] == "user"
    assert results["content"].startswith("Result of goals: 3\nResult of goals_b: 1\n\n")


def test_a_result_of_an_unknown_call_is_named_by_its_id() -> None:
    (message,) = chat([ToolPromptMessage(content="3", tool_call_id="c9")])
    assert message["content"].startswith("Result of c9: 3")


def test_a_text_to_be_continued_has_nothing_around_it() -> None:
    assert plain([SystemPromptMessage(content="A tale."), UserPromptMessage(content="Once")]) == "A tale.\nOnce"
