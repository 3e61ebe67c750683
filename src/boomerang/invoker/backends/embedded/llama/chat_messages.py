"""Convert Dify's prompt messages for a model that reads only text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from boomerang.invoker.entities.message import (
    AssistantPromptMessage,
    PromptMessage,
    PromptMessageRole,
    TextPromptMessageContent,
    ToolPromptMessage,
)
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.messages.message import Message

from . import tool_prompt

ChatMessage = dict[str, str]

_ROLES = {
    PromptMessageRole.SYSTEM: "system",
    PromptMessageRole.DEVELOPER: "system",
    PromptMessageRole.USER: "user",
    PromptMessageRole.ASSISTANT: "assistant",
    PromptMessageRole.TOOL: "user",
}
"""Tool results become user messages: a small model knows no other role."""

_ANSWER = "Now answer my question in plain words, from these results."


def chat(messages: Sequence[PromptMessage], instructions: str | None = None) -> list[ChatMessage]:
    """Convert messages for the model's chat template.

    The assistant's calls are written as the model itself writes them; tool results follow in a user message.

    Args:
        messages: At least one, with text.
        instructions: Ours, appended to the system message.

    Raises:
        InvokeBadRequestError: The messages are empty, or contain something other than text.
    """
    texts = [_text(message, f"prompt_messages[{index}]") for index, message in enumerate(messages)]
    _check_text(messages, texts)
    names = _called_names(messages)
    answer: list[ChatMessage] = []
    before = None
    for message, text in zip(messages, texts, strict=True):
        if isinstance(message, ToolPromptMessage):
            text = _result(message, names)
        if isinstance(message, ToolPromptMessage) and isinstance(before, ToolPromptMessage):
            answer[-1]["content"] += f"\n{text}"
        else:
            answer.append({"role": _ROLES[message.role], "content": _with_calls(message, text)})
        before = message
    if messages[-1].role is PromptMessageRole.TOOL:
        answer[-1]["content"] += f"\n\n{_ANSWER}"
    if instructions:
        if answer[0]["role"] == "system":
            answer[0]["content"] += f"\n\n{instructions}"
        else:
            answer.insert(0, {"role": "system", "content": instructions})
    return answer


class Step(NamedTuple):
    """A conversation that ends with tool results, split up."""

    dialogue: list[ChatMessage]
    """Messages up to the question."""
    informed: list[ChatMessage]
    """The same, with the tool results appended to the question."""
    made: tuple[str, ...]
    """Calls since the question, as the model writes them."""


def step(messages: Sequence[PromptMessage], instructions: str) -> Step | None:
    """Split a conversation that ends with tool results; None if it does not, or has no question or no calls.

    Args:
        messages: As for `chat`.
        instructions: Ours, appended to the system message.
    """
    asking = [index for index, message in enumerate(messages) if message.role is PromptMessageRole.USER]
    if not asking or messages[-1].role is not PromptMessageRole.TOOL:
        return None
    question, since = messages[: asking[-1] + 1], messages[asking[-1] + 1 :]
    made = [call for message in since if isinstance(message, AssistantPromptMessage) for call in message.tool_calls]
    if not made or not question[-1].get_text_content().strip():
        return None
    dialogue, names = chat(question, instructions), _called_names(messages)
    results = [_result(message, names) for message in since if isinstance(message, ToolPromptMessage)]
    informed = [*dialogue[:-1], {**dialogue[-1], "content": "\n\n".join((dialogue[-1]["content"], "\n".join(results)))}]
    return Step(dialogue, informed, tuple(_one_line(tool_prompt.as_text([call])) for call in made))


def plain(messages: Sequence[PromptMessage]) -> str:
    """Join messages into one text to be continued.

    Raises:
        InvokeBadRequestError: The messages are empty, or contain something other than text.
    """
    texts = [_text(message, f"prompt_messages[{index}]") for index, message in enumerate(messages)]
    _check_text(messages, texts)
    return "\n".join(text for text in texts if text)


def _check_text(messages: Sequence[PromptMessage], texts: Sequence[str]) -> None:
    """Raise if the messages contain no text to answer."""
    if not messages:
        raise InvokeBadRequestError(Message("prompts.empty"), field="prompt_messages")
    user_texts = (text for message, text in zip(messages, texts, strict=True) if message.role is not PromptMessageRole.SYSTEM)
    if not any(text.strip() for text in user_texts) and not texts[0].strip():
        raise InvokeBadRequestError(Message("prompts.no_text"), field="prompt_messages")


def checked_stop(stop: Sequence[str] | None) -> list[str]:
    """Return the stop words after checking them.

    Raises:
        InvokeBadRequestError: One is empty, which would end every answer before it begins, or cannot be encoded.
    """
    for index, word in enumerate(stop or ()):
        if not word:
            raise InvokeBadRequestError(Message("prompts.stop_empty", field=f"stop[{index}]"), field="stop")
        _encodable(word, f"stop[{index}]")
    return list(stop or ())


def _with_calls(message: PromptMessage, text: str) -> str:
    calls = tool_prompt.as_text(message.tool_calls) if isinstance(message, AssistantPromptMessage) else ""
    return "\n".join(part for part in (text, calls) if part)


def _called_names(messages: Sequence[PromptMessage]) -> dict[str, str]:
    return {
        call.id: call.function.name
        for message in messages
        if isinstance(message, AssistantPromptMessage)
        for call in message.tool_calls
    }


def _result(message: ToolPromptMessage, names: Mapping[str, str]) -> str:
    name = message.name or names.get(message.tool_call_id, message.tool_call_id)
    return f"Result of {name}: {message.get_text_content()}"


def _one_line(call: str) -> str:
    try:
        return json.dumps(json.loads(call), ensure_ascii=False)
    except ValueError:  # the arguments are not JSON
        return " ".join(call.split())


def _text(message: PromptMessage, field: str) -> str:
    if isinstance(message.content, list):
        for index, item in enumerate(message.content):
            if not isinstance(item, TextPromptMessageContent):
                place = f"{field}.content[{index}]"
                raise InvokeBadRequestError(
                    Message("prompts.text_only", field=place, type=str(item.type)),
                    field=place,
                    hint=Message("prompts.text_only_hint"),
                )
    text = message.get_text_content()
    _encodable(text, field)
    return text


def _encodable(text: str, field: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half = repr(text[error.start])
        raise InvokeBadRequestError(
            Message("prompts.half_character", field=field, position=error.start, character=half), field=field
        ) from error
