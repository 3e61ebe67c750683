"""A model's type, features, properties, parameter rules and prices; and the config that names a model in a call."""

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
    """A model's type (hyphens; `InvokeType` has underscores)."""

    LLM = "llm"
    TEXT_EMBEDDING = "text-embedding"
    RERANK = "rerank"
    SPEECH2TEXT = "speech2text"
    MODERATION = "moderation"
    TTS = "tts"
    TEXT2IMG = "text2img"


class ModelFeature(StrEnum):
    """A capability of a model beyond its type."""

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
    """A property of a model; which ones apply depends on its type."""

    MODE = "mode"
    CONTEXT_SIZE = "context_size"
    """Tokens."""
    MAX_CHUNKS = "max_chunks"
    """Maximum texts per call."""
    FILE_UPLOAD_LIMIT = "file_upload_limit"
    """Megabytes."""
    SUPPORTED_FILE_EXTENSIONS = "supported_file_extensions"
    """Comma-separated, without dots."""
    MAX_CHARACTERS_PER_CHUNK = "max_characters_per_chunk"
    DEFAULT_VOICE = "default_voice"
    VOICES = "voices"
    """A list of `{mode, name, language: [...]}`; `mode` is called `voice` in a config."""
    WORD_LIMIT = "word_limit"
    AUDIO_TYPE = "audio_type"
    MAX_WORKERS = "max_workers"


class FetchFrom(StrEnum):
    """Where a model was declared."""

    PREDEFINED_MODEL = "predefined-model"
    CUSTOMIZABLE_MODEL = "customizable-model"


class ConfigurateMethod(StrEnum):
    """How a provider's models are configured."""

    PREDEFINED_MODEL = "predefined-model"
    CUSTOMIZABLE_MODEL = "customizable-model"


class FormType(StrEnum):
    """The widget of a credential form's field."""

    TEXT_INPUT = "text-input"
    SECRET_INPUT = "secret-input"
    SELECT = "select"
    RADIO = "radio"
    SWITCH = "switch"


class EmbeddingInputType(StrEnum):
    """Whether a text is a document or a query."""

    DOCUMENT = "document"
    QUERY = "query"


class PriceType(StrEnum):
    """The side of an invocation that a price is for."""

    INPUT = "input"
    OUTPUT = "output"


class PriceInfo(Entity):
    """Cost of one side of an invocation."""

    unit_price: Decimal
    unit: Decimal
    """The value of one token in terms of `unit_price`: 0.000001 if the price is per million tokens."""
    total_amount: Decimal
    """Tokens × unit price × unit."""
    currency: str


class NumTokensResult(PriceInfo):
    """Cost of one side of an invocation, and its number of tokens."""

    tokens: int


class PriceConfig(Entity):
    """A model's prices."""

    input: Decimal
    output: Decimal | None = None
    unit: Decimal
    """The value of one token in terms of the prices: 0.000001 if they are per million tokens."""
    currency: str


def price(pricing: PriceConfig | None, price_type: PriceType, tokens: int) -> PriceInfo:
    """Compute the cost of `tokens`, rounded half up to seven decimals.

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
    """A model as declared by a provider; its label defaults to its name."""

    model: str
    label: I18nObject = Field(default_factory=lambda: I18nObject(en_us=""))
    # For type checkers only: `_labelled` always sets a label.
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
    """A model with its parameters and prices."""

    parameter_rules: list[ParameterRule] = Field(default_factory=list)
    pricing: PriceConfig | None = None


class ModelUsage(Entity):
    """The resources that an invocation used, and their cost."""


class BaseModelConfig(Entity):
    """Which model to invoke. As in Dify, nothing checks that `model_type` fits the call."""

    provider: str
    """In Dify `organisation/plugin/provider`; elsewhere a name that the connection knows."""
    model: str
    model_type: ModelType


def config_fields(config_type: type[BaseModelConfig], config: object) -> dict[str, Any]:
    """Return a config's fields, to be validated as part of a request.

    Raises:
        pydantic.ValidationError: It is neither a config nor a mapping.
    """
    if isinstance(config, BaseModel | Mapping):
        return dict(config)
    return dict(config_type.model_validate(config))


_ZERO = Decimal("0.0")
"""Shared, as each chunk of a recorded stream may have a usage."""
_STEP = Decimal("0.0000001")
"""Amounts are rounded to seven decimals, as in Dify."""
