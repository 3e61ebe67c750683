"""Dify's own validation of each payload (dify-protocol 4): the same classes, and so the same error texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from boomerang.invoker.request import InvokeType

from .profiles import Profile


class TenantUserPayload(BaseModel):
    """Who calls."""

    tenant_id: str
    user_id: str


class _Role(StrEnum):
    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class _Text(BaseModel):
    type: Literal["text"]
    data: str


class _File(BaseModel):
    type: Literal["audio", "video", "document"]
    format: str
    mime_type: str


class _Image(BaseModel):
    type: Literal["image"]
    format: str
    mime_type: str
    detail: Literal["low", "high"] = "low"


_Content = Annotated[_Text | _File | _Image, Field(discriminator="type")]


class PromptMessage(BaseModel):
    """A message of a role without fields of its own."""

    role: _Role
    content: str | list[_Content] | None = None
    name: str | None = None


class _Function(BaseModel):
    name: str
    arguments: str


class _Call(BaseModel):
    id: Any
    type: str
    function: _Function


class _AssistantPromptMessage(PromptMessage):
    tool_calls: list[_Call] = []


class _ToolPromptMessage(PromptMessage):
    tool_call_id: str


class _Tool(BaseModel):
    name: str
    description: str
    parameters: dict[str, Any]


class _Payload(BaseModel):
    model_config = ConfigDict(protected_namespaces=())

    provider: str
    model: str


class RequestInvokeLLM(_Payload):
    """`/invoke/llm`."""

    mode: str
    completion_params: dict[str, Any] = Field(default_factory=dict)
    prompt_messages: list[Any] = Field(default_factory=list)
    tools: list[_Tool] | None = Field(default_factory=list)
    stop: list[str] | None = Field(default_factory=list)
    stream: bool = False

    @field_validator("prompt_messages", mode="before")
    @classmethod
    def _messages(cls, value: Any) -> list[PromptMessage]:
        if not isinstance(value, list):
            raise ValueError("prompt_messages must be a list")
        kinds = {"assistant": _AssistantPromptMessage, "tool": _ToolPromptMessage}
        return [kinds.get(message["role"], PromptMessage).model_validate(message) for message in value]


class RequestInvokeLLMWithStructuredOutput(RequestInvokeLLM):
    """`/invoke/llm/structured-output`."""

    structured_output_schema: dict[str, Any] = Field(default_factory=dict)


class RequestInvokeTextEmbedding(_Payload):
    """`/invoke/text-embedding`."""

    texts: list[str]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid")

    content: str
    content_type: Literal["text", "image"]
    file_id: str | None = None


class RequestInvokeMultimodalEmbedding(_Payload):
    """`/invoke/multimodal-embedding`."""

    documents: list[_Document] = Field(min_length=1)


class RequestInvokeRerank(_Payload):
    """`/invoke/rerank`."""

    query: str
    docs: list[str]
    score_threshold: float
    top_n: int


class RequestInvokeTTS(_Payload):
    """`/invoke/tts`."""

    content_text: str
    voice: str


class RequestInvokeSpeech2Text(_Payload):
    """`/invoke/speech2text`."""

    file: bytes

    @field_validator("file", mode="before")
    @classmethod
    def _from_hex(cls, value: Any) -> bytes:
        if not isinstance(value, str):
            raise ValueError("file must be a hex string")
        return bytes.fromhex(value)


class RequestInvokeModeration(_Payload):
    """`/invoke/moderation`."""

    text: str


class RequestInvokeSummary(BaseModel):
    """`/invoke/summary`."""

    text: str
    instruction: str


class RequestModelCatalog(BaseModel):
    """`/invoke/model-catalog`."""

    model_config = ConfigDict(protected_namespaces=())

    model_type: Literal["llm", "text-embedding", "rerank"]
    provider: str | None = None
    model: str | None = None
    offset: int = Field(default=0, ge=0)
    limit: int = Field(default=50, ge=1, le=100)


PAYLOADS: Mapping[InvokeType, type[BaseModel]] = {
    InvokeType.LLM: RequestInvokeLLM,
    InvokeType.LLM_STRUCTURED_OUTPUT: RequestInvokeLLMWithStructuredOutput,
    InvokeType.TEXT_EMBEDDING: RequestInvokeTextEmbedding,
    InvokeType.MULTIMODAL_EMBEDDING: RequestInvokeMultimodalEmbedding,
    InvokeType.RERANK: RequestInvokeRerank,
    InvokeType.TTS: RequestInvokeTTS,
    InvokeType.SPEECH2TEXT: RequestInvokeSpeech2Text,
    InvokeType.MODERATION: RequestInvokeModeration,
    InvokeType.SYSTEM_SUMMARY: RequestInvokeSummary,
}


class InvalidPayloadError(ValueError):
    """A payload that Dify refuses with status 400."""


def checked(kind: type[BaseModel], body: Mapping[str, Any], profile: Profile) -> BaseModel:
    """Validate a payload as a version of Dify does.

    Raises:
        InvalidPayloadError: With Dify's text.
    """
    values = dict(body)
    if issubclass(kind, RequestInvokeLLM) and profile.null_streams and values.get("stream", False) is None:
        values["stream"] = True
    if kind is RequestInvokeRerank and profile.newer:
        limits = {"score_threshold": -1e9, "top_n": len(values.get("docs") or ())}
        values |= {name: limit for name, limit in limits.items() if values.get(name) is None}
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise InvalidPayloadError(f"invalid payload: {error_text(error, profile)}") from error
    except (KeyError, TypeError) as error:
        raise InvalidPayloadError(f"invalid payload: {error}") from error


def error_text(error: ValidationError, profile: Profile) -> str:
    """Return pydantic's text with the addresses of the version that Dify uses."""
    return re.sub(r"(?<=errors\.pydantic\.dev/)[\d.]+(?=/)", profile.pydantic, str(error))
