"""Speech to text."""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import Field, field_serializer, field_validator

from boomerang.invoker.request import InvokeType, Request

from .entity import Entity
from .model import BaseModelConfig, ModelType, config_fields


class Speech2TextModelConfig(BaseModelConfig):
    """Which speech-to-text model to invoke."""

    model_type: ModelType = ModelType.SPEECH2TEXT


class Speech2TextResult(Entity):
    """The transcript."""

    result: str


class RequestInvokeSpeech2Text(Speech2TextModelConfig, Request[Speech2TextResult]):
    """A request to transcribe speech."""

    invoke_type: ClassVar[InvokeType] = InvokeType.SPEECH2TEXT

    file: bytes = Field(repr=False)
    """The audio file: kept as the given object; hex only on the wire."""

    @field_validator("file", mode="before")
    @classmethod
    def _from_hex(cls, value: Any) -> Any:
        return binascii.unhexlify(value) if isinstance(value, str) else value

    @field_serializer("file", when_used="json")
    def _to_hex(self, value: bytes) -> str:
        return value.hex()

    @classmethod
    def of(cls, model_config: Speech2TextModelConfig | Mapping[str, Any], file: bytes) -> Self:
        """Build the request from a config and the call's arguments.

        Raises:
            pydantic.ValidationError: An argument is invalid; names the field.
        """
        return cls.model_validate(config_fields(Speech2TextModelConfig, model_config) | {"file": file})
