"""`session.model.llm_structured_output`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, overload

from boomerang.invoker.entities.llm.chunk import LLMResultChunkWithStructuredOutput
from boomerang.invoker.entities.llm.request import LLMModelConfig, RequestInvokeLLMWithStructuredOutput
from boomerang.invoker.entities.llm.result import LLMResultWithStructuredOutput
from boomerang.invoker.entities.message import PromptMessage, PromptMessageTool
from boomerang.invoker.request import Chunks

from .arguments import Open, arguments


class LLMStructuredOutputInvocation:
    """Gets an object that matches a JSON schema from a large language model."""

    def __init__(self, open_request: Open) -> None:
        self._open = open_request

    @overload
    def invoke(
        self,
        model_config: LLMModelConfig | Mapping[str, Any],
        prompt_messages: Sequence[PromptMessage | Mapping[str, Any]],
        structured_output_schema: Mapping[str, Any],
        tools: Sequence[PromptMessageTool | Mapping[str, Any]] | None = None,
        stop: list[str] | None = None,
        stream: Literal[True] = True,
    ) -> Chunks[LLMResultChunkWithStructuredOutput]: ...

    @overload
    def invoke(
        self,
        model_config: LLMModelConfig | Mapping[str, Any],
        prompt_messages: Sequence[PromptMessage | Mapping[str, Any]],
        structured_output_schema: Mapping[str, Any],
        tools: Sequence[PromptMessageTool | Mapping[str, Any]] | None = None,
        stop: list[str] | None = None,
        *,
        stream: Literal[False],
    ) -> LLMResultWithStructuredOutput: ...

    @overload
    def invoke(
        self,
        model_config: LLMModelConfig | Mapping[str, Any],
        prompt_messages: Sequence[PromptMessage | Mapping[str, Any]],
        structured_output_schema: Mapping[str, Any],
        tools: Sequence[PromptMessageTool | Mapping[str, Any]] | None = None,
        stop: list[str] | None = None,
        stream: bool = True,
    ) -> Chunks[LLMResultChunkWithStructuredOutput] | LLMResultWithStructuredOutput: ...

    def invoke(
        self,
        model_config: LLMModelConfig | Mapping[str, Any],
        prompt_messages: Sequence[PromptMessage | Mapping[str, Any]],
        structured_output_schema: Mapping[str, Any],
        tools: Sequence[PromptMessageTool | Mapping[str, Any]] | None = None,
        stop: list[str] | None = None,
        stream: bool = True,
    ) -> Chunks[LLMResultChunkWithStructuredOutput] | LLMResultWithStructuredOutput:
        """Invoke an LLM for structured output.

        Dify's SDK accepts a dict for `model_config` only; here messages and tools may be dicts too.

        Args:
            model_config: Which model, its mode and its `completion_params`.
            prompt_messages: The conversation, oldest first.
            structured_output_schema: A JSON schema of type `object`; the last chunk, or the fold, contains the object.
            tools: Tools that the model may call; they take effect only for a model with the feature `tool-call`.
            stop: Sequences at which generation stops; they are not included in the answer.
            stream: Whether to return chunks as they arrive, or their fold. The fold merges streamed tool calls and keeps usage,
                fingerprint and finish reason, which the fold of Dify's SDK 0.10.2 drops (dify-protocol 2.7, D1 to D4).

        Raises:
            InvokeBadRequestError: An argument is invalid; raised at once, before anything is sent.
            InvokeError: While iterating the stream, or from this call when not streaming.
        """
        with arguments():
            request = RequestInvokeLLMWithStructuredOutput.of(
                model_config, prompt_messages, structured_output_schema, tools=tools, stop=stop, stream=stream
            )
        chunks = self._open(request)
        return chunks if stream else LLMResultWithStructuredOutput.of(chunks)
