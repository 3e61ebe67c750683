"""`Request`, the argument of `Backend.invoke`, generic in the type of its chunks.

Source: the reverse invocation of Dify's plugin SDK 0.10.2; the `InvokeType` values and the flat payloads are its wire format.
"""

from __future__ import annotations

from collections.abc import Generator
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

from pydantic import BaseModel

ChunkT = TypeVar("ChunkT")
ChunkT_co = TypeVar("ChunkT_co", covariant=True)

Chunks: TypeAlias = Generator[ChunkT, None, None]
"""A lazy stream; closing it stops the work upstream."""


class InvokeType(StrEnum):
    """The type of an invocation, as on the wire (underscores; `ModelType` has hyphens)."""

    LLM = "llm"
    LLM_STRUCTURED_OUTPUT = "llm_structured_output"
    SYSTEM_SUMMARY = "system_summary"
    TEXT_EMBEDDING = "text_embedding"
    MULTIMODAL_EMBEDDING = "multimodal_embedding"
    RERANK = "rerank"
    MULTIMODAL_RERANK = "multimodal_rerank"
    TTS = "tts"
    SPEECH2TEXT = "speech2text"
    MODERATION = "moderation"


class Request(BaseModel, Generic[ChunkT_co]):
    """An invocation as data: the ModelConfig's fields first, then the call's own arguments."""

    invoke_type: ClassVar[InvokeType]

    def payload(self) -> dict[str, Any]:
        """Return the `request` object in the format of Dify's SDK: same keys, same order, JSON values."""
        return self.model_dump(mode="json")
