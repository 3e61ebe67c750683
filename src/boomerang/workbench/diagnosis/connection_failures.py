"""Explain why a connection or a model fails, with a next step. Based on types and facts, not on the words of messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from boomerang.invoker.errors import (
    ConfigError,
    ConnectionFailure,
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeConnectionError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
    InvokeTimeoutError,
    ProtocolError,
)
from boomerang.invoker.messages.message import Message

from .error_text import error_message

_ENDPOINTS = ("/chat/completions", "/completions", "/embeddings", "/models", "/rerank", "/audio/speech", "/moderations")
_USUAL = ("/v1", "/api/v1", "/openai/v1", "/v2", "")
MOST_LISTED = 6


@dataclass(frozen=True, slots=True)
class Tried:
    """The known facts about a failed attempt."""

    error: Exception
    base_url: str
    had_key: bool = False
    answered: bool = False
    """Whether the server had started to respond."""
    better: str | None = None
    """A working address of the same server."""
    model: str = ""
    listed: Sequence[str] = ()
    """Models of this type that the server lists."""


def sentence(tried: Tried) -> Message:
    """Return the cause and a next step."""
    error = tried.error
    if tried.better:
        return Message("diagnosis.better_address", address=tried.better)
    match error:
        case ConfigError():
            return Message("diagnosis.not_opened", error=error_message(error))
        case InvokeTimeoutError():
            return Message("diagnosis.late", seconds=error.seconds, clock=error.clock)
        case InvokeConnectionError():
            return _not_reached(error, tried.base_url)
        case InvokeAuthorizationError() if not tried.had_key:
            return Message("diagnosis.no_key")
        case InvokeError() if _in_success(error):
            return Message("diagnosis.call_failed", error=error_message(error))
        case InvokeAuthorizationError():
            return Message("diagnosis.key_refused", status=str(error.status_code))
        case InvokeRateLimitError() if error.retry_after:
            return Message("diagnosis.slow_down_for", status=str(error.status_code), seconds=error.retry_after)
        case InvokeRateLimitError():
            return Message("diagnosis.slow_down", status=str(error.status_code))
        case InvokeServerUnavailableError() if error.status_code is not None:
            return Message("diagnosis.cannot_serve", status=error.status_code)
        case InvokeError() if (error.body or "").lstrip().startswith("<"):
            return Message("diagnosis.web_page")
        case InvokeBadRequestError() if (
            error.status_code == 404 and tried.model and tried.listed and tried.model not in tried.listed
        ):
            return no_such_model(tried.model, tried.listed)
        case InvokeBadRequestError() if error.status_code in (404, 405) and tried.model:
            return Message("diagnosis.no_call", model=tried.model, status=str(error.status_code))
        case InvokeBadRequestError() if error.status_code in (404, 405):
            return Message("diagnosis.no_list", status=str(error.status_code))
        case InvokeBadRequestError() if error.status_code is not None:
            return Message("diagnosis.refused", status=error.status_code)
        case ProtocolError():
            return Message("diagnosis.not_openai")
        case InvokeError() if tried.answered:
            return Message("diagnosis.call_failed", error=error_message(error))
        case InvokeError(hint=Message() as hint):
            return Message("diagnosis.not_called_hint", error=error_message(error), hint=hint)
        case InvokeError():
            return Message("diagnosis.not_called", error=error_message(error))
    return Message("diagnosis.ours", type=type(error).__name__, error=str(error))


def no_such_model(model: str, listed: Sequence[str]) -> Message:
    """Return the message for a model that the server does not list."""
    names, more = ", ".join(listed[:MOST_LISTED]), len(listed) - MOST_LISTED
    if more > 0:
        return Message("diagnosis.no_model_of_many", model=model, names=names, count=more)
    return Message("diagnosis.no_model_of", model=model, names=names)


def neighbours(base_url: str) -> Iterator[str]:
    """Yield addresses on the same server where its API may be, the likeliest first."""
    parts = urlsplit(base_url)
    path = parts.path.rstrip("/")
    for ending in _ENDPOINTS:
        path = path.removesuffix(ending)
    paths = [path, path.replace("/v1/v1", "/v1"), f"{path}/v1", path.removesuffix("/v1"), *_USUAL]
    for candidate in dict.fromkeys(paths):
        address = urlunsplit((parts.scheme, parts.netloc, candidate, "", ""))
        if address != base_url.rstrip("/"):
            yield address


def _in_success(error: InvokeError) -> bool:
    """Return whether a server returned an error in a response with a success status."""
    return error.status_code is not None and 200 <= error.status_code < 300 and not isinstance(error, ProtocolError)


def in_container() -> bool:
    """Return whether this process runs inside a container, where localhost is the container itself."""
    if Path("/.dockerenv").exists() or Path("/run/.containerenv").exists():
        return True
    try:
        groups = Path("/proc/1/cgroup").read_text("utf-8", "replace")
    except OSError:
        return False
    return any(word in groups for word in ("docker", "kubepods", "containerd", "libpod"))


def unreached(error: InvokeConnectionError, address: str) -> Message | None:
    """Return why a server was not reached, with a next step; `None` if the system reported no known reason.

    Args:
        error: Its `failure` describes what happened.
        address: The called address.
    """
    parts = urlsplit(address)
    host = parts.hostname or address
    match error.failure:
        case ConnectionFailure.REFUSED if host in ("localhost", "127.0.0.1", "::1") and in_container():
            return Message("diagnosis.nobody_in_container", host=host)
        case ConnectionFailure.REFUSED:
            return Message("diagnosis.nobody", host=parts.netloc)
        case ConnectionFailure.NO_HOST:
            return Message("diagnosis.no_host", host=host)
        case ConnectionFailure.CERTIFICATE:
            reason = error.message.values.get("words", "") if error.message else str(error)
            return Message("diagnosis.certificate", host=host, words=reason)
        case ConnectionFailure.TLS:
            return Message("diagnosis.tls", host=host)
        case ConnectionFailure.PROXY_UNREACHED:
            return Message("diagnosis.proxy")
        case ConnectionFailure.PROXY_LOGIN:
            return Message("diagnosis.proxy_login")
        case ConnectionFailure.PROXY_REFUSED:
            return Message("diagnosis.proxy_refused")
    return None


_OF_PROXY = (ConnectionFailure.PROXY_UNREACHED, ConnectionFailure.PROXY_LOGIN, ConnectionFailure.PROXY_REFUSED)


def _not_reached(error: InvokeConnectionError, base_url: str) -> Message:
    cause = unreached(error, base_url)
    if cause is None:
        return Message("diagnosis.unreached", error=error_message(error))
    return Message("diagnosis.unreached_hint", error=error_message(error), hint=cause) if error.failure in _OF_PROXY else cause
