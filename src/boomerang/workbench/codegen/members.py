"""What generated code depends on in each member of `session.model`: classes, permission, and the tool that makes the call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ENTITIES = "dify_plugin.entities.model"


@dataclass(frozen=True, slots=True)
class Member:
    """One member of `session.model`."""

    permission: str
    """Key under the manifest's `resource.permission.model`."""
    tool: str
    """Class name of the generated tool."""
    about: str
    """What the tool does, as a sentence."""
    scope: str = ""
    """Model type in the scope of a model-selector parameter; empty if the call has no ModelConfig."""
    config: tuple[str, str] | None = None
    """Module under `dify_plugin.entities.model`, and class, of its ModelConfig."""
    settings: tuple[str, ...] = ()
    """Fields of the ModelConfig besides provider, model and type."""


_LLM = ("llm", "LLMModelConfig")
_LLM_SETTINGS = ("mode", "completion_params")
MEMBERS: Mapping[str, Member] = {
    "llm": Member("llm", "AskModel", "Ask a language model.", "llm", _LLM, _LLM_SETTINGS),
    "llm_structured_output": Member(
        "llm", "ExtractData", "Get data in a fixed shape from a language model.", "llm", _LLM, _LLM_SETTINGS
    ),
    "summary": Member("llm", "Summarize", "Summarize a text with the workspace's default model."),
    "text_embedding": Member(
        "text_embedding",
        "EmbedTexts",
        "Turn texts into vectors.",
        "text-embedding",
        ("text_embedding", "TextEmbeddingModelConfig"),
    ),
    "rerank": Member(
        "rerank",
        "RankDocuments",
        "Rank documents by relevance to a query.",
        "rerank",
        ("rerank", "RerankModelConfig"),
        ("score_threshold", "top_n"),
    ),
    "tts": Member("tts", "Speak", "Turn a text into speech.", "tts", ("tts", "TTSModelConfig"), ("voice",)),
    "speech2text": Member(
        "speech2text", "Transcribe", "Transcribe a recording.", "speech2text", ("speech2text", "Speech2TextModelConfig")
    ),
    "moderation": Member(
        "moderation", "Moderate", "Flag sensitive text.", "moderation", ("moderation", "ModerationModelConfig")
    ),
}
"""Attribute of `session.model` → what its code needs."""
