"""Why a connection or a model does not answer, in a sentence with a next step. By types and facts, not by words in messages."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from boomerang.invoker.errors import (
    ConfigError,
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

_ENDPOINTS = ("/chat/completions", "/completions", "/embeddings", "/models", "/rerank", "/audio/speech", "/moderations")
_USUAL = ("/v1", "/api/v1", "/openai/v1", "/v2", "")
MOST_LISTED = 6


@dataclass(frozen=True, slots=True)
class Tried:
    """What is known of an attempt that failed."""

    error: Exception
    base_url: str
    had_key: bool = False
    answered: bool = False
    """Whether the server had begun to answer."""
    better: str | None = None
    """An address of the same server that does answer."""
    model: str = ""
    listed: Sequence[str] = ()
    """Models of the type that the server lists."""


def sentence(tried: Tried) -> str | Message:
    """Say what the cause is, and what to do."""
    error = tried.error
    if tried.better:
        return f"The base address is wrong: the API is at {tried.better}."
    match error:
        case ConfigError():
            return f"The connection cannot be opened: {error}."
        case InvokeTimeoutError():
            return f"No answer came within {error.seconds:g} s (the clock “{error.clock}”). Is the model still loading?"
        case InvokeConnectionError():
            return _unreached(error, tried.base_url)
        case InvokeAuthorizationError() if not tried.had_key:
            return "The server wants a key, and the connection has none."
        case InvokeError() if _in_success(error):
            return f"The server answers, but the call failed: {error}"
        case InvokeAuthorizationError():
            return f"The server refused the key (HTTP {error.status_code})."
        case InvokeRateLimitError() if error.retry_after:
            seconds = error.retry_after
            return f"The server is reached and asks to slow down (HTTP {error.status_code}). It asks to wait {seconds:g} s."
        case InvokeRateLimitError():
            return f"The server is reached and asks to slow down (HTTP {error.status_code})."
        case InvokeServerUnavailableError() if error.status_code is not None:
            return f"The server is reached and cannot serve (HTTP {error.status_code})."
        case InvokeError() if (error.body or "").lstrip().startswith("<"):
            return "A web page came back and not an API's answer: the address is wrong, or a proxy stands before it."
        case InvokeBadRequestError() if (
            error.status_code == 404 and tried.model and tried.listed and tried.model not in tried.listed
        ):
            names, more = ", ".join(tried.listed[:MOST_LISTED]), len(tried.listed) - MOST_LISTED
            if more > 0:
                return f"The server has no model {tried.model}; it lists: {names} and {more} more."
            return f"The server has no model {tried.model}; it lists: {names}."
        case InvokeBadRequestError() if error.status_code in (404, 405) and tried.model:
            return f"The server has no such call, or no model {tried.model} (HTTP {error.status_code})."
        case InvokeBadRequestError() if error.status_code in (404, 405):
            return (
                f"The server is reached and has no list of models there (HTTP {error.status_code}): "
                "the address is wrong, or its models have to be named by hand."
            )
        case InvokeBadRequestError() if error.status_code is not None:
            return f"The server refused what was asked (HTTP {error.status_code}); its words are below."
        case ProtocolError():
            return "The server answers, but not as OpenAI's interface does; what came is below."
        case InvokeError() if tried.answered:
            return f"The server answers, but the call failed: {error}"
        case InvokeError(message=Message() as text, hint=Message() as hint):
            return Message("saved.not_called", error=text, hint=hint)
        case InvokeError():
            return f"The call was not made: {error}"
    return f"A fault of this app, not of the server: {type(error).__name__}: {error}"


def neighbours(base_url: str) -> Iterator[str]:
    """Return the addresses on the same server where its API is likely to be, the likeliest first."""
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
    """Return whether a server wrote an error into an answer whose status says that all is well."""
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


def _unreached(error: InvokeConnectionError, base_url: str) -> str:
    host = urlsplit(base_url).hostname or base_url
    cause: BaseException | None = error
    while cause is not None:
        match cause:
            case ConnectionRefusedError() if host in ("localhost", "127.0.0.1", "::1") and in_container():
                return (
                    f"Nobody listens at {host} inside this app's container. "
                    "A server on the host is at host.docker.internal, or at the gateway's address."
                )
            case ConnectionRefusedError():
                return f"Nobody listens at {urlsplit(base_url).netloc}: is the server running, and is this its port?"
            case socket.gaierror():
                return f"There is no host named {host}."
            case ssl.SSLCertVerificationError():
                words = cause.verify_message or str(cause)
                return (
                    f"The certificate of {host} is not trusted: {words}. "
                    "Give the authority's certificate, or switch verification off."
                )
            case ssl.SSLError():
                return f"No secure connection to {host} came about: perhaps the server speaks http and not https at this port."
        cause = cause.__cause__ or cause.__context__
    return f"The server was not reached: {error}"
