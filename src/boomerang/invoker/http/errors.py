"""What goes wrong on the wire, as `InvokeError`: by an exception's type or by a status, in the words of whoever refused."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from html.parser import HTMLParser
from traceback import clear_frames
from typing import Any

import httpcore
import httpx

from boomerang.invoker.errors import (
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeConnectionError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
    InvokeTimeoutError,
    ProtocolError,
)
from boomerang.invoker.run import Run

from .cancellation import Call

LONGEST_FAULT = 64 * 1024
"""Bytes of a refusal that are read."""
LONGEST_MARKUP = 16 * 1024
"""Characters of a page in which its title is looked for; the parser's work on a broken one grows with their square."""
MOST_FAULTS = 8
"""Faults of one refusal that are told; FastAPI finds one for each type that each message might have been of."""
_HOLDERS = ("error", "message", "detail", "errors", "baseresp", "details")
"""Fields that hold a server's words, or an object or a list of objects that do, the best first. Names are in lower case
and without `_`, so that `Message` and `base_resp` (MiniMax) are known too."""
_WORDS = ("errordescription", *_HOLDERS, "errormsg", "errormessage", "msg", "statusmsg", "title", "description", "reason")
_CODES = (*_HOLDERS, "code", "errorcode", "errcode", "type", "status")
"""Fields that say something where no other does: a code is better than raw JSON."""
_NO_CODES = frozenset({"error", "about:blank"})
_MARKED_UP = ("message", "faultstring", "title", "code")
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
    told_status = _inner_status(value)
    kind = kind_of(told_status) if told_status else InvokeServerUnavailableError
    words = _words({"error": value}) or body.strip()[:500]
    return kind(words, status_code=status or told_status, body=body)


def _inner_status(value: Any) -> int | None:
    codes = [str(value.get(name)) for name in ("code", "status", "status_code")] if isinstance(value, dict) else []
    return next((int(code) for code in codes if re.fullmatch("[45][0-9]{2}", code)), None)


@contextmanager
def told(call: Call, run: Run) -> Iterator[None]:
    """Map what httpx and httpcore raise.

    Raises:
        InvokeError: As the table in `errors` says.
        RunStoppedError: The run was stopped; whatever its socket then said.
    """
    try:
        yield
    except (httpcore.TimeoutException, httpx.TimeoutException) as error:
        run.check()
        words = _LATE[call.expired]
        if call.expired == "connect" and (proxy := _proxy(call)):
            words = f"The proxy {proxy} did not take the connection in time."
        raise InvokeTimeoutError(words, clock=call.expired, seconds=call.limit or 0.0) from error
    except (httpcore.ConnectError, httpx.ConnectError) as error:
        run.check()
        raise unreached(error, _proxy(call)) from error
    except httpcore.ProxyError as error:
        run.check()
        status, _, words = str(error).partition(" ")
        raise refused_by(call.proxy, int(status), words) from error
    except (httpcore.LocalProtocolError, httpx.LocalProtocolError) as error:
        words = "A header of the connection has a name or a value that cannot be sent."  # and may be secret
        raise InvokeBadRequestError(words, field="headers") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpx.NetworkError, httpx.ProtocolError) as error:
        run.check()
        words = str(error).rstrip(".") or type(error).__name__
        if isinstance(error, httpcore.ProtocolError | httpx.ProtocolError) and not call.ended:
            raise ProtocolError(f"The answer breaks the rules of HTTP: {words}.") from error
        lost = InvokeConnectionError(_closed(call, words))
        lost.answered = call.answered
        raise lost from error
    except httpx.TooManyRedirects as error:
        raise ProtocolError("The server sends from one address to the next without an end.") from error
    except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpcore.UnsupportedProtocol) as error:
        raise InvokeBadRequestError(f"The address cannot be used: {error}.", field="base_url") from error


_LATE = {
    "connect": "The server did not take the connection in time.",
    "first byte": "The server took the request and has not begun to answer in time.",
    "between chunks": "The server began to answer and then said nothing more in time.",
    "total": "The whole answer took longer than it may.",
    "": "A clock ran out.",
}


def _proxy(call: Call) -> str:
    """Return the proxy that a call is with; empty if it is with the server, be it through a tunnel."""
    return "" if call.tunnelled else call.proxy


def _closed(call: Call, words: str) -> str:
    if proxy := _proxy(call):
        if call.answered:
            return f"The proxy {proxy} closed the connection in the middle of its answer: {words}."
        return f"The proxy {proxy} closed the connection before it answered: {words}."
    if call.answered:
        return f"The server closed the connection in the middle of its answer: {words}."
    return f"The server closed the connection before it answered: {words}."


def refused_by(proxy: str, status: int, words: str, body: str | None = None) -> InvokeConnectionError:
    """Say that a proxy stands between us and the server, in its own words."""
    hint = "Ask whoever runs the proxy, or take it out of the connection."
    if status == 407:
        hint = "Give the address of the proxy its user and password, as in http://user:password@proxy:3128."
    found = f"The proxy {proxy} refused: {words} (HTTP {status})." if words else f"The proxy {proxy} refused (HTTP {status})."
    error = InvokeConnectionError(found, status_code=status, body=body, hint=hint)
    error.url = proxy
    return error


def unreached(error: BaseException, proxy: str = "") -> InvokeConnectionError:
    """Say why nobody was reached, and what to do."""
    cause = origin(error)
    if proxy:
        hint = "Check the proxy of the connection, and that it runs."
        return InvokeConnectionError(f"The proxy {proxy} was not reached: {cause}.", hint=hint)
    hint = "Check the address of the connection, and that its server runs."
    if isinstance(cause, ssl.SSLCertVerificationError):
        words = f"The server's certificate is not trusted: {cause.verify_message or cause}."
        hint = "Give the connection the file of the authority that signed it, or switch verification off for this connection."
    elif isinstance(cause, ssl.SSLError):
        words = f"No secure connection came about: {cause.reason or cause}."
        hint = "Perhaps the server speaks http and not https at this port."
    elif isinstance(cause, ConnectionRefusedError):
        words = "The connection was refused: nobody listens at this address and port."
        hint += " Inside a container localhost is the container itself: name the host, as host.docker.internal."
    else:
        words = f"The server was not reached: {cause}."
    return InvokeConnectionError(words, hint=hint)


def said(body: str) -> str:
    """Find a server's own words in the body of its refusal: of JSON in its usual shapes, of HTML the title or first words."""
    text = body.strip()
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return _title(text) if text.startswith("<") else text[:500]
    return _words(value) or text[:500]


def _words(value: Any) -> str:
    words = _found(value, _WORDS) or _found(value, _CODES)
    return words.encode("utf-8", "replace").decode()  # JSON can spell half a character, a page cannot show it


def _found(value: Any, names: tuple[str, ...], depth: int = 4) -> str:
    """Find words in what servers answer: objects in objects, one after the other if there are several."""
    if isinstance(value, str):
        text = value.strip()
        says_nothing = names is _CODES and (text in _NO_CODES or not any(map(str.isalpha, text)))  # such as a number alone
        return "" if says_nothing else text
    if isinstance(value, list) and depth:
        found = [words for item in value[:MOST_FAULTS] if (words := _found(item, names, depth - 1))]
        return "; ".join([*found, "…"] if found and len(value) > MOST_FAULTS else found)
    if isinstance(value, dict) and depth:
        fields = {name.lower().replace("_", ""): inner for name, inner in reversed(value.items())}
        words = next(filter(None, (_found(fields.get(name), names, depth - 1) for name in names)), "")
        place = value.get("loc")  # FastAPI's: which field of what was sent
        return f"{'.'.join(map(str, place))}: {words}" if words and place and isinstance(place, list) else words
    return ""


def not_json(status: int, body: str) -> ProtocolError:
    """Say that an answer should have been JSON, and what it is."""
    text = body.strip()
    what = f"HTML (“{_title(text)}”)" if text.startswith("<") else "nothing" if not text else f"{text[:120]!r}"
    hint = "The address is that of a web page: the API is usually below /v1." if text.startswith("<") else None
    return ProtocolError(f"The server answered with {what} instead of JSON.", status_code=status, body=text, hint=hint)


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
        self.words, self._inside = "", ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self._inside = tag.rpartition(":")[2]
        self.texts.setdefault(self._inside, "")

    def handle_data(self, data: str) -> None:
        if self._inside and not self.texts[self._inside].strip():
            self.texts[self._inside] = data
        if self._inside not in ("style", "script"):
            self.words += data + " "


def _title(markup: str) -> str:
    parser = _Title()
    with suppress(AssertionError):  # what is broken enough ends the parser so; what it read before is of use
        parser.feed(markup[:LONGEST_MARKUP])
    is_page = bool({"html", "head", "body"} & parser.texts.keys())
    texts = (parser.texts.get(name, "").strip() for name in (("title",) if is_page else _MARKED_UP))
    return " ".join((next(filter(None, texts), "") or parser.words).split())[:200]
