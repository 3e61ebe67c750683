"""Tests that a credential echoed in pieces stays masked, and that no other token is delayed or lost by it."""

from __future__ import annotations

import json

import pytest

from boomerang.invoker.errors import InvokeError
from tests.invoker.backends.openai_compatible.chat.odd_streams import STOP, piece
from tests.invoker.backends.openai_compatible.chat.test_completion_reader import sending
from tests.invoker.backends.openai_compatible.chat.test_message_fields import DONE
from tests.invoker.backends.openai_compatible.desk import CONFIG, HELLO, event, opened, streaming
from tests.loopback import STREAM, chunked

SECRET = "sk-not-for-anybodys-eyes"


@pytest.mark.parametrize("size", [1, 3, 7])
@pytest.mark.parametrize("where", ["content", "reasoning_content", "arguments"])
def test_a_credential_in_pieces_reaches_neither_the_answer_nor_the_record(where: str, size: int) -> None:
    parts = [SECRET[at : at + size] for at in range(0, len(SECRET), size)]
    if where == "arguments":
        shown = ['{"key": "', *parts, '"}']
        events = [
            event({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": text}}]}) for text in shown
        ]
    else:
        events = [event({where: text}) for text in ["It is ", *parts, "."]]
    with opened(streaming([*events, STOP, DONE])) as desk:
        result = desk.ask()
        chunks = json.dumps([chunk.model_dump(mode="json") for chunk in desk.record.chunks], ensure_ascii=False)
        assert "•••" in chunks and SECRET not in "".join(
            [str(result.message.content), *(call.function.arguments for call in result.message.tool_calls)]
        )


def test_a_token_that_is_no_credential_is_not_delayed() -> None:
    with opened(streaming([piece("sky"), piece(" is blue"), STOP, DONE])) as desk:
        stream = desk.session.model.llm.invoke(CONFIG, HELLO, stream=True)
        assert next(stream).delta.message.content == "sky"
        list(stream)


def test_what_was_kept_back_is_kept_when_the_answer_breaks_off() -> None:
    """`sk-n` is the start of the credential and may still continue."""
    whole_stream = list(chunked([piece("It is sk-n")]))
    for pieces in (whole_stream, whole_stream[:-1]):  # without a finish reason, and truncated
        with opened(sending(STREAM, *pieces)) as desk:
            with pytest.raises(InvokeError):
                desk.ask()
            assert "".join(chunk.delta.message.content for chunk in desk.record.chunks) == "It is sk-n"
