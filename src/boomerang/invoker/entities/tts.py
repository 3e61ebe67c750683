"""Text to speech."""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from boomerang.invoker.errors import ProtocolError
from boomerang.invoker.messages.message import Message
from boomerang.invoker.request import InvokeType, Request

from .entity import Entity
from .model import BaseModelConfig, ModelType, config_fields


class TTSModelConfig(BaseModelConfig):
    """Which TTS model to invoke, and with which voice."""

    model_type: ModelType = ModelType.TTS
    voice: str
    """The `mode` of one of the model's voices."""


class TTSResult(Entity):
    """A piece of audio."""

    result: str
    """The bytes in lower-case hex, as on the wire."""
    mime_type: str | None = None

    @classmethod
    def of(cls, audio: bytes, mime_type: str | None = None) -> Self:
        """Build the chunk from bytes."""
        return cls(result=audio.hex(), mime_type=mime_type)

    @property
    def audio(self) -> bytes:
        """The audio bytes.

        Raises:
            ProtocolError: `result` is not valid hex.
        """
        try:
            return binascii.unhexlify(self.result)
        except ValueError as error:
            raise ProtocolError(Message("runs.not_hex", fault=str(error)), body=self.result) from error


class RequestInvokeTTS(TTSModelConfig, Request[TTSResult]):
    """A request to synthesize speech."""

    invoke_type: ClassVar[InvokeType] = InvokeType.TTS

    content_text: str

    @classmethod
    def of(cls, model_config: TTSModelConfig | Mapping[str, Any], content_text: str) -> Self:
        """Build the request from a config and the call's arguments.

        Raises:
            pydantic.ValidationError: An argument is invalid; names the field.
        """
        return cls.model_validate(config_fields(TTSModelConfig, model_config) | {"content_text": content_text})
