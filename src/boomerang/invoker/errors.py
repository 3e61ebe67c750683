"""What can go wrong, as types.

::

    InvokeError                       description and where it happened
    ├─ InvokeConnectionError          not reached: refused, timed out, child process gone
    │   └─ InvokeTimeoutError         a clock ran out; says which                                       (ours)
    ├─ InvokeServerUnavailableError   reached, cannot serve: 5xx, a model that is not there
    │   └─ BackendClosedError         closed on this side, with its connection changed or removed       (ours)
    ├─ InvokeRateLimitError           429; retry_after in seconds when told
    ├─ InvokeAuthorizationError       401, 403
    ├─ InvokeBadRequestError          other 4xx; what was asked for cannot be done
    │   └─ UnsupportedRequestError    this back end has no such invoke type or model                    (ours)
    └─ ProtocolError                  answered, but not in the agreed form                              (ours)
    CredentialsValidateFailedError    trying credentials out failed; Dify's, beside the family
    ConfigError                       settings of a back end are wrong                                  (ours)
    RunStoppedError                   somebody stopped the run; not a failure                           (ours)

The class comes from a status, an exception's type or a plugin's `error_type`, never from words in a message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from boomerang.invoker.messages.message import Message

BODY_LIMIT = 2048
"""Characters of an upstream body that an error keeps."""


class ConnectionFailure(StrEnum):
    """Why a server was not reached, as the system or a proxy reports it."""

    REFUSED = "refused"
    """Nothing listens at the address and port."""
    NO_HOST = "no_host"
    """The name of the host has no address."""
    CERTIFICATE = "certificate"
    """The server's certificate is not trusted."""
    TLS = "tls"
    """The two sides did not agree on a secure connection."""
    PROXY_UNREACHED = "proxy_unreached"
    PROXY_LOGIN = "proxy_login"
    """The proxy asks for a user and a password."""
    PROXY_REFUSED = "proxy_refused"
    UNREACHED = "unreached"
    """Another reason; the error's description has it."""


class InvokeError(Exception):
    """An invocation failed.

    Args:
        description: What happened: a message, or the upstream's own words.
        backend: Kind of the back end, such as `embedded`.
        provider: Provider of the ModelConfig.
        model: Model of the ModelConfig.
        field: The argument or parameter that is at fault, as the caller named it.
        status_code: HTTP status, where there was one.
        body: The upstream's answer; its first `BODY_LIMIT` characters are kept.
        hint: What the caller can do next.
    """

    def __init__(
        self,
        description: str | Message = "",
        *,
        backend: str | None = None,
        provider: str | None = None,
        model: str | None = None,
        field: str | None = None,
        status_code: int | None = None,
        body: str | None = None,
        hint: str | Message | None = None,
    ) -> None:
        super().__init__(str(description))
        self.description = str(description)
        self.message = description if isinstance(description, Message) else None
        """The description as an id with values, where it is one of ours."""
        self.backend = backend
        self.provider = provider
        self.model = model
        self.field = field
        self.status_code = status_code
        self.body = body[:BODY_LIMIT] if body else body
        self.hint = hint
        self.url: str | None = None
        """The address that was called, without its query."""
        self.request_id: str | None = None
        """What the server calls this request in its own log."""

    def masked(self, mask: Callable[[str], str]) -> None:
        """Take out of its words, and of those of its causes, what `mask` knows to be secret."""
        self.description = mask(self.description)
        self.args = (self.description,)
        self.message = self.message and self.message.masked(mask)
        self.hint = self.hint.masked(mask) if isinstance(self.hint, Message) else self.hint and mask(self.hint)
        for name in ("body", "url", "request_id"):
            if text := getattr(self, name):
                setattr(self, name, mask(text))
        cause = self.__cause__ or self.__context__
        while cause is not None and cause is not self:
            cause.args = tuple(mask(argument) if isinstance(argument, str) else argument for argument in cause.args)
            cause = cause.__cause__ or cause.__context__

    def __str__(self) -> str:
        """Return the description, or the class's name where there is none."""
        return self.description or type(self).__name__


class InvokeConnectionError(InvokeError):
    """The back end was not reached, or was lost."""

    answered: bool = False
    """Whether it had begun to answer."""
    failure: ConnectionFailure | None = None
    """Why it was not reached, where the system says it."""


class InvokeTimeoutError(InvokeConnectionError):
    """A clock ran out.

    Args:
        description: What was waited for.
        clock: Whose clock: `page`, `sdk`, `connect`, `first byte`, `between chunks`, `total`.
        seconds: What it was set to.
    """

    def __init__(self, description: str | Message, *, clock: str, seconds: float) -> None:
        super().__init__(description)
        self.clock = clock
        self.seconds = seconds


class InvokeServerUnavailableError(InvokeError):
    """The back end was reached and cannot serve."""

    retry_after: float | None = None
    """Seconds to wait, when the back end told."""


class BackendClosedError(InvokeServerUnavailableError):
    """The back end was closed on this side, before the run or during it."""


class InvokeRateLimitError(InvokeError):
    """The back end asks to slow down."""

    retry_after: float | None = None
    """Seconds to wait, when the back end told."""


class InvokeAuthorizationError(InvokeError):
    """The back end refused the credentials."""


class InvokeBadRequestError(InvokeError):
    """What was asked for cannot be done as it was asked."""


class UnsupportedRequestError(InvokeBadRequestError):
    """This back end has no such invoke type or model."""


class ProtocolError(InvokeError):
    """The back end answered, but not in the agreed form."""


class CredentialsValidateFailedError(Exception):
    """Trying credentials out failed."""


class ConfigError(Exception):
    """The settings of a back end are wrong: which key, and what was expected.

    Args:
        description: What is wrong.
        field: The setting; the error's text begins with it.
    """

    def __init__(self, description: str | Message = "", *, field: str | None = None) -> None:
        super().__init__(f"{field}: {description}" if field else str(description))
        self.field = field
        self.message = description if isinstance(description, Message) else None


class RunStoppedError(Exception):
    """Somebody stopped the run. What had arrived before stays valid."""

    def __init__(self) -> None:
        super().__init__("the run was stopped")


MISSHAPEN = (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError)
"""What reading something of another shape than agreed raises."""


@contextmanager
def located(*, backend: str, provider: str | None, model: str | None) -> Iterator[None]:
    """Fill in where an `InvokeError` happened, where it does not say so itself."""
    try:
        yield
    except InvokeError as error:
        error.backend = error.backend or backend
        error.provider = error.provider or provider
        error.model = error.model or model
        raise
