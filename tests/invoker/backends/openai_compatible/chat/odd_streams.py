"""Event streams for the tests of odd answers. Their shapes come from public bug reports about clients of such servers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from boomerang.invoker.entities.llm.result import LLMResult
from tests.invoker.backends.openai_compatible.chat.test_message_fields import line
from tests.invoker.backends.openai_compatible.desk import event, opened, streaming

STOP = event({}, "stop")


def piece(text: str, index: Any = 0) -> bytes:
    """Return an event with a piece of text under an index."""
    return line({"choices": [{"index": index, "delta": {"content": text}, "finish_reason": None}]})


def answer_to(events: Sequence[bytes], **more: Any) -> tuple[LLMResult, list[str]]:
    """Call a server that streams events; return the result and the notices."""
    with opened(streaming(events)) as desk:
        return desk.ask(**more), desk.notices
