"""`session.model.llm`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, overload

from boomerang.invoker.entities.llm.chunk import LLMResultChunk
from boomerang.invoker.entities.llm.request import LLMModelConfig, RequestInvokeLLM
from boomerang.invoker.entities.llm.result import LLMResult
from boomerang.invoker.entities.message import PromptMessage, PromptMessageTool
from boomerang.invoker.request import Chunks

from .arguments import Open, arguments


class LLMInvocation:
    """Calls large language models."""

    def __init__(self, open_request: Open) -> None:
        self._open = open_request

    @overload
    def invoke(
        self,
        model_config: LLMModelConfig | Mapping[str, Any],
        prompt_messages: Sequence[PromptMessage | Mapping[str, Any]],
        tools: Sequence[PromptMessageTool | Mapping[str, Any]] | None = None,
        stop: list[str] | None = None,
        stream: Literal[True] = True,
    ) -> Chunks[LLMResultChunk]: ...

    @overload
    def invoke(
        self,
        model_config: LLMModelConfig | Mapping[str, Any],
        prompt_messages: Sequence[PromptMessage | Mapping[str, Any]],
        tools: Sequence[PromptMessageTool | Mapping[str, Any]] | None = None,
        stop: list[str] | None = None,
        *,
        stream: Literal[False],
    ) -> LLMResult: ...

    @overload
    def invoke(
        self,
        model_config: LLMModelConfig | Mapping[str, Any],
        prompt_messages: Sequence[PromptMessage | Mapping[str, Any]],
        tools: Sequence[PromptMessageTool | Mapping[str, Any]] | None = None,
        stop: list[str] | None = None,
        stream: bool = True,
    ) -> Chunks[LLMResultChunk] | LLMResult: ...

    def invoke(
        self,
        model_config: LLMModelConfig | Mapping[str, Any],
        prompt_messages: Sequence[PromptMessage | Mapping[str, Any]],
        tools: Sequence[PromptMessageTool | Mapping[str, Any]] | None = None,
        stop: list[str] | None = None,
        stream: bool = True,
    ) -> Chunks[LLMResultChunk] | LLMResult:
        """Invoke an LLM.

        Dify's SDK accepts a dict for `model_config` only; here messages and tools may be dicts too.

        Args:
            model_config: Which model, its mode and its `completion_params`.
            prompt_messages: The conversation, oldest first.
            tools: Tools that the model may call; they take effect only for a model with the feature `tool-call`.
            stop: Sequences at which generation stops; they are not included in the answer.
            stream: Whether to return chunks as they arrive, or their fold. The fold merges streamed tool calls and keeps usage,
                fingerprint and finish reason, which the fold of Dify's SDK 0.10.2 drops (dify-protocol 2.7, D1 to D4).

        Raises:
            InvokeBadRequestError: An argument is invalid; raised at once, before anything is sent.
            InvokeError: While iterating the stream, or from this call when not streaming.
        """
        with arguments():
            request = RequestInvokeLLM.of(model_config, prompt_messages, tools=tools, stop=stop, stream=stream)
        chunks = self._open(request)
        return chunks if stream else LLMResult.of(chunks)
