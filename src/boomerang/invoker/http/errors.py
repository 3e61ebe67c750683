"""Map HTTP failures to `InvokeError`, by exception type or status, keeping the server's own error text."""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from html.parser import HTMLParser
from traceback import clear_frames
from typing import Any

import httpcore
import httpx

from boomerang.invoker.errors import (
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
from boomerang.invoker.run import Run

from .cancellation import Call

LONGEST_ERROR = 64 * 1024
"""Bytes of an error response that are read."""
LONGEST_MARKUP = 16 * 1024
"""Characters of a page searched for a title; the parser takes quadratic time on broken markup."""
MOST_ERRORS = 8
"""Errors quoted from one response; FastAPI reports one per type that each message might have had."""
_HOLDERS = ("error", "message", "detail", "errors", "baseresp", "details")
"""Fields with an error text, or with an object or list that contains one, the best first. Names are in lower case and
without `_`, to match `Message` and `base_resp` (MiniMax) too.
"""
_TEXT_FIELDS = ("errordescription", *_HOLDERS, "errormsg", "errormessage", "msg", "statusmsg", "title", "description", "reason")
_CODES = (*_HOLDERS, "code", "errorcode", "errcode", "type", "status")
"""Fields to use if no other has a text: a code is better than raw JSON."""
_NO_CODES = frozenset({"error", "about:blank"})
_HAS_MARKUP = ("message", "faultstring", "title", "code")
"""Elements of an XML error response with a text, the best first."""
_BY_STATUS: Mapping[int, type[InvokeError]] = {
    401: InvokeAuthorizationError,
    403: InvokeAuthorizationError,
    408: InvokeServerUnavailableError,
    429: InvokeRateLimitError,
}


def release(error: BaseException) -> None:
    """Free the objects that an error's traceback refers to, such as a response body: errors are kept for a long time."""
    raised: BaseException | None = error
    while raised is not None:
        clear_frames(raised.__traceback__)
        raised = raised.__cause__ or raised.__context__


def kind_of(status: int) -> type[InvokeError]:
    """Return the error class for an unsuccessful status."""
    return _BY_STATUS.get(status) or (InvokeServerUnavailableError if status >= 500 else InvokeBadRequestError)


def inside(value: Any, body: str, status: int | None = None) -> InvokeError:
    """Return the error that a server reported in a successful response, as LM Studio and OpenRouter do.

    Args:
        value: The field `error`, or the whole error object if there is no such field.
        body: The response, or the event of it, that contains the error.
        status: The HTTP status; if `None`, the status inside the error counts.
    """
    inner_status = _inner_status(value)
    kind = kind_of(inner_status) if inner_status else InvokeServerUnavailableError
    text = _error_text({"error": value}) or body.strip()[:500]
    return kind(text, status_code=status or inner_status, body=body)


def _inner_status(value: Any) -> int | None:
    codes = [str(value.get(name)) for name in ("code", "status", "status_code")] if isinstance(value, dict) else []
    return next((int(code) for code in codes if re.fullmatch("[45][0-9]{2}", code)), None)


@contextmanager
def map_errors(call: Call, run: Run) -> Iterator[None]:
    """Map exceptions of httpx and httpcore.

    Raises:
        InvokeError: See the table in `errors`.
        RunStoppedError: The run was stopped, whatever error its socket then raised.
    """
    try:
        yield
    except (httpcore.TimeoutException, httpx.TimeoutException) as error:
        run.check()
        raise InvokeTimeoutError(_late(call), clock=call.expired, seconds=call.limit or 0.0) from error
    except (httpcore.ConnectError, httpx.ConnectError) as error:
        run.check()
        raise unreached(error, _proxy(call)) from error
    except httpcore.ProxyError as error:
        run.check()
        status, _, text = str(error).partition(" ")
        raise refused_by(call.proxy, int(status), text) from error
    except (httpcore.LocalProtocolError, httpx.LocalProtocolError) as error:
        raise InvokeBadRequestError(Message("http.unsendable_header"), field="headers") from error  # it may be secret
    except (httpcore.NetworkError, httpcore.ProtocolError, httpx.NetworkError, httpx.ProtocolError) as error:
        run.check()
        text = str(error).rstrip(".") or type(error).__name__
        if isinstance(error, httpcore.ProtocolError | httpx.ProtocolError) and not call.ended:
            raise ProtocolError(Message("http.rules_broken", fault=text)) from error
        closed = InvokeConnectionError(_closed(call, text))
        closed.answered = call.answered
        raise closed from error
    except httpx.TooManyRedirects as error:
        raise ProtocolError(Message("http.redirects")) from error
    except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpcore.UnsupportedProtocol) as error:
        raise InvokeBadRequestError(Message("http.bad_address", fault=str(error)), field="base_url") from error


def _late(call: Call) -> Message:
    match call.expired:
        case "connect" if proxy := _proxy(call):
            return Message("http.late_proxy", proxy=proxy)
        case "connect":
            return Message("http.late_connect")
        case "first byte":
            return Message("http.late_first_byte")
        case "between chunks":
            return Message("http.late_between_chunks")
        case "total":
            return Message("http.late_total")
    return Message("http.late")


def _proxy(call: Call) -> str:
    """Return the proxy that we are talking to; empty if it is the server, possibly through a tunnel."""
    return "" if call.tunnelled else call.proxy


def _closed(call: Call, fault: str) -> Message:
    if proxy := _proxy(call):
        if call.answered:
            return Message("http.proxy_closed_within", proxy=proxy, fault=fault)
        return Message("http.proxy_closed_before", proxy=proxy, fault=fault)
    return Message("http.closed_within" if call.answered else "http.closed_before", fault=fault)


def refused_by(proxy: str, status: int, reason: str, body: str | None = None) -> InvokeConnectionError:
    """Return the error for a proxy that refused to forward a request, with the proxy's own text."""
    if reason:
        message = Message("http.proxy_refused_saying", proxy=proxy, words=reason, status=status)
    else:
        message = Message("http.proxy_refused", proxy=proxy, status=status)
    error = InvokeConnectionError(message, status_code=status, body=body)
    error.failure = ConnectionFailure.PROXY_LOGIN if status == 407 else ConnectionFailure.PROXY_REFUSED
    error.url = proxy
    return error


def unreached(error: BaseException, proxy: str = "") -> InvokeConnectionError:
    """Return the error for an unreachable server or proxy. Advice depends on its `failure`."""
    cause = origin(error)
    message, failure = _why(cause)
    if proxy:
        message, failure = Message("http.proxy_unreached", proxy=proxy, fault=str(cause)), ConnectionFailure.PROXY_UNREACHED
    connection_error = InvokeConnectionError(message)
    connection_error.failure = failure
    return connection_error


def _why(cause: BaseException) -> tuple[Message, ConnectionFailure]:
    match cause:
        case ssl.SSLCertVerificationError():
            reason = cause.verify_message or str(cause)
            return Message("http.certificate", words=reason), ConnectionFailure.CERTIFICATE
        case ssl.SSLError():
            return Message("http.tls", words=str(cause.reason or cause)), ConnectionFailure.TLS
        case ConnectionRefusedError():
            return Message("http.refused"), ConnectionFailure.REFUSED
        case socket.gaierror():
            return Message("http.unreached", error=str(cause)), ConnectionFailure.NO_HOST
    return Message("http.unreached", error=str(cause)), ConnectionFailure.UNREACHED


def error_text(body: str) -> str:
    """Extract the error text from a response body: from the usual JSON shapes, or the title or first words of HTML."""
    text = body.strip()
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return _title(text) if text.startswith("<") else text[:500]
    return _error_text(value) or text[:500]


def _error_text(value: Any) -> str:
    text = _first_text(value, _TEXT_FIELDS) or _first_text(value, _CODES)
    return text.encode("utf-8", "replace").decode()  # JSON can encode a lone surrogate, which a page cannot show


def _first_text(value: Any, names: tuple[str, ...], depth: int = 4) -> str:
    """Find an error text in nested objects; join several with semicolons."""
    if isinstance(value, str):
        text = value.strip()
        says_nothing = names is _CODES and (text in _NO_CODES or not any(map(str.isalpha, text)))  # such as a bare number
        return "" if says_nothing else text
    if isinstance(value, list) and depth:
        texts = [detail for item in value[:MOST_ERRORS] if (detail := _first_text(item, names, depth - 1))]
        return "; ".join([*texts, "…"] if texts and len(value) > MOST_ERRORS else texts)
    if isinstance(value, dict) and depth:
        fields = {name.lower().replace("_", ""): inner for name, inner in reversed(value.items())}
        detail = next(filter(None, (_first_text(fields.get(name), names, depth - 1) for name in names)), "")
        place = value.get("loc")  # FastAPI: the path of the invalid field in the request
        return f"{'.'.join(map(str, place))}: {detail}" if detail and place and isinstance(place, list) else detail
    return ""


def not_json(status: int, body: str) -> ProtocolError:
    """Return the error for a response that should have been JSON, with a description of what it is."""
    text = body.strip()
    what: Message | str = repr(text[:120])
    if text.startswith("<"):
        what = Message("http.html", title=_title(text))
    elif not text:
        what = Message("http.nothing")
    return ProtocolError(Message("http.not_json", what=what), status_code=status, body=text)


def origin(error: BaseException) -> BaseException:
    """Return the system's error; httpcore re-raises errors, and then only their context is left."""
    return error.__cause__ or error.__context__ or error


class _Title(HTMLParser):
    """Extracts texts from a page or an XML error response.

    Attributes:
        texts: Element → its first text; names are in lower case and without namespaces.
        words: All text outside styles and scripts.
    """

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, str] = {}
        self.text, self._inside = "", ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self._inside = tag.rpartition(":")[2]
        self.texts.setdefault(self._inside, "")

    def handle_data(self, data: str) -> None:
        if self._inside and not self.texts[self._inside].strip():
            self.texts[self._inside] = data
        if self._inside not in ("style", "script"):
            self.text += data + " "


def _title(markup: str) -> str:
    parser = _Title()
    with suppress(AssertionError):  # raised on badly broken markup; what was read before is still useful
        parser.feed(markup[:LONGEST_MARKUP])
    is_page = bool({"html", "head", "body"} & parser.texts.keys())
    texts = (parser.texts.get(name, "").strip() for name in (("title",) if is_page else _HAS_MARKUP))
    return " ".join((next(filter(None, texts), "") or parser.text).split())[:200]
