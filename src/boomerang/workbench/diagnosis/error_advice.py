"""Map an error to a plain title, the side at fault, and a next step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.errors import (
    BackendClosedError,
    ConfigError,
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeConnectionError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
    InvokeTimeoutError,
    ProtocolError,
    UnsupportedRequestError,
)
from boomerang.invoker.messages.message import Message
from boomerang.workbench.i18n.translate import N_

from .connection_failures import no_such_model, unreached


@dataclass(frozen=True, slots=True)
class Advice:
    """Text that the error panel shows in addition to the error's message; in English, translated later."""

    title: str
    side: str
    """The side at fault: Input, Connection, Server, Plugin or Playground."""
    next_step: str | Message
    known: bool = False
    """Whether the cause is certain, so that no other cause needs guessing."""


_UNREACHED = N_("Could not reach the back end")
_BY_CLASS: list[tuple[type[BaseException], Advice]] = [  # the first matching class applies, so narrow classes come first
    (
        UnsupportedRequestError,
        Advice(
            N_("Not supported by this back end"),
            "Input",
            N_("Choose another model or connection for this type of call."),
        ),
    ),
    (
        InvokeBadRequestError,
        Advice(
            N_("Invalid request"),
            "Input",
            N_("Fix the field named above and run again. Your input is kept."),
        ),
    ),
    (
        InvokeTimeoutError,
        Advice(N_("Timed out"), "Connection", N_("Increase the timeout under Limits or shorten the input.")),
    ),
    (
        InvokeConnectionError,
        Advice(_UNREACHED, "Connection", N_("Check that it is running and that its address is right.")),
    ),
    (
        InvokeAuthorizationError,
        Advice(
            N_("API key rejected"),
            "Connection",
            N_("Check that the connection's key is correct and allowed to use this model."),
        ),
    ),
    (
        InvokeRateLimitError,
        Advice(N_("Rate limited by the back end"), "Server", N_("Wait a moment and run again.")),
    ),
    (
        BackendClosedError,
        Advice(
            N_("The connection was closed"),
            "Connection",
            N_("It was changed or removed, perhaps in another tab. Check the selected connection and run again."),
        ),
    ),
    (
        InvokeServerUnavailableError,
        Advice(N_("The model is not available"), "Server", N_("Fix the cause above and run again.")),
    ),
    (
        ProtocolError,
        Advice(N_("Unexpected response format"), "Server", N_("Partial output kept. See Received and Chunks.")),
    ),
    (InvokeError, Advice(N_("The invocation failed"), "Server", N_("See the back end's message above."))),
    (ConfigError, Advice(N_("Invalid connection settings"), "Connection", N_("Fix the setting named above."))),
]
_NOT_KNOWN = Advice(
    N_("The server does not know this address or this model"),
    "Connection",
    N_("Test the connection to find the right address, or choose one of the server's models."),
)
_OTHER_PATH = Advice(
    N_("The URL path is wrong, or the server does not support this call"),
    "Connection",
    N_("Test the connection to find the right address, or choose another connection for this type of call."),
)
_WEB_PAGE = Advice(
    N_("The address points to a web page, not an API"),
    "Connection",
    N_("Test the connection to find the right address. Often a path such as /v1 is missing, or a proxy answers instead."),
    known=True,
)
_NO_MODEL = N_("The server does not have this model")
_REFUSED = Advice(N_("The server rejected the request"), "Input", N_("Compare the server's message with the request."))
_NOT_CONTACTED = Advice(N_("The address of the connection cannot be called"), "Connection", N_("Fix the connection's address."))
_BROKEN_OFF = Advice(
    N_("The response was cut off"),
    "Server",
    N_("Partial output kept. Check the server's log and run again."),
)
_OURS = Advice(
    N_("Internal error in the playground"),
    "Playground",
    N_("This is a bug in Boomerang. Please report it with the details below."),
)


def advice(error: BaseException, listed: Sequence[ListedModel] = ()) -> Advice:
    """Return the advice for an error; anything outside the `InvokeError` family is a bug of ours.

    Args:
        error: The error.
        listed: The server's models, if known.
    """
    advised = (
        _of_model(error, listed)
        or _closer(error)
        or next((default for kind, default in _BY_CLASS if isinstance(error, kind)), _OURS)
    )
    hint = getattr(error, "hint", None)
    return replace(advised, next_step=hint) if hint else advised


def _of_model(error: BaseException, listed: Sequence[ListedModel]) -> Advice | None:
    """Return the advice for a model that is missing from the server's list."""
    name = getattr(error, "model", None)
    if not isinstance(error, InvokeBadRequestError) or error.status_code != 404 or not name or not listed:
        return None
    if any(model.model == name for model in listed):
        return None
    return Advice(_NO_MODEL, "Input", no_such_model(name, [model.model for model in listed]), known=True)


def _closer(error: BaseException) -> Advice | None:
    """Return the advice where more than the error's class is known."""
    if isinstance(error, InvokeConnectionError) and error.answered:
        return _BROKEN_OFF
    if isinstance(error, InvokeConnectionError) and error.url and (cause := unreached(error, error.url)):
        return Advice(_UNREACHED, "Connection", cause, known=True)
    if isinstance(error, InvokeBadRequestError | ProtocolError) and (error.body or "").lstrip().startswith("<"):
        return _WEB_PAGE
    if not isinstance(error, InvokeBadRequestError):
        return None
    if error.field == "base_url":
        return _NOT_CONTACTED
    if error.field is not None or error.status_code is None:
        return None
    return {404: _NOT_KNOWN, 405: _OTHER_PATH}.get(error.status_code, _REFUSED)
