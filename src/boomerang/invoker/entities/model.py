"""What a model is: its type, features, properties, parameter rules and prices; and the config that names one in a call."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field, model_validator

from .entity import Entity, I18nObject
from .parameter import PARAMETER_RULE_TEMPLATE, DefaultParameterName, ParameterRule, ParameterType

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


class PriceType(StrEnum):
    """Which side of an invocation is paid for."""

    INPUT = "input"
    OUTPUT = "output"


class PriceInfo(Entity):
    """What one side of an invocation cost."""

    unit_price: Decimal
    unit: Decimal
    """What one token is in terms of `unit_price`: 0.000001 where the price is for a million tokens."""
    total_amount: Decimal
    """Tokens × unit price × unit."""
    currency: str


class NumTokensResult(PriceInfo):
    """What one side of an invocation cost, and for how many tokens."""

    tokens: int


class PriceConfig(Entity):
    """The prices of a model."""

    input: Decimal
    output: Decimal | None = None
    unit: Decimal
    """What one token is in terms of the prices: 0.000001 where they are for a million tokens."""
    currency: str


def price(pricing: PriceConfig | None, price_type: PriceType, tokens: int) -> PriceInfo:
    """Compute what so many tokens cost, rounded half up to seven decimals.

    A model without prices, or without an output price on the output side, costs 0.0 USD, as in Dify.

    Source: Dify plugin SDK 0.10.2, `interfaces/model/ai_model.py`, `get_price`.
    """
    unit_price = None
    if pricing is not None:
        unit_price = pricing.input if price_type is PriceType.INPUT else pricing.output
    if pricing is None or unit_price is None:
        return PriceInfo(unit_price=_ZERO, unit=_ZERO, total_amount=_ZERO, currency="USD")
    amount = (tokens * unit_price * pricing.unit).quantize(_STEP, rounding=ROUND_HALF_UP)
    return PriceInfo(unit_price=unit_price, unit=pricing.unit, total_amount=amount, currency=pricing.currency)


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


_ZERO = Decimal("0.0")
"""One for all: a recorded stream may have a usage in each of its chunks."""
_STEP = Decimal("0.0000001")
"""Amounts are rounded to seven decimals, as in Dify."""
