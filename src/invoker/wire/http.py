"""One HTTP exchange under a run: told in notes, stopped from any thread, its failures mapped to the `InvokeError` family."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from html.parser import HTMLParser
from time import monotonic, perf_counter
from typing import Any

import httpcore
import httpx

from ..errors import (
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeConnectionError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
    InvokeTimeoutError,
    ProtocolError,
)
from ..run import NoteKind, Run
from .dial import Call, Clocks, calling

LONGEST_FAULT = 64 * 1024
"""Bytes of a refusal that are read."""
LONGEST_NOTED = 16 * 1024
"""Characters of a body that a note keeps."""
REST_SECONDS = 0.25
"""How long a server may take to end an answer of which it has said that it is complete."""
RETRIED = frozenset({429, 502, 503, 504})
"""Statuses after which nothing was done by the server, so that asking again is safe."""
MOST_ATTEMPTS = 3
LONGEST_WAIT = 30.0
"""Seconds that a server may have us wait before we ask again; if it wants more, that is for a person to decide."""
_SECRET_HEADER = re.compile(r"auth|key|token|secret|cookie|password", re.IGNORECASE)
_REQUEST_IDS = ("x-request-id", "request-id", "x-correlation-id", "cf-ray")
MASK = "•••"
STALE = "The server had closed the connection that was kept from the call before; asked again on a new one."

Mask = Callable[[str], str]
"""Takes what is secret out of a text."""


class Answer:
    """A server's answer whose body is read as it is asked for.

    Args:
        response: With its body unread.
        call: The exchange that it belongs to.
        run: Whose answer it is.
    """

    def __init__(self, response: httpx.Response, call: Call, run: Run) -> None:
        self._bytes = response.iter_bytes()
        self._call = call
        self._run = run
        self.status = response.status_code
        self.headers = response.headers
        self.size = 0
        """Bytes of the body that came, decompressed."""

    @property
    def media_type(self) -> str:
        """What the server says its body is, without parameters; empty if it does not say."""
        return str(self.headers.get("content-type", "")).partition(";")[0].strip().lower()

    def pieces(self) -> Iterator[bytes]:
        """Give the body as it comes.

        Raises:
            InvokeError: It broke off, or a clock ran out.
            RunStoppedError: The run was stopped.
        """
        with told(self._call, self._run):
            for piece in self._bytes:
                self.size += len(piece)
                yield piece
                self._run.check()

    def read(self, most: int | None = None) -> bytes:
        """Give the whole body, or its beginning."""
        parts, size = [], 0
        for piece in self.pieces():
            parts.append(piece)
            size += len(piece)
            if most is not None and size >= most:
                break
        return b"".join(parts)[:most]

    def finish(self) -> None:
        """Let the rest of the body come, of which nothing is wanted, so that the connection can be used again; not for long."""
        self._call.clocks = replace(self._call.clocks, between_chunks=REST_SECONDS, total=None)
        self._call.waiting_since = monotonic()
        with suppress(InvokeConnectionError):
            for _ in self.pieces():
                pass

    def json(self) -> Any:
        """Give the body as JSON.

        Raises:
            ProtocolError: It is none.
        """
        body = self.read()
        try:
            return json.loads(body)
        except ValueError as error:
            raise not_json(self, body) from error


class Http:
    """Makes exchanges with one server.

    Args:
        client: How it is reached; its own timeouts are off, for the clocks are ours.
        clocks: How long each part may take.
        mask: Takes the connection's secrets out of what is noted.
    """

    def __init__(self, client: httpx.Client, clocks: Clocks, mask: Mask = lambda text: text) -> None:
        self._client = client
        self._clocks = clocks
        self._mask = mask

    @contextmanager
    def post(self, path: str, run: Run, **content: Any) -> Iterator[Answer]:
        """Send a request and give its answer, for as long as the block lasts; then the connection is free, or closed.

        Args:
            path: Below the connection's address.
            run: Ends it from any thread.
            **content: Of `httpx.Client.build_request`: `json`, `data`, `files`.

        Raises:
            InvokeError: Nobody was reached, or the server refused. What came before in the same run stays.
        """
        with self._opened("POST", path, run, content) as answer:
            yield answer

    @contextmanager
    def get(self, path: str, run: Run) -> Iterator[Answer]:
        """Ask for what lies below a path; else as `post`."""
        with self._opened("GET", path, run, {}) as answer:
            yield answer

    @contextmanager
    def _opened(self, method: str, path: str, run: Run, content: Mapping[str, Any]) -> Iterator[Answer]:
        attempt = 1
        while True:
            call = Call(self._clocks)
            with run.on_stop(call.abort):
                began = perf_counter()
                try:
                    answer, response = self._sent(method, path, run, content, call)
                except InvokeError as error:
                    pause = _pause(error, call, attempt)
                    if pause is None:
                        raise
                    said = f"{error} Asked again in {pause:.1f} s, attempt {attempt + 1} of {MOST_ATTEMPTS}."
                    run.note(NoteKind.NOTICE, STALE if _is_stale(error, call) else self._mask(said))
                    run.wait(pause)
                    attempt += 1
                    continue
                try:
                    yield answer
                finally:
                    response.close()
                    run.note(NoteKind.HTTP, "end", bytes=answer.size, seconds=perf_counter() - began)
                return

    def _sent(self, method: str, path: str, run: Run, content: Mapping[str, Any], call: Call) -> tuple[Answer, httpx.Response]:
        run.check()
        request = self._client.build_request(method, path, **content)
        began = perf_counter()
        run.note(
            NoteKind.HTTP,
            "request",
            method=method,
            url=self._mask(shown_url(request.url)),
            headers=self._headers(request.headers),
            body=self._mask(_noted_body(request)),
        )
        with told(call, run), calling(call):
            response = self._client.send(request, stream=True)
        try:
            run.note(
                NoteKind.HTTP,
                "response",
                status=response.status_code,
                reason=response.reason_phrase,
                url=self._mask(shown_url(response.url)),
                headers=self._headers(response.headers),
                peer=call.peer,
                seconds=perf_counter() - began,
            )
            answer = Answer(response, call, run)
            if not 200 <= response.status_code < 300:
                raise self._refusal(answer, response)
        except BaseException:
            response.close()
            raise
        return answer, response

    def _refusal(self, answer: Answer, response: httpx.Response) -> InvokeError:
        body = self._mask(answer.read(LONGEST_FAULT).decode("utf-8", "replace"))
        status, url = response.status_code, self._mask(shown_url(response.url))
        words = said(body) or response.reason_phrase
        kind = _BY_STATUS.get(status) or (InvokeServerUnavailableError if status >= 500 else InvokeBadRequestError)
        error = kind(f"{words} (HTTP {status} from {url})", status_code=status, body=body)
        error.url, error.request_id = url, next((answer.headers[name] for name in _REQUEST_IDS if name in answer.headers), None)
        if isinstance(error, InvokeRateLimitError | InvokeServerUnavailableError):
            error.retry_after = retry_after(answer.headers)
        return error

    def _headers(self, headers: httpx.Headers) -> dict[str, str]:
        return {
            name: MASK if _is_secret(name) else self._mask(value.decode("latin-1"))
            for name, value in ((name.decode("latin-1").lower(), value) for name, value in headers.raw)
        }


_BY_STATUS: Mapping[int, type[InvokeError]] = {
    401: InvokeAuthorizationError,
    403: InvokeAuthorizationError,
    408: InvokeServerUnavailableError,
    429: InvokeRateLimitError,
}


def stay(response: httpx.Response) -> None:
    """Refuse to follow a server to another address, for use as a hook: the connection's headers would go there too.

    Raises:
        InvokeBadRequestError: It sends to another scheme, host or port.
    """
    if not response.has_redirect_location:
        return
    target = response.url.join(response.headers["location"])
    if (target.scheme, target.host, target.port) != (response.url.scheme, response.url.host, response.url.port):
        error = InvokeBadRequestError(
            f"The server sends to another address: {shown_url(target)} (HTTP {response.status_code}).",
            field="base_url",
            status_code=response.status_code,
            hint="If you trust it, make it the address of the connection; nothing was sent there.",
        )
        error.url = shown_url(response.url)
        raise error


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
        raise InvokeTimeoutError(_LATE[call.expired], clock=call.expired, seconds=call.limit or 0.0) from error
    except (httpcore.ConnectError, httpx.ConnectError) as error:
        run.check()
        raise unreached(error) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpx.NetworkError, httpx.ProtocolError) as error:
        run.check()
        when = "in the middle of its answer" if call.answered else "before it answered"
        words = str(error).rstrip(".") or type(error).__name__
        raise InvokeConnectionError(f"The server closed the connection {when}: {words}.") from error
    except httpx.TooManyRedirects as error:
        raise ProtocolError("The server sends from one address to the next without an end.") from error
    except httpx.DecodingError as error:
        raise ProtocolError(f"The answer's compression is broken: {error}.") from error
    except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpcore.UnsupportedProtocol) as error:
        raise InvokeBadRequestError(f"The address cannot be used: {error}.", field="base_url") from error


_LATE = {
    "connect": "The server did not take the connection in time.",
    "first byte": "The server took the request and has not begun to answer in time.",
    "between chunks": "The server began to answer and then said nothing more in time.",
    "total": "The whole answer took longer than it may.",
    "": "A clock ran out.",
}


def unreached(error: BaseException) -> InvokeConnectionError:
    """Say why nobody was reached, and what to do."""
    cause = _origin(error)
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
    except ValueError:
        return _title(text) if text.startswith("<") else text[:500]
    for path in (("error", "message"), ("error",), ("message",), ("detail",), ("error_msg",), ("detail", 0, "msg")):
        found = _at(value, path)
        if isinstance(found, str) and found.strip():
            return found.strip()
    return text[:500]


def not_json(answer: Answer, body: bytes) -> ProtocolError:
    """Say that an answer should have been JSON, and what it is."""
    text = body[:LONGEST_FAULT].decode("utf-8", "replace").strip()
    what = f"HTML (“{_title(text)}”)" if text.startswith("<") else "nothing" if not text else f"{text[:120]!r}"
    hint = "The address is that of a web page: the API is usually below /v1." if text.startswith("<") else None
    return ProtocolError(f"The server answered with {what} instead of JSON.", status_code=answer.status, body=text, hint=hint)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Give the seconds that a server asks to wait: as a number or as a date (RFC 9110, 10.2.3); `None` if it does not."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, ((when if when.tzinfo else when.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds())


@lru_cache(maxsize=256)
def _is_secret(name: str) -> bool:
    return _SECRET_HEADER.search(name) is not None


def shown_url(url: httpx.URL) -> str:
    """Write an address without user, password and query."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}{url.path}"  # `copy_with` would parse it anew


def _origin(error: BaseException) -> BaseException:
    """Give what the system said; httpcore raises errors anew, and then only their context is left."""
    return error.__cause__ or error.__context__ or error


def _is_stale(error: InvokeError, call: Call) -> bool:
    """Tell whether a kept connection was closed by the server, as it may at any time, just when we used it again.

    Nothing of an answer came, so nothing was done with the request; curl takes it so too, for any method.
    """
    broken = isinstance(error, InvokeConnectionError) and not isinstance(error, InvokeTimeoutError)
    return broken and call.sent and not call.dialled and not call.answered and not call.aborted


def _pause(error: InvokeError, call: Call, attempt: int) -> float | None:
    """Give the seconds until it is safe and sensible to ask again; `None` if it is not."""
    if attempt == 1 and _is_stale(error, call):
        return 0.0
    refused = not call.sent and error.__cause__ is not None and isinstance(_origin(error.__cause__), ConnectionRefusedError)
    if attempt >= MOST_ATTEMPTS or not (refused or error.status_code in RETRIED):
        return None
    asked: float | None = getattr(error, "retry_after", None)
    pause = 0.4 * 2 ** (attempt - 1) if asked is None else asked
    return pause if pause <= LONGEST_WAIT else None


def _noted_body(request: httpx.Request) -> str:
    if "multipart" in request.headers.get("content-type", ""):
        return f"(multipart, {request.headers.get('content-length', '?')} bytes)"
    text = request.content.decode("utf-8", "replace")
    return text if len(text) <= LONGEST_NOTED else f"{text[:LONGEST_NOTED]}… ({len(text):,} characters)"


def _at(value: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


class _Title(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.title, self.words, self._inside = "", "", ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self._inside = tag

    def handle_data(self, data: str) -> None:
        if self._inside == "title":
            self.title += data
        elif self._inside not in ("style", "script"):
            self.words += data + " "


def _title(markup: str) -> str:
    parser = _Title()
    parser.feed(markup)
    return " ".join((parser.title or parser.words).split())[:200]
