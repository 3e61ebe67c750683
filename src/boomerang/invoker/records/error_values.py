"""Convert errors to JSON values and back."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any

from boomerang.invoker.errors import (
    BackendClosedError,
    ConfigError,
    CredentialsValidateFailedError,
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeConnectionError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
    InvokeTimeoutError,
    ProtocolError,
    RunStoppedError,
    UnsupportedRequestError,
)
from boomerang.invoker.messages.message import Message

INVOKE_ERRORS: Mapping[str, type[InvokeError]] = {
    kind.__name__: kind
    for kind in (
        InvokeError,
        InvokeConnectionError,
        InvokeTimeoutError,
        InvokeServerUnavailableError,
        BackendClosedError,
        InvokeRateLimitError,
        InvokeAuthorizationError,
        InvokeBadRequestError,
        UnsupportedRequestError,
        ProtocolError,
    )
}
FIELDS = (
    "backend",
    "provider",
    "model",
    "field",
    "status_code",
    "body",
    "url",
    "request_id",
    "trace",
    "retry_after",
    "answered",
    "clock",
    "seconds",
)
"""Attributes of `InvokeError` classes besides their text."""


class UnknownRecordedError(InvokeError):
    """An error read from a record whose type is not one of ours.

    Args:
        description: The error text.
        type_name: The type's name.
        trace: The traceback.
    """

    def __init__(self, description: str, type_name: str, trace: str | None = None) -> None:
        super().__init__(description)
        self.type_name = type_name
        self.trace = trace


def dump_error(error: BaseException) -> dict[str, Any]:
    """Return an error as JSON values: type, text, attributes, and a traceback if the error is not an `InvokeError`."""
    if isinstance(error, UnknownRecordedError):
        dump: dict[str, Any] = {"type": error.type_name, "description": error.description}
        return dump if error.trace is None else dump | {"traceback": error.trace}
    dump = {"type": type(error).__name__, "description": str(error)}
    if isinstance(error, InvokeError):
        return dump | _known(error)
    dump["traceback"] = "".join(traceback.format_exception(error))
    if isinstance(error, ConfigError):
        dump |= {"field": error.field} if error.field else {}
        dump |= {"message": error.message.dump()} if error.message else {}
    return dump


def _known(error: InvokeError) -> dict[str, Any]:
    fields = vars(error)
    known = {name: fields[name] for name in FIELDS if fields.get(name) is not None}
    if error.type_inferred:
        known["type_inferred"] = True
    if error.speakers:
        known["speakers"] = [list(pair) for pair in error.speakers]
    if error.hint:
        known["hint"] = str(error.hint)
    if isinstance(error.hint, Message):
        known["hint_message"] = error.hint.dump()
    if error.message is not None:
        known["message"] = error.message.dump()
    return known


def load_error(values: Mapping[str, Any]) -> BaseException:
    """Rebuild an error; an unknown type becomes an `UnknownRecordedError`."""
    name, text = values["type"], values["description"]
    message = Message.load(values["message"], text) if "message" in values else text
    if name in INVOKE_ERRORS:
        error = INVOKE_ERRORS[name].__new__(INVOKE_ERRORS[name])
        InvokeError.__init__(error, "" if message == name else message, hint=_hint(values))
        for field in FIELDS:
            if field in values:
                setattr(error, field, values[field])
        error.type_inferred = values.get("type_inferred", False)
        error.speakers = tuple((speaker, text) for speaker, text in values.get("speakers", ()))
        return error
    if name == ConfigError.__name__:
        named = values.get("field")
        return ConfigError(message.removeprefix(f"{named}: ") if named and isinstance(message, str) else message, field=named)
    if name == CredentialsValidateFailedError.__name__:
        return CredentialsValidateFailedError(text)
    if name == RunStoppedError.__name__:
        return RunStoppedError()
    return UnknownRecordedError(text, name, values.get("traceback"))


def _hint(values: Mapping[str, Any]) -> str | Message | None:
    hint: str | None = values.get("hint")
    return Message.load(values["hint_message"], hint or "") if "hint_message" in values else hint
