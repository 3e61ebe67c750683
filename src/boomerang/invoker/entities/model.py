"""What a model is: its type, features, properties, parameter rules and prices; and the config that names one in a call."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field, model_validator

from .entity import Entity, I18nObject
from .parameter import PARAMETER_RULE_TEMPLATE, DefaultParameterName, ParameterRule, ParameterType
from .pricing import NumTokensResult, PriceConfig, PriceInfo, PriceType, price

__all__ = [
    "PARAMETER_RULE_TEMPLATE",
    "AIModelEntity",
    "BaseModelConfig",
    "ConfigurateMethod",
    "DefaultParameterName",
    "EmbeddingInputType",
    "FetchFrom",
    "FormType",
    "I18nObject",
    "ModelFeature",
    "ModelPropertyKey",
    "ModelType",
    "ModelUsage",
    "NumTokensResult",
    "ParameterRule",
    "ParameterType",
    "PriceConfig",
    "PriceInfo",
    "PriceType",
    "ProviderModel",
    "config_fields",
    "price",
]


class ModelType(StrEnum):
    """What a model is (hyphens; `InvokeType` has underscores)."""

    LLM = "llm"
    TEXT_EMBEDDING = "text-embedding"
    RERANK = "rerank"
    SPEECH2TEXT = "speech2text"
    MODERATION = "moderation"
    TTS = "tts"
    TEXT2IMG = "text2img"


class ModelFeature(StrEnum):
    """What a model can do beyond its type."""

    TOOL_CALL = "tool-call"
    MULTI_TOOL_CALL = "multi-tool-call"
    AGENT_THOUGHT = "agent-thought"
    VISION = "vision"
    STREAM_TOOL_CALL = "stream-tool-call"
    DOCUMENT = "document"
    VIDEO = "video"
    AUDIO = "audio"
    STRUCTURED_OUTPUT = "structured-output"
    POLLING = "polling"


class ModelPropertyKey(StrEnum):
    """What may be told of a model; which keys apply depends on its type."""

    MODE = "mode"
    CONTEXT_SIZE = "context_size"
    """Tokens."""
    MAX_CHUNKS = "max_chunks"
    """Texts in one call."""
    FILE_UPLOAD_LIMIT = "file_upload_limit"
    """Megabytes."""
    SUPPORTED_FILE_EXTENSIONS = "supported_file_extensions"
    """Separated by commas, without dots."""
    MAX_CHARACTERS_PER_CHUNK = "max_characters_per_chunk"
    DEFAULT_VOICE = "default_voice"
    VOICES = "voices"
    """A list of `{mode, name, language: [...]}`; `mode` is what a config calls `voice`."""
    WORD_LIMIT = "word_limit"
    AUDIO_TYPE = "audio_type"
    MAX_WORKERS = "max_workers"


class FetchFrom(StrEnum):
    """Where a model was declared."""

    PREDEFINED_MODEL = "predefined-model"
    CUSTOMIZABLE_MODEL = "customizable-model"


class ConfigurateMethod(StrEnum):
    """How models of a provider are set up."""

    PREDEFINED_MODEL = "predefined-model"
    CUSTOMIZABLE_MODEL = "customizable-model"


class FormType(StrEnum):
    """What a field of a credential form looks like."""

    TEXT_INPUT = "text-input"
    SECRET_INPUT = "secret-input"
    SELECT = "select"
    RADIO = "radio"
    SWITCH = "switch"


class EmbeddingInputType(StrEnum):
    """What texts to embed are: what is searched, or what is searched for."""

    DOCUMENT = "document"
    QUERY = "query"


class ProviderModel(Entity):
    """A model as a provider declares it; without a label it is labelled with its name."""

    model: str
    label: I18nObject = Field(default_factory=lambda: I18nObject(en_us=""))
    # The factory is for type checkers only: `_labelled` always puts a label in.
    model_type: ModelType
    features: list[ModelFeature] | None = None
    fetch_from: FetchFrom = FetchFrom.PREDEFINED_MODEL
    model_properties: dict[ModelPropertyKey, Any]
    deprecated: bool = False

    @model_validator(mode="before")
    @classmethod
    def _labelled(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and not data.get("label") and "model" in data:
            return {**data, "label": {"en_US": data["model"]}}
        return data


class AIModelEntity(ProviderModel):
    """A model with its adjustable parameters and prices."""

    parameter_rules: list[ParameterRule] = Field(default_factory=list)
    pricing: PriceConfig | None = None


class ModelUsage(Entity):
    """What an invocation used, and what that cost."""


class BaseModelConfig(Entity):
    """Which model to invoke. Nothing checks that `model_type` fits the call, as in Dify."""

    provider: str
    """In a Dify `organisation/plugin/provider`; a name that the connection knows elsewhere."""
    model: str
    model_type: ModelType


def config_fields(config_type: type[BaseModelConfig], config: object) -> dict[str, Any]:
    """Spread a config into its fields, to be validated as part of a request.

    Raises:
        pydantic.ValidationError: It is neither a config nor a mapping.
    """
    if isinstance(config, BaseModel | Mapping):
        return dict(config)
    return dict(config_type.model_validate(config))
