"""Moderation: flagging sensitive text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from boomerang.invoker.request import InvokeType, Request

from .entity import Entity
from .model import BaseModelConfig, ModelType, config_fields


class ModerationModelConfig(BaseModelConfig):
    """Which moderation model to invoke."""

    model_type: ModelType = ModelType.MODERATION


class ModerationResult(Entity):
    """Whether the text is flagged."""

    result: bool


class RequestInvokeModeration(ModerationModelConfig, Request[ModerationResult]):
    """A request to moderate a text."""

    invoke_type: ClassVar[InvokeType] = InvokeType.MODERATION

    text: str

    @classmethod
    def of(cls, model_config: ModerationModelConfig | Mapping[str, Any], text: str) -> Self:
        """Build the request from a config and the call's arguments.

        Raises:
            pydantic.ValidationError: An argument is invalid; names the field.
        """
        return cls.model_validate(config_fields(ModerationModelConfig, model_config) | {"text": text})
