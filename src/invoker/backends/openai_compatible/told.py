"""What a server's list tells of a model beside its name; OpenAI's own tells nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...entities.model import ModelType

_TOLD = {
    "llm": ModelType.LLM,
    "vlm": ModelType.LLM,
    "chat": ModelType.LLM,
    "language": ModelType.LLM,
    "completion": ModelType.LLM,
    "code": ModelType.LLM,
    "embedding": ModelType.TEXT_EMBEDDING,
    "embeddings": ModelType.TEXT_EMBEDDING,
    "rerank": ModelType.RERANK,
    "reranker": ModelType.RERANK,
    "moderation": ModelType.MODERATION,
    "text-to-speech": ModelType.TTS,
    "tts": ModelType.TTS,
    "transcribe": ModelType.SPEECH2TEXT,
    "speech-to-text": ModelType.SPEECH2TEXT,
    "image": ModelType.TEXT2IMG,
    "video": ModelType.TEXT2IMG,
}
"""What servers call a model's type in their lists: Xinference (`model_type`), LM Studio and Together (`type`), llama.cpp
(`capabilities`, which Ollama's has too)."""

_CONTEXT = ("loaded_context_length", "max_model_len", "context_length", "context_window", "max_context_length")
"""What servers call the tokens that a model reads and writes together, the truest first: LM Studio (of a model in memory),
vLLM, OpenRouter and Together, Groq, LM Studio and Mistral."""
_MOST_COUNTED = 10**9
"""Of tokens or texts; a larger number is no limit."""


def model_type_of(item: Mapping[str, Any]) -> ModelType | None:
    """Give the type that a server tells beside a name, as some do; `None` if it does not, or in words that nobody knows."""
    capabilities = item.get("capabilities")
    words = [item.get("model_type"), item.get("type"), *(capabilities if isinstance(capabilities, list) else ())]
    return next((_TOLD[word.lower()] for word in words if isinstance(word, str) and word.lower() in _TOLD), None)


def context(item: Mapping[str, Any]) -> int | None:
    """Give the tokens that a server tells of a model; llama.cpp's `meta.n_ctx` is what each request has of them."""
    return next((size for size in map(count, (_meta(item).get("n_ctx"), *map(item.get, _CONTEXT))) if size), None)


def trained_context(item: Mapping[str, Any]) -> int | None:
    """Give what an older llama.cpp tells of its only model: what that was trained to read, which it may not get to read."""
    return None if context(item) else count(_meta(item).get("n_ctx_train"))


def _meta(item: Mapping[str, Any]) -> Mapping[str, Any]:
    meta = item.get("meta")
    return meta if isinstance(meta, dict) else {}


def count(value: Any) -> int | None:
    """Give what a server tells as a number of tokens or texts; `None` if it is none."""
    return value if type(value) is int and 0 < value <= _MOST_COUNTED else None
