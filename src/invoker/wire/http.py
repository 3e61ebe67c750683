"""One HTTP exchange under a run: told in notes, stopped from any thread, its failures mapped to the `InvokeError` family."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from time import monotonic, perf_counter
from typing import Any

import httpx

from ..errors import (
    InvokeConnectionError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
    InvokeTimeoutError,
    ProtocolError,
)
from ..run import NoteKind, Run
from .call import Call, Clocks, calling
from .charsets import read_text
from .faults import LONGEST_FAULT, check_packing, inside, kind_of, not_json, origin, refused_by, retry_after, said, told
from .masking import MASK, SECRET_NAME, Hide, Mask

LONGEST_NOTED = 16 * 1024
"""Characters of a body that a note keeps."""
_MARGIN = 1024
"""More than that is masked before it is cut, so that no half of a secret is left at the end."""
REFUSAL_SECONDS = 2.0
"""How long the words of a refusal may take behind its status, which says the most."""
LARGEST_ANSWER = 256 * 2**20
"""Bytes of an answer that is read as a whole; the vectors of 2,048 texts have some 140 MB."""
REST_SECONDS = 0.25
"""How long a server may take to end an answer of which it has said that it is complete."""
RETRIED = frozenset({429, 502, 503, 504})
"""Statuses by which a limit or a gateway answers in the model's place, so that asking again is taken to be safe."""
MOST_ATTEMPTS = 3
LONGEST_WAIT = 30.0
"""Seconds that a server may have us wait before we ask again; if it wants more, that is for a person to decide."""
_LIMIT = re.compile(r"rate-?limit", re.IGNORECASE)
"""In the names of headers that count tokens of a limit, which are no secrets and tell a tester how much is left."""
_REQUEST_IDS = ("x-request-id", "request-id", "x-correlation-id", "cf-ray")
_NO_TEXT = ("audio/", "image/", "video/", "application/octet-stream")
STALE_SECONDS = 0.3
"""Behind a request, within which the end of a kept connection was on its way before the request was read."""
STALE = "The server had closed the connection that was kept from the call before; asked again on a new one."


class Answer:
    """A server's answer whose body is read as it is asked for.

    Args:
        response: With its body unread.
        call: The exchange that it belongs to.
        run: Whose answer it is.
        largest: Bytes that it may have to be read as a whole.
        hide: Takes the connection's keys out of it, should the server say them back.
    """

    def __init__(
        self, response: httpx.Response, call: Call, run: Run, largest: int = LARGEST_ANSWER, hide: Hide = bytes
    ) -> None:
        self._bytes: Iterator[bytes] = response.iter_bytes()
        self.charset = response.charset_encoding
        """As the server tells it; `None` if it does not."""
        self._largest = largest
        self.hide = hide
        self._call = call
        self._run = run
        self.status = response.status_code
        self.headers = response.headers
        self.size = 0
        """Bytes of the body that came, decompressed."""
        self.beginning = bytearray()
        """The first of them, for the note."""

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
                if len(self.beginning) < LONGEST_NOTED + _MARGIN:
                    self.beginning += piece[: LONGEST_NOTED + _MARGIN]
                yield piece
                self._run.check()
        self._run.check()  # the end of an answer without a told length, and that of its connection by a stop, are the same

    def peek(self) -> bytes:
        """Give what the body begins with, blanks left out; it comes again when the body is read.

        Raises:
            InvokeError: It broke off, or a clock ran out.
            RunStoppedError: The run was stopped.
        """
        held = b""
        with told(self._call, self._run):
            for piece in self._bytes:
                held += piece
                self._run.check()
                if BOM_UTF8.startswith(held):
                    continue
                if found := held.removeprefix(BOM_UTF8).lstrip():
                    self._bytes = chain((held,), self._bytes)
                    return found
                self.size += len(held)
                held = b""
        return b""

    def read(self, most: int | None = None) -> bytes:
        """Give the whole body, or its beginning.

        Raises:
            ProtocolError: The whole is larger than it may be.
        """
        if most is None:
            self._check(int(self.headers.get("content-length", 0)))
        parts, size = [], 0
        for piece in self.pieces():
            parts.append(piece)
            size += len(piece)
            if most is None:
                self._check(size)
            elif size >= most:
                break
        return b"".join(parts)[:most]

    def _check(self, size: int) -> None:
        if size > self._largest:
            raise ProtocolError(f"The answer has more than {self._largest:,} bytes, which is more than is read.")

    def text(self, body: bytes) -> str:
        """Read bytes of the body as text without keys, in the charset that the server tells or else in one that fits."""
        return self.hide(read_text(body, self.charset).encode("utf-8", "replace")).decode()

    def refusal(self) -> bytes:
        """Give the body of a refusal, or as much of it as comes: however it ends, the server has refused."""
        self._shorten(REFUSAL_SECONDS)
        parts: list[bytes] = []
        with suppress(InvokeConnectionError, ProtocolError):
            for piece in self.pieces():
                parts.append(piece)
                if self.size >= LONGEST_FAULT:
                    break
        return b"".join(parts)[:LONGEST_FAULT]

    def finish(self) -> None:
        """Let the rest of the body come, of which nothing is wanted, so that the connection can be used again; not for long."""
        self._shorten(REST_SECONDS)
        with suppress(InvokeConnectionError, ProtocolError):
            for _ in self.pieces():
                pass

    def _shorten(self, seconds: float) -> None:
        """Let the call end so many seconds from now, but for what its own clocks end before."""
        clocks = self._call.clocks
        total = monotonic() - self._call.began + seconds
        self._call.clocks = replace(clocks, total=total if clocks.total is None else min(total, clocks.total))

    def json(self) -> Any:
        """Give the body as JSON.

        Raises:
            ProtocolError: It is none.
            InvokeError: It is an error, whatever the status says.
        """
        body = self.read()
        try:
            value = self._parsed(body)
        except (ValueError, LookupError, RecursionError) as error:
            raise not_json(self.status, self.text(body[:LONGEST_FAULT])) from error
        if isinstance(value, dict) and value.get("error"):
            raise inside(value["error"], self.text(body[:LONGEST_FAULT]), self.status)
        return value

    def _parsed(self, body: bytes) -> Any:
        """Read JSON. It should be UTF-8, but some have UTF-16, or keep to a charset of their own, and say so."""
        if "utf-8" not in (unicode := json.detect_encoding(body)):
            body = body.decode(unicode, "surrogatepass").encode("utf-8", "surrogatepass")  # or else no key is found in it
        try:
            return json.loads(self.hide(body))
        except UnicodeDecodeError:
            return json.loads(self.hide(body.decode(self.charset or "utf-8").encode()))


class Http:
    """Makes exchanges with one server.

    Args:
        client: How it is reached; its own timeouts are off, for the clocks are ours.
        clocks: How long each part may take.
        mask: Takes the connection's secrets out of what is noted.
        largest: Bytes that an answer may have to be read as a whole.
        hide: Takes its keys out of what the server answers.
    """

    def __init__(
        self,
        client: httpx.Client,
        clocks: Clocks,
        mask: Mask = lambda text: text,
        largest: int = LARGEST_ANSWER,
        hide: Hide = bytes,
    ) -> None:
        self._hide = hide
        self._largest = largest
        self._client = client
        self._addresses: dict[str, httpx.URL] = {}
        """Path → address: to put it together takes longer than all the rest of a request."""
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
        attempt, begun = 1, monotonic()
        while True:
            call = Call(self._clocks, begun)
            with run.on_stop(call.abort):
                began = perf_counter()
                try:
                    answer, response = self._sent(method, path, run, content, call)
                except InvokeError as error:
                    self._locate(error, path)
                    stale = attempt == 1 and _is_stale(error, call)
                    pause = 0.0 if stale else _pause(error, call, attempt, self._clocks.total)
                    if pause is None:
                        raise
                    said = f"{error} Asked again in {pause:.1f} s, attempt {attempt + 1} of {MOST_ATTEMPTS}."
                    run.note(NoteKind.NOTICE, STALE if stale else self._mask(said))
                    self._wait(run, pause)
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

    @staticmethod
    def _wait(run: Run, seconds: float) -> None:
        if seconds:
            run.phase("retrying")
        run.wait(seconds)
        if seconds:
            run.phase("reading")

    def _locate(self, error: InvokeError, path: str) -> None:
        """Fill in which address was called, where the error does not say so itself."""
        if error.url is None and path in self._addresses:
            error.url = self._mask(shown_url(self._addresses[path]))

    def _sent(self, method: str, path: str, run: Run, content: Mapping[str, Any], call: Call) -> tuple[Answer, httpx.Response]:
        run.check()
        request = self._client.build_request(method, self._addresses.get(path, path), **content)
        self._addresses[path] = request.url
        began = perf_counter()
        if run.heard:
            run.note(
                NoteKind.HTTP,
                "request",
                method=method,
                url=self._mask(shown_url(request.url)),
                **self._query(request.url),
                headers=self._headers(request.headers),
                **self._sent_body(request, content),
            )
        try:
            with told(call, run), calling(call):
                response = self._client.send(request, stream=True)
        finally:
            for status, by, target in call.hops:
                address = self._mask(shown_url(target))
                run.note(
                    NoteKind.NOTICE, f"The server sent the request on to {address} (HTTP {status}); it was asked there by {by}."
                )
        try:
            if run.heard:
                run.note(
                    NoteKind.HTTP,
                    "response",
                    status=response.status_code,
                    reason=self._mask(response.reason_phrase),
                    url=self._mask(shown_url(response.url)),
                    headers=self._headers(response.headers),
                    peer=call.peer,
                    seconds=perf_counter() - began,
                )
            check_packing(request.headers.get("accept-encoding", ""), response.headers.get("content-encoding", ""))
            answer = Answer(response, call, run, self._largest, self._hide)
            if not 200 <= response.status_code < 300:
                refusal = self._refusal(answer, response, call.proxy)
                self._ended(answer, run, began)
                raise refusal
        except BaseException:
            response.close()
            raise
        return answer, response

    def _ended(self, answer: Answer, run: Run, began: float) -> None:
        if run.heard:
            run.note(
                NoteKind.HTTP,
                "end",
                bytes=answer.size,
                seconds=perf_counter() - began,
                body=self._shown(bytes(answer.beginning), answer.media_type, answer.size, answer.charset),
            )

    def _sent_body(self, request: httpx.Request, content: Mapping[str, Any]) -> dict[str, Any]:
        """Give what a note says of what was sent: the body; of a form its fields, and its files by name and size."""
        if "files" not in content:
            body = request.content
            return {"body": self._shown(body, request.headers.get("content-type", ""), len(body))}
        fields = {name: self._mask(str(value)) for name, value in content.get("data", {}).items()}
        files = {name: {"filename": file[0], "content_type": file[2]} for name, file in content["files"].items()}
        return {"body": "", "form": fields, "files": files, "bytes": int(request.headers.get("content-length", 0))}

    def _shown(self, beginning: bytes, media_type: str, size: int, charset: str | None = None) -> str:
        """Give a body as text, masked and cut; of what is no text its size only."""
        if media_type.startswith(_NO_TEXT) or (charset is None and b"\0" in beginning[:256]):
            return f"({size:,} bytes)"
        text = self._mask(read_text(beginning[: LONGEST_NOTED + _MARGIN], charset))
        cut = len(text) > LONGEST_NOTED or size > len(beginning)
        return f"{text[:LONGEST_NOTED]}… ({size:,} bytes)" if cut else text

    def _refusal(self, answer: Answer, response: httpx.Response, proxy: str) -> InvokeError:
        body = self._mask(answer.text(answer.refusal()))
        status, url = response.status_code, self._mask(shown_url(response.url))
        words = said(body) or response.reason_phrase
        if status == 407 and proxy:
            return refused_by(proxy, status, words, body)
        kind = kind_of(status)
        error = kind(f"{words} (HTTP {status} from {url})", status_code=status, body=body)
        error.url, error.request_id = url, _request_id(answer.headers)
        if isinstance(error, InvokeRateLimitError | InvokeServerUnavailableError):
            error.retry_after = retry_after(answer.headers)
        return error

    def _query(self, url: httpx.URL) -> dict[str, Any]:
        """Give what a note says of an address's query; nothing if there is none."""
        if not url.query:
            return {}
        return {"query": {name: MASK if _is_secret(name) else self._mask(value) for name, value in url.params.multi_items()}}

    def _headers(self, headers: httpx.Headers) -> dict[str, str]:
        return {
            name: MASK if _is_secret(name) else self._mask(value.decode("latin-1"))
            for name, value in ((name.decode("latin-1").lower(), value) for name, value in headers.raw)
        }


def _request_id(headers: Mapping[str, str]) -> str | None:
    return next((headers[name] for name in _REQUEST_IDS if name in headers), None)


@lru_cache(maxsize=256)
def _is_secret(name: str) -> bool:
    return SECRET_NAME.search(name) is not None and _LIMIT.search(name) is None


def shown_url(url: httpx.URL) -> str:
    """Write an address without user, password and query."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}{url.path}"  # `copy_with` would parse it anew


def _is_stale(error: InvokeError, call: Call) -> bool:
    """Tell whether a kept connection was closed by the server, as it may at any time, just when we used it again.

    Nothing of an answer came, and the end came at once, so nothing was done with the request; curl takes it so too, for any
    method. A server that ends later may have worked on it, and what it worked may have a price.
    """
    broken = isinstance(error, InvokeConnectionError) and not isinstance(error, InvokeTimeoutError)
    unused = call.sent and not call.dialled and not call.answered and not call.aborted
    return broken and unused and monotonic() - call.waiting_since < STALE_SECONDS


def _pause(error: InvokeError, call: Call, attempt: int, total: float | None) -> float | None:
    """Give the seconds until it is safe and sensible to ask again; `None` if it is not."""
    refused = not call.sent and error.__cause__ is not None and isinstance(origin(error.__cause__), ConnectionRefusedError)
    if attempt >= MOST_ATTEMPTS or not (refused or error.status_code in RETRIED):
        return None
    asked: float | None = getattr(error, "retry_after", None)
    pause = 0.4 * 2 ** (attempt - 1) if asked is None else asked
    in_time = total is None or monotonic() - call.began + pause < total
    return pause if in_time and pause <= LONGEST_WAIT else None
