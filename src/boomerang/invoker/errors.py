"""Exception types of the library.

::

    InvokeError                       the description and where it happened
    ├─ InvokeConnectionError          not reached: refused, timed out, child process gone
    │   └─ InvokeTimeoutError         timed out; says which clock                                     (ours)
    ├─ InvokeServerUnavailableError   reached, cannot serve: 5xx, a missing model
    │   └─ BackendClosedError         closed on our side: its connection changed or was removed       (ours)
    ├─ InvokeRateLimitError           429; retry_after in seconds if reported
    ├─ InvokeAuthorizationError       401, 403
    ├─ InvokeBadRequestError          other 4xx; the request cannot be fulfilled
    │   └─ UnsupportedRequestError    this back end has no such invoke type or model                  (ours)
    └─ ProtocolError                  answered, but not in the agreed format                          (ours)
    CredentialsValidateFailedError    checking credentials failed; Dify's, outside the hierarchy
    ConfigError                       invalid settings of a back end                                  (ours)
    RunStoppedError                   the run was stopped; not a failure                              (ours)

The class is chosen by status, exception type or a plugin's `error_type`, never by parsing a message. Only a real Dify leaves no
other way: see `type_inferred`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from boomerang.invoker.messages.message import Message

BODY_LIMIT = 2048
"""Maximum characters of an upstream body that an error keeps."""


class ConnectionFailure(StrEnum):
    """Why a server could not be reached, as the system or a proxy reports it."""

    REFUSED = "refused"
    """Nothing is listening at the address and port."""
    NO_HOST = "no_host"
    """The host name does not resolve."""
    CERTIFICATE = "certificate"
    """The server's certificate is not trusted."""
    TLS = "tls"
    """The TLS handshake failed."""
    PROXY_UNREACHED = "proxy_unreached"
    PROXY_LOGIN = "proxy_login"
    """The proxy requires a user and password."""
    PROXY_REFUSED = "proxy_refused"
    UNREACHED = "unreached"
    """Another reason; see the error's description."""


class InvokeError(Exception):
    """An invocation failed.

    Args:
        description: What happened: a message, or the upstream's own text.
        backend: Kind of the back end, such as `embedded`.
        provider: Provider of the ModelConfig.
        model: Model of the ModelConfig.
        field: The offending argument or parameter, as the caller named it.
        status_code: HTTP status, if any.
        body: The upstream's response body; the first `BODY_LIMIT` characters are kept.
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
        """The description as an id with values, if it is one of ours."""
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
        """The server's own id for this request, for its log."""
        self.speakers: tuple[tuple[str, str], ...] = ()
        """Who said what, the outermost first, such as `("dify", …), ("plugin", …), ("provider", …)`; empty if only one did."""
        self.type_inferred = False
        """Whether this class was chosen by the text of a server that reports no error types."""
        self.trace: str | None = None
        """The upstream's own traceback, if it sent one; for developers, so not part of any other text."""

    def locate(self, backend: str, provider: str | None, model: str | None) -> None:
        """Fill in where the error happened, unless it already says so."""
        self.backend = self.backend or backend
        self.provider = self.provider or provider
        self.model = self.model or model

    def masked(self, mask: Callable[[str], str]) -> None:
        """Mask secrets in this error's texts and in those of its causes."""
        self.description = mask(self.description)
        self.args = (self.description,)
        self.message = self.message and self.message.masked(mask)
        self.hint = self.hint.masked(mask) if isinstance(self.hint, Message) else self.hint and mask(self.hint)
        self.speakers = tuple((speaker, mask(text)) for speaker, text in self.speakers)
        for name in ("body", "url", "request_id", "trace"):
            if text := getattr(self, name):
                setattr(self, name, mask(text))
        cause = self.__cause__ or self.__context__
        while cause is not None and cause is not self:
            cause.args = tuple(mask(argument) if isinstance(argument, str) else argument for argument in cause.args)
            cause = cause.__cause__ or cause.__context__

    def __str__(self) -> str:
        """Return the description, or the class name if it is empty."""
        return self.description or type(self).__name__


class InvokeConnectionError(InvokeError):
    """The back end was unreachable, or the connection was lost."""

    answered: bool = False
    """Whether the response had begun."""
    failure: ConnectionFailure | None = None
    """Why it was not reached, if the system reports it."""


class InvokeTimeoutError(InvokeConnectionError):
    """A timeout expired.

    Args:
        description: What was waited for.
        clock: Which timeout: `page`, `sdk`, `connect`, `first byte`, `between chunks`, `total`.
        seconds: Its limit.
    """

    def __init__(self, description: str | Message, *, clock: str, seconds: float) -> None:
        super().__init__(description)
        self.clock = clock
        self.seconds = seconds


class InvokeServerUnavailableError(InvokeError):
    """The back end was reached but cannot serve."""

    retry_after: float | None = None
    """Seconds to wait, if the back end reported it."""


class BackendClosedError(InvokeServerUnavailableError):
    """The back end was closed on our side, before or during the run."""


class InvokeRateLimitError(InvokeError):
    """The back end's rate limit was exceeded."""

    retry_after: float | None = None
    """Seconds to wait, if the back end reported it."""


class InvokeAuthorizationError(InvokeError):
    """The back end refused the credentials."""


class InvokeBadRequestError(InvokeError):
    """The request cannot be fulfilled as made."""


class UnsupportedRequestError(InvokeBadRequestError):
    """This back end has no such invoke type or model."""


class ProtocolError(InvokeError):
    """The back end answered, but not in the agreed format."""


class CredentialsValidateFailedError(Exception):
    """Checking credentials failed."""


class ConfigError(Exception):
    """Invalid settings of a back end: names the setting and what was expected.

    Args:
        description: What is wrong.
        field: The setting; prefixes the error's text.
    """

    def __init__(self, description: str | Message = "", *, field: str | None = None) -> None:
        super().__init__(f"{field}: {description}" if field else str(description))
        self.field = field
        self.message = description if isinstance(description, Message) else None


class RunStoppedError(Exception):
    """The run was stopped. What arrived before remains valid."""

    def __init__(self) -> None:
        super().__init__("the run was stopped")


MISSHAPEN = (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError)
"""Exceptions raised when reading data of an unexpected shape."""


@contextmanager
def located(*, backend: str, provider: str | None, model: str | None) -> Iterator[None]:
    """Fill in where an `InvokeError` happened, unless it already says so."""
    try:
        yield
    except InvokeError as error:
        error.locate(backend, provider, model)
        raise
