"""Convert the runtime's chunks to Dify's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from boomerang.invoker.entities.llm.chunk import LLMResultChunk, LLMResultChunkDelta, LLMUsage
from boomerang.invoker.entities.message import AssistantPromptMessage
from boomerang.invoker.errors import ProtocolError
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run

from .runtime import Chunk
from .tool_call_parser import CallReader, Part

TEXT_ONLY: Chunk = {"in_words": True}
"""A chunk of ours: no tool calls follow."""


class AnswerReader:
    """Converts the runtime's chunks to parts of an answer, and parts to Dify's chunks."""

    def __init__(self, model: str, tool_names: Sequence[str]) -> None:
        self._model = model
        self._calls = CallReader(tool_names) if tool_names else None
        self._index = 0
        self._answering = False
        self._finish_reason: str | None = None
        self._usage: dict[str, Any] = {}

    def read(self, raw: Chunk, run: Run) -> Iterable[Part]:
        """Read one of the runtime's chunks; return the parts that are complete."""
        if raw is TEXT_ONLY:
            self._calls = None
        self._usage = raw.get("usage") or self._usage
        for choice in raw.get("choices", ()):
            self._finish_reason = choice.get("finish_reason") or self._finish_reason
            text = choice["delta"].get("content") if "delta" in choice else choice.get("text")
            if text:
                if not self._answering:
                    self._answering = True
                    run.phase("generating")
                return self._calls.feed(text) if self._calls else (text,)
        return ()

    def rest(self) -> Iterable[Part]:
        """Return the buffered parts after the runtime's stream has ended."""
        return self._calls.finish() if self._calls else ()

    def chunk(self, part: Part, version: str) -> LLMResultChunk:
        """Wrap a part in a chunk."""
        if isinstance(part, str):
            return self._wrap(AssistantPromptMessage(content=part), version)
        return self._wrap(AssistantPromptMessage(content="", tool_calls=[part]), version)

    def last(self, latency: float, version: str) -> LLMResultChunk:
        """Return the last chunk, with usage and finish reason.

        Raises:
            ProtocolError: The runtime reported no finish reason or no usage.
        """
        if self._finish_reason is None or not self._usage:
            raise ProtocolError(Message("embedded.broken_off"))
        called = self._calls is not None and self._calls.calls and self._finish_reason == "stop"
        usage = LLMUsage.priced(
            None,
            prompt_tokens=self._usage["prompt_tokens"],
            completion_tokens=self._usage["completion_tokens"],
            latency=latency,
        )
        reason = "tool_calls" if called else self._finish_reason
        return self._wrap(AssistantPromptMessage(content=""), version, usage, reason)

    def _wrap(
        self, message: AssistantPromptMessage, version: str, usage: LLMUsage | None = None, reason: str | None = None
    ) -> LLMResultChunk:
        delta = LLMResultChunkDelta(index=self._index, message=message, usage=usage, finish_reason=reason)
        self._index += 1
        return LLMResultChunk(model=self._model, system_fingerprint=version or None, delta=delta)
