"""Read Dify's envelope, `{"data": …, "error": ""}`, into the chunk of a call.

The usual envelope is validated straight from its bytes. One that does not fit is read field by field, as real servers leave out
or null what the entities require.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from boomerang.invoker.entities.entity import Entity
from boomerang.invoker.entities.llm.chunk import LLMUsage
from boomerang.invoker.errors import ProtocolError
from boomerang.invoker.http.body.tolerant_json import read_json
from boomerang.invoker.http.errors import not_json
from boomerang.invoker.invocations.request_types import CHUNK_TYPES
from boomerang.invoker.messages.message import Message
from boomerang.invoker.request import InvokeType

from .errors import reported

DataT = TypeVar("DataT")
LONGEST_QUOTED = 500
MOST_PLACES = 5
_EMPTY_USAGE: Mapping[str, Any] = LLMUsage.empty_usage().model_dump(mode="json")
_CALL = ("id", "type")


class Envelope(BaseModel, Generic[DataT]):
    """The object in every answer and frame."""

    data: DataT | None = None
    error: str | None = None


@cache
def _envelope(invoke_type: InvokeType) -> type[Envelope[Any]]:
    chunk_type: Any = CHUNK_TYPES[invoke_type]
    return Envelope[chunk_type]


class EnvelopeReader:
    """Reads the envelopes of one answer.

    Args:
        invoke_type: The call.
        model: The model of the call, for a chunk that names none.
        status: The HTTP status.
        notice: Reports deviations, each once.
    """

    def __init__(self, invoke_type: InvokeType, model: str, status: int, notice: Callable[..., None]) -> None:
        self._type = _envelope(invoke_type)
        self._is_llm = invoke_type in (InvokeType.LLM, InvokeType.LLM_STRUCTURED_OUTPUT)
        self._model = model
        self._status = status
        self._notice = notice
        self._count = 0
        self._filled: set[str] = set()

    def read(self, data: bytes) -> Entity:
        """Return the chunk in an envelope.

        Args:
            data: The envelope's JSON.

        Raises:
            InvokeError: It reports an error.
            ProtocolError: It is no envelope, or has neither chunk nor error.
        """
        try:
            envelope = self._type.model_validate_json(data)
        except ValidationError:
            envelope = self._repaired(data)
        if envelope.error:
            raise reported(envelope.error, self._status)
        if envelope.data is None:
            raise ProtocolError(Message("dify.no_data"), status_code=self._status, body=_quoted(data))
        self._count += 1
        chunk: Entity = envelope.data
        return chunk

    def _repaired(self, data: bytes) -> Envelope[Any]:
        try:
            value, _ = read_json(data)
        except ValueError:
            raise not_json(self._status, _quoted(data)) from None  # its cause contains the whole text
        if not isinstance(value, dict) or not ("data" in value or "error" in value):
            raise ProtocolError(Message("dify.no_data"), status_code=self._status, body=_quoted(data))
        error = value.get("error")
        if error:
            return Envelope(error=error if isinstance(error, str) else str(error)[:LONGEST_QUOTED])
        if self._is_llm and isinstance(value.get("data"), dict):
            self._fill(value["data"])
        try:
            return self._type.model_validate(value)
        except ValidationError as fault:
            places = [".".join(map(str, item["loc"])) for item in fault.errors(include_input=False, include_url=False)]
            message = Message("dify.misfit", places=", ".join(places[:MOST_PLACES]))
            raise ProtocolError(message, status_code=self._status, body=_quoted(data)) from None

    def _fill(self, chunk: dict[str, Any]) -> None:
        """Add the fields of a chunk that an entity requires and a server left out."""
        filled: list[str] = []
        _default(chunk, "model", self._model, filled)
        delta = chunk.get("delta")
        if not isinstance(delta, dict):
            return
        _default(delta, "index", self._count, filled)
        _default(delta, "message", {}, filled)
        message, usage = delta["message"], delta.get("usage")
        if isinstance(message, dict):
            _default(message, "role", "assistant", filled)
            if "tool_calls" in message and message["tool_calls"] is None:
                message["tool_calls"] = []
            for call in message["tool_calls"] if isinstance(message.get("tool_calls"), list) else ():
                _fill_call(call, filled)
        if isinstance(usage, dict):
            for name, empty in _EMPTY_USAGE.items():
                _default(usage, name, empty, filled)
        new = [name for name in filled if name not in self._filled]
        if new:
            self._filled.update(new)
            self._notice("dify.filled", places=", ".join(new))


def _fill_call(call: Any, filled: list[str]) -> None:
    if not isinstance(call, dict):
        return
    for name in _CALL:
        _default(call, name, "", filled)
    _default(call, "function", {}, filled)
    if isinstance(call["function"], dict):
        _default(call["function"], "name", "", filled)
        _default(call["function"], "arguments", "", filled)


def _default(value: dict[str, Any], name: str, default: Any, filled: list[str]) -> None:
    if value.get(name) is None:
        value[name] = default
        filled.append(name)


def _quoted(data: bytes) -> str:
    return data[:LONGEST_QUOTED].decode("utf-8", "replace")
