"""What goes wrong on the wire, as `InvokeError`: by an exception's type or by a status, in the words of whoever refused."""

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
"""Bytes of a refusal that are read."""
LONGEST_MARKUP = 16 * 1024
"""Characters of a page in which its title is looked for; the parser's work on a broken one grows with their square."""
MOST_ERRORS = 8
"""Faults of one refusal that are told; FastAPI finds one for each type that each message might have been of."""
_HOLDERS = ("error", "message", "detail", "errors", "baseresp", "details")
"""Fields that hold a server's words, or an object or a list of objects that do, the best first. Names are in lower case
and without `_`, so that `Message` and `base_resp` (MiniMax) are known too."""
_TEXT_FIELDS = ("errordescription", *_HOLDERS, "errormsg", "errormessage", "msg", "statusmsg", "title", "description", "reason")
_CODES = (*_HOLDERS, "code", "errorcode", "errcode", "type", "status")
"""Fields that say something where no other does: a code is better than raw JSON."""
_NO_CODES = frozenset({"error", "about:blank"})
_HAS_MARKUP = ("message", "faultstring", "title", "code")
"""Elements of a refusal in XML that hold words, the best first."""
_BY_STATUS: Mapping[int, type[InvokeError]] = {
    401: InvokeAuthorizationError,
    403: InvokeAuthorizationError,
    408: InvokeServerUnavailableError,
    429: InvokeRateLimitError,
}


def release(error: BaseException) -> None:
    """Free what the functions that raised an error still refer to, such as the body of an answer: errors are kept for long."""
    raised: BaseException | None = error
    while raised is not None:
        clear_frames(raised.__traceback__)
        raised = raised.__cause__ or raised.__context__


def kind_of(status: int) -> type[InvokeError]:
    """Return the class of error for a status that is none of success."""
    return _BY_STATUS.get(status) or (InvokeServerUnavailableError if status >= 500 else InvokeBadRequestError)


def inside(value: Any, body: str, status: int | None = None) -> InvokeError:
    """Return the error that a server wrote into an answer of success, as LM Studio and OpenRouter do.

    Args:
        value: What the field `error` holds, or the object that tells the error where there is no such field.
        body: The answer, or the event of it, that tells it.
        status: The HTTP status, which said nothing of it; if `None`, the one inside counts.
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
    """Map what httpx and httpcore raise.

    Raises:
        InvokeError: As the table in `errors` says.
        RunStoppedError: The run was stopped; whatever its socket then said.
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
    """Return the proxy that a call is with; empty if it is with the server, be it through a tunnel."""
    return "" if call.tunnelled else call.proxy


def _closed(call: Call, fault: str) -> Message:
    if proxy := _proxy(call):
        if call.answered:
            return Message("http.proxy_closed_within", proxy=proxy, fault=fault)
        return Message("http.proxy_closed_before", proxy=proxy, fault=fault)
    return Message("http.closed_within" if call.answered else "http.closed_before", fault=fault)


def refused_by(proxy: str, status: int, reason: str, body: str | None = None) -> InvokeConnectionError:
    """Say that a proxy stands between us and the server, in its own words."""
    if reason:
        message = Message("http.proxy_refused_saying", proxy=proxy, words=reason, status=status)
    else:
        message = Message("http.proxy_refused", proxy=proxy, status=status)
    error = InvokeConnectionError(message, status_code=status, body=body)
    error.failure = ConnectionFailure.PROXY_LOGIN if status == 407 else ConnectionFailure.PROXY_REFUSED
    error.url = proxy
    return error


def unreached(error: BaseException, proxy: str = "") -> InvokeConnectionError:
    """Return the error for a server or a proxy that was not reached. What to do about it depends on `failure`."""
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
    """Find a server's own words in the body of its refusal: of JSON in its usual shapes, of HTML the title or first words."""
    text = body.strip()
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return _title(text) if text.startswith("<") else text[:500]
    return _error_text(value) or text[:500]


def _error_text(value: Any) -> str:
    text = _first_text(value, _TEXT_FIELDS) or _first_text(value, _CODES)
    return text.encode("utf-8", "replace").decode()  # JSON can spell half a character, a page cannot show it


def _first_text(value: Any, names: tuple[str, ...], depth: int = 4) -> str:
    """Find words in what servers answer: objects in objects, one after the other if there are several."""
    if isinstance(value, str):
        text = value.strip()
        says_nothing = names is _CODES and (text in _NO_CODES or not any(map(str.isalpha, text)))  # such as a number alone
        return "" if says_nothing else text
    if isinstance(value, list) and depth:
        texts = [detail for item in value[:MOST_ERRORS] if (detail := _first_text(item, names, depth - 1))]
        return "; ".join([*texts, "…"] if texts and len(value) > MOST_ERRORS else texts)
    if isinstance(value, dict) and depth:
        fields = {name.lower().replace("_", ""): inner for name, inner in reversed(value.items())}
        detail = next(filter(None, (_first_text(fields.get(name), names, depth - 1) for name in names)), "")
        place = value.get("loc")  # FastAPI's: which field of what was sent
        return f"{'.'.join(map(str, place))}: {detail}" if detail and place and isinstance(place, list) else detail
    return ""


def not_json(status: int, body: str) -> ProtocolError:
    """Say that an answer should have been JSON, and what it is."""
    text = body.strip()
    what: Message | str = repr(text[:120])
    if text.startswith("<"):
        what = Message("http.html", title=_title(text))
    elif not text:
        what = Message("http.nothing")
    return ProtocolError(Message("http.not_json", what=what), status_code=status, body=text)


def origin(error: BaseException) -> BaseException:
    """Return what the system said; httpcore raises errors anew, and then only their context is left."""
    return error.__cause__ or error.__context__ or error


class _Title(HTMLParser):
    """Reads what a page or a refusal in XML says.

    Attributes:
        texts: Element → its first text; names are in small letters and without their namespaces.
        words: All that is not a style or a script.
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
    with suppress(AssertionError):  # what is broken enough ends the parser so; what it read before is of use
        parser.feed(markup[:LONGEST_MARKUP])
    is_page = bool({"html", "head", "body"} & parser.texts.keys())
    texts = (parser.texts.get(name, "").strip() for name in (("title",) if is_page else _HAS_MARKUP))
    return " ".join((next(filter(None, texts), "") or parser.text).split())[:200]
