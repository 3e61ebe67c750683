"""HTTP exchanges of a run: reported as events, stopped from any thread, failures mapped to `InvokeError`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from time import monotonic, perf_counter
from typing import Any, NamedTuple

import httpx

from boomerang.invoker.errors import InvokeError, InvokeRateLimitError, InvokeServerUnavailableError
from boomerang.invoker.events import HTTPEnd, HTTPRequest, HTTPResponse
from boomerang.invoker.http.body.charset import read_text
from boomerang.invoker.http.redaction.credentials import is_named_secret
from boomerang.invoker.http.redaction.masking import MASK, Hiding, SecretMask, is_split
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run

from .cancellation import Call, Clocks, calling
from .errors import error_text, kind_of, map_errors, refused_by
from .limits import DEFAULTS, Limits
from .response import LONGEST_RECORDED, MARGIN, Answer
from .retry import MOST_ATTEMPTS, is_stale, pause, retry_after

Refused = Callable[[InvokeError, str, Mapping[str, str], str], InvokeError]
"""Returns the error for a refusal, from the one for its status, its body up to a limit, its headers and the path."""
_REQUEST_IDS = ("x-request-id", "request-id", "x-correlation-id", "cf-ray")
_NO_TEXT = ("audio/", "image/", "video/", "application/octet-stream")


class _Template(NamedTuple):
    """The common part of all JSON requests to a path: everything but the body."""

    request: httpx.Request
    event: HTTPRequest


class Http:
    """Makes HTTP exchanges with one server.

    Args:
        client: An httpx client without timeouts of its own; `clocks` replace them.
        clocks: Time limits for each part.
        mask: Masks the connection's secrets in events and errors.
        limits: How much of a response is read.
        hide: Masks the connection's keys in responses.
        received: Called with the headers of each response.
        refused: Reads the back end's own error responses.
    """

    def __init__(
        self,
        client: httpx.Client,
        clocks: Clocks,
        mask: SecretMask | None = None,
        limits: Limits = DEFAULTS,
        hide: Hiding | None = None,
        received: Callable[[Mapping[str, str]], None] | None = None,
        refused: Refused | None = None,
    ) -> None:
        self._received = received
        self._refused = refused
        self._hide = hide or Hiding()
        self._limits = limits
        self._client = client
        self._addresses: dict[str, httpx.URL] = {}
        """Path → URL: building it takes longer than the rest of a request."""
        self._templates: dict[str, _Template] = {}
        """Path → the common part of its JSON requests."""
        self._clocks = clocks
        self._mask = mask or SecretMask()

    def post(self, path: str, run: Run, **content: Any) -> AbstractContextManager[Answer]:
        """Send a request and yield its response; on exit the connection is released or closed.

        Args:
            path: Relative to the connection's address.
            run: Stops it from any thread.
            **content: `json`, `data` or `files`, as for `httpx.Client.build_request`.

        Raises:
            InvokeError: The server was unreachable or returned an error.
        """
        return self._opened("POST", path, run, content)

    def get(self, path: str, run: Run) -> AbstractContextManager[Answer]:
        """Send a GET request; otherwise as `post`."""
        return self._opened("GET", path, run, {})

    @contextmanager
    def _opened(self, method: str, path: str, run: Run, content: Mapping[str, Any]) -> Iterator[Answer]:
        attempt, begun = 1, monotonic()
        while True:
            call = Call(self._clocks, begun)
            with run.on_stop(call.abort):
                began = perf_counter()
                try:
                    answer, response = self._sent(method, path, run, content, call)
                except InvokeError as error:
                    self._locate(error, path)
                    stale = attempt == 1 and is_stale(error, call)
                    wait = 0.0 if stale else pause(error, call, attempt, self._clocks.total)
                    if wait is None:
                        raise
                    if stale:
                        run.notice("http.stale")
                    else:
                        self._announce_retry(run, error, wait, attempt + 1)
                    self._wait(run, wait)
                    attempt += 1
                    continue
                try:
                    yield answer
                except InvokeError as error:
                    self._locate(error, path)
                    error.request_id = error.request_id or _request_id(answer.headers)
                    raise
                finally:
                    response.close()
                    self._ended(answer, run, began)
                return

    def _announce_retry(self, run: Run, error: InvokeError, seconds: float, attempt: int) -> None:
        reason = error.message or str(error)
        message = Message("http.asked_again", words=reason, seconds=seconds, attempt=attempt, most=MOST_ATTEMPTS)
        run.relay(message.masked(self._mask))

    @staticmethod
    def _wait(run: Run, seconds: float) -> None:
        if not seconds:
            return
        before = run.current_phase
        run.phase("retrying")
        run.wait(seconds)
        run.phase(before or "reading")

    def _locate(self, error: InvokeError, path: str) -> None:
        """Fill in the URL that was called, unless the error already has one."""
        if error.url is None and path in self._addresses:
            error.url = self._mask(shown_url(self._addresses[path]))

    def _sent(self, method: str, path: str, run: Run, content: Mapping[str, Any], call: Call) -> tuple[Answer, httpx.Response]:
        run.check()
        request = self._built(method, path, content)
        began = perf_counter()
        event = None
        if run.has_listener:
            event = self._json_event(request, path) if "json" in content else self._request_event(request, content)
            run.report(event)
        try:
            with map_errors(call, run), calling(call):
                response = self._client.send(request, stream=True)
        finally:
            for status, by, target in call.hops:
                address = self._mask(shown_url(target))
                run.notice("http.redirected", address=address, status=status, method=by)
        try:
            if event is not None:
                run.report(
                    HTTPResponse(
                        status=response.status_code,
                        reason=self._mask(response.reason_phrase),
                        url=self._mask(shown_url(response.url)) if call.hops else event.url,
                        headers=self._headers(response.headers),
                        peer=call.peer,
                        took=perf_counter() - began,
                    )
                )
            if self._received is not None:
                self._received(response.headers)
            answer = Answer(response, call, run, self._limits, self._hide)
            if not 200 <= response.status_code < 300:
                refusal = self._refusal(answer, response, call.proxy, path)
                self._ended(answer, run, began)
                raise refusal
        except BaseException:
            response.close()
            raise
        return answer, response

    def _built(self, method: str, path: str, content: Mapping[str, Any]) -> httpx.Request:
        if "json" in content:
            if path not in self._templates:
                empty = self._client.build_request(method, self._addresses.get(path, path), json={})
                self._addresses[path] = empty.url
                self._templates[path] = _Template(empty, self._request_event(empty, {}))
            return _with_json(self._templates[path].request, content["json"])
        request = self._client.build_request(method, self._addresses.get(path, path), **content)
        self._addresses[path] = request.url
        return request

    def _ended(self, answer: Answer, run: Run, began: float) -> None:
        if run.has_listener:
            body = self._shown(bytes(answer.beginning), answer.media_type, answer.size, answer.charset)
            run.report(HTTPEnd(answer.size, body, took=perf_counter() - began))

    def _json_event(self, request: httpx.Request, path: str) -> HTTPRequest:
        """Describe a JSON request: the template's data, and the body."""
        event, size = self._templates[path].event, len(request.content)
        headers = {**event.headers, "content-length": self._shown_value("content-length", str(size))}
        body = self._shown(request.content, event.headers.get("content-type", ""), size)
        return HTTPRequest(event.method, event.url, headers, event.query, body)

    def _request_event(self, request: httpx.Request, content: Mapping[str, Any]) -> HTTPRequest:
        """Describe a request: its body, or a form's fields and the names and types of its files."""
        url, headers = self._mask(shown_url(request.url)), self._headers(request.headers)
        query = self._query(request.url)
        if "files" not in content:
            body = self._shown(request.content, request.headers.get("content-type", ""), len(request.content))
            return HTTPRequest(request.method, url, headers, query, body)
        fields = {name: self._mask(str(value)) for name, value in content.get("data", {}).items()}
        files = {name: {"filename": file[0], "content_type": file[2]} for name, file in content["files"].items()}
        size = int(request.headers.get("content-length", 0))
        return HTTPRequest(request.method, url, headers, query, form=fields, files=files, bytes=size)

    def _shown(self, beginning: bytes, media_type: str, size: int, charset: str | None = None) -> str:
        """Return a body as text, masked and truncated; only the size of a non-text body."""
        if media_type.startswith(_NO_TEXT) or (charset is None and b"\0" in beginning[:256]):
            return f"({size:,} bytes)"
        text = read_text(beginning[: LONGEST_RECORDED + MARGIN], charset)
        text = self._mask(text) if size <= LONGEST_RECORDED + MARGIN else self._mask.beginning(text)
        if "data:" in text and is_split(text, self._mask):
            return f"({size:,} bytes, left out: events of the stream hold a secret of the connection in pieces)"
        cut = len(text) > LONGEST_RECORDED or size > len(beginning)
        return f"{text[:LONGEST_RECORDED]}… ({size:,} bytes)" if cut else text

    def _refusal(self, answer: Answer, response: httpx.Response, proxy: str, path: str) -> InvokeError:
        body = self._mask(answer.text(answer.refusal()))
        status, url = response.status_code, self._mask(shown_url(response.url))
        reason = error_text(body) or response.reason_phrase
        if status == 407 and proxy:
            return refused_by(proxy, status, reason, body)
        kind = kind_of(status)
        error = kind(Message("http.status", words=reason, status=status, url=url), status_code=status, body=body)
        error.url, error.request_id = url, _request_id(answer.headers)
        if isinstance(error, InvokeRateLimitError | InvokeServerUnavailableError):
            error.retry_after = retry_after(answer.headers)
        return error if self._refused is None else self._refused(error, body, answer.headers, path)

    def _query(self, url: httpx.URL) -> dict[str, str]:
        """Return a URL's query with secrets masked."""
        if not url.query:
            return {}
        return {name: self._shown_value(name, value) for name, value in url.params.multi_items()}

    def _headers(self, headers: httpx.Headers) -> dict[str, str]:
        return {
            name: self._shown_value(name, value.decode("latin-1"))
            for name, value in ((name.decode("latin-1").lower(), value) for name, value in headers.raw)
        }

    def _shown_value(self, name: str, value: str) -> str:
        return MASK if is_named_secret(name, value) else self._mask(value)


_AS_HTTPX = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _with_json(template: httpx.Request, value: Any) -> httpx.Request:
    """Return a request with a JSON body, as httpx would encode it. A third of the work of building it from scratch."""
    body = _AS_HTTPX.encode(value).encode()
    headers = template.headers.copy()
    headers["content-length"] = str(len(body))
    stream, extensions = httpx.ByteStream(body), template.extensions
    request = httpx.Request(template.method, template.url, headers=headers, stream=stream, extensions=extensions)
    request.read()
    return request


def _request_id(headers: Mapping[str, str]) -> str | None:
    return next((headers[name] for name in _REQUEST_IDS if name in headers), None)


def shown_url(url: httpx.URL) -> str:
    """Return a URL without user, password and query."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}{url.path}"  # `copy_with` would parse it again
