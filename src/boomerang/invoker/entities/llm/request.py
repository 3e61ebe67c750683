"""Requests to large language models. Their answers are in `chunk` and `result`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, ClassVar, Self

from pydantic import Field

from boomerang.invoker.entities.message import PromptMessage, PromptMessages, PromptMessageTool, Tools
from boomerang.invoker.entities.model import BaseModelConfig, ModelType, config_fields
from boomerang.invoker.request import InvokeType, Request

from .chunk import LLMResultChunk, LLMResultChunkWithStructuredOutput


class LLMMode(StrEnum):
    """Whether a model continues a text or answers a conversation."""

    COMPLETION = "completion"
    CHAT = "chat"


class LLMModelConfig(BaseModelConfig):
    """Which LLM to invoke, and with which parameters."""

    model_type: ModelType = ModelType.LLM
    mode: str
    """`chat` or `completion`; Dify does not check it."""
    completion_params: dict[str, Any] = Field(default_factory=dict)
    """Values by parameter name."""


class RequestInvokeLLM(LLMModelConfig, Request[LLMResultChunk]):
    """A request to an LLM."""

    invoke_type: ClassVar[InvokeType] = InvokeType.LLM

    prompt_messages: PromptMessages
    tools: Tools = None
    stop: list[str] | None = None
    """Sequences at which generation stops."""
    stream: bool = True

    @classmethod
    def of(
        cls,
        model_config: LLMModelConfig | Mapping[str, Any],
        prompt_messages: Sequence[PromptMessage | Mapping[str, Any]],
        tools: Sequence[PromptMessageTool | Mapping[str, Any]] | None = None,
        stop: Sequence[str] | None = None,
        stream: bool = True,
    ) -> Self:
        """Build the request from a config and the call's arguments.

        Raises:
            pydantic.ValidationError: An argument is invalid; names the field.
        """
        arguments = {"prompt_messages": prompt_messages, "tools": tools, "stop": stop, "stream": stream}
        return cls.model_validate(config_fields(LLMModelConfig, model_config) | arguments)


class RequestInvokeLLMWithStructuredOutput(LLMModelConfig, Request[LLMResultChunkWithStructuredOutput]):
    """A request to an LLM for an object that matches a JSON schema."""

    invoke_type: ClassVar[InvokeType] = InvokeType.LLM_STRUCTURED_OUTPUT

    prompt_messages: PromptMessages
    structured_output_schema: dict[str, Any]
    tools: Tools = None
    stop: list[str] | None = None
    """Sequences at which generation stops."""
    stream: bool = True

    @classmethod
    def of(
        cls,
        model_config: LLMModelConfig | Mapping[str, Any],
        prompt_messages: Sequence[PromptMessage | Mapping[str, Any]],
        structured_output_schema: Mapping[str, Any],
        tools: Sequence[PromptMessageTool | Mapping[str, Any]] | None = None,
        stop: Sequence[str] | None = None,
        stream: bool = True,
    ) -> Self:
        """Build the request from a config and the call's arguments.

        Raises:
            pydantic.ValidationError: An argument is invalid; names the field.
        """
        arguments = {
            "prompt_messages": prompt_messages,
            "structured_output_schema": structured_output_schema,
            "tools": tools,
            "stop": stop,
            "stream": stream,
        }
        return cls.model_validate(config_fields(LLMModelConfig, model_config) | arguments)
