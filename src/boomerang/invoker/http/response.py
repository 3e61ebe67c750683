"""Read the body of a server's response: as a stream, whole, or only the useful part."""

from __future__ import annotations

import email.message
import json
import sys
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from io import BytesIO
from itertools import chain
from time import monotonic
from typing import Any

import httpx

from boomerang.invoker.errors import InvokeConnectionError, ProtocolError
from boomerang.invoker.http.body.charset import charset_of, fits, known, read_text
from boomerang.invoker.http.body.decompression import unpacked
from boomerang.invoker.http.body.sse import Event, SSEDecoder
from boomerang.invoker.http.body.tolerant_json import LARGE, Oddity, memory, read_json
from boomerang.invoker.http.redaction.masking import Hiding
from boomerang.invoker.run import Run

from .cancellation import Call
from .errors import LONGEST_ERROR, inside, map_errors, not_json
from .limits import DEFAULTS, Limits

LONGEST_RECORDED = 16 * 1024
"""Maximum characters of a body in an event."""
MARGIN = 1024
"""Characters masked beyond that before cutting, so that no partial secret remains at the end."""
REFUSAL_SECONDS = 2.0
"""How long to wait for the text of an error response; its status matters most."""
LONGEST_LABEL = 80
"""Maximum characters of a quoted label."""
REST_SECONDS = 0.25
"""How long to wait for the end of a response after the server reported it complete."""


class Answer:
    """A server's response whose body is read on demand.

    Args:
        response: With its body unread.
        call: The exchange that it belongs to.
        run: The run that it belongs to.
        limits: How much of it is read.
        hide: Masks the connection's keys, in case the server repeats them.
    """

    media_type: str
    """The body's media type as declared, without parameters; empty if not declared."""
    charset: str | None
    """The declared charset; `None` if not declared."""

    def __init__(
        self, response: httpx.Response, call: Call, run: Run, limits: Limits = DEFAULTS, hide: Hiding | None = None
    ) -> None:
        self.media_type, self.charset = _content_type(response.headers.get("content-type", ""))
        self._limits = limits
        self.hide = hide or Hiding()
        self._call = call
        self._run = run
        self._reported: set[Oddity] = set()
        self.status = response.status_code
        self.headers = response.headers
        self.size = 0
        """Bytes of the body that arrived, decompressed."""
        self.beginning = bytearray()
        """The first of them, for the event."""
        self._bytes: Iterator[bytes] = self._unpacked(response)

    def _unpacked(self, response: httpx.Response) -> Iterator[bytes]:
        """Yield the decompressed body up to its limits."""
        label = response.headers.get("content-encoding", "")
        if label:
            label = self.hide(label.encode("utf-8", "replace")).decode()
        with map_errors(self._call, self._run):
            for piece in unpacked(self._raw(response), label[:LONGEST_LABEL], self._run):
                kept = piece[: self._limits.answer_bytes - self.size]
                self.size += len(piece)
                if len(self.beginning) < LONGEST_RECORDED + MARGIN:
                    self.beginning += kept[: LONGEST_RECORDED + MARGIN]
                if kept:
                    yield kept
                    self._run.check()
                self._limits.check_bytes(self.size)
        self._run.check()  # without Content-Length, the end of a response and a connection closed by a stop look the same

    def _raw(self, response: httpx.Response) -> Iterator[bytes]:
        """Yield the body as received; limited too, as it may decompress to nothing."""
        assert isinstance(response.stream, httpx.SyncByteStream)
        size = 0
        for count, piece in enumerate(response.stream, 1):  # `iter_raw` would count and cut them again
            size += len(piece)
            yield piece
            self._limits.check_parts(count)
            if size > self._limits.answer_bytes:
                self._limits.check_bytes(size)
            self._run.check()

    def pieces(self) -> Iterator[bytes]:
        """Return the rest of the body, as it arrives.

        Raises:
            InvokeError: While iterating: the connection broke off or timed out.
            RunStoppedError: While iterating: the run was stopped.
        """
        return self._bytes

    def events(self) -> Iterator[Event]:
        """Yield the events of a stream as they arrive, with the connection's keys masked. May be closed early.

        Raises:
            ProtocolError: The stream exceeds a limit; what came before was yielded.
            InvokeError: The connection broke off or timed out; likewise.
            RunStoppedError: The run was stopped.
        """
        decoder, count = SSEDecoder(), 0
        for piece in chain(self._bytes, (None,)):
            for event in decoder.flush() if piece is None else decoder.feed(piece):
                count += 1
                self._limits.check_events(count)
                if len(event.data) > LARGE:
                    self._limits.check_memory(memory(event.data))
                data = self.hide(event.data)
                yield event if data is event.data else event._replace(data=data)
            self._limits.check_parts(decoder.lines)

    def check_part(self, count: int, data: bytes) -> None:
        """Raise if a stream has too many parts, or if this one would take too much memory once parsed.

        Args:
            count: Number of parts so far.
            data: JSON of the last one.

        Raises:
            ProtocolError: A limit is exceeded.
        """
        self._limits.check_events(count)
        if len(data) > LARGE:
            self._limits.check_memory(memory(data))

    def peek(self) -> bytes:
        """Return the beginning of the body without leading whitespace, without consuming it.

        Raises:
            InvokeError: The connection broke off or timed out.
            RunStoppedError: The run was stopped.
        """
        beginning = b""
        for piece in self._bytes:
            beginning += piece
            self._run.check()
            if BOM_UTF8.startswith(beginning):
                continue
            if content := beginning.removeprefix(BOM_UTF8).lstrip():
                self._bytes = chain((beginning,), self._bytes)
                return content
            beginning = b""
        return b""

    def read(self, most: int | None = None) -> bytes:
        """Return the whole body, or its first `most` bytes.

        Raises:
            ProtocolError: The whole exceeds the limit.
        """
        if most is None:
            self._limits.check_bytes(int(self.headers.get("content-length", 0)))
        body = BytesIO()  # takes no extra memory for many small pieces, unlike a list, and is not copied, unlike a bytearray
        for piece in self._bytes:
            body.write(piece)
            if most is not None and body.tell() >= most:
                break
        return body.getvalue()[:most]

    def text(self, body: bytes) -> str:
        """Decode bytes of the body with keys masked, in the declared charset or else one that fits."""
        return self.hide.text(read_text(body, self.charset)).encode("utf-8", "replace").decode()

    def refusal(self) -> bytes:
        """Return the body of an error response, as far as it arrives: even if it breaks off, the server has refused."""
        self._shorten(REFUSAL_SECONDS)
        parts: list[bytes] = []
        with suppress(InvokeConnectionError, ProtocolError):
            for piece in self._bytes:
                parts.append(piece)
                if self.size >= LONGEST_ERROR:
                    break
        return b"".join(parts)[:LONGEST_ERROR]

    def finish(self) -> None:
        """Drain the body for a short time so that the connection can be reused."""
        self._shorten(REST_SECONDS)
        with suppress(InvokeConnectionError, ProtocolError):
            for _ in self._bytes:
                pass

    def _shorten(self, seconds: float) -> None:
        """Limit the rest of the call to `seconds`, unless its own clocks expire earlier."""
        clocks = self._call.clocks
        total = monotonic() - self._call.began + seconds
        self._call.clocks = replace(clocks, total=total if clocks.total is None else min(total, clocks.total))

    def json(self) -> Any:
        """Return the body as JSON.

        Raises:
            ProtocolError: It is not JSON.
            InvokeError: It is an error, whatever the status says.
        """
        value, body = self._json()
        if isinstance(value, dict) and value.get("error"):
            raise inside(value["error"], self.text(body[:LONGEST_ERROR]), self.status)
        return value

    def json_value(self) -> Any:
        """Return the body as JSON, also if it has the field `error`.

        Raises:
            ProtocolError: It is not JSON.
        """
        return self._json()[0]

    def _json(self) -> tuple[Any, bytes]:
        body = self._json_body()
        try:
            return self._parsed(body), body
        except ValueError as error:
            raise not_json(self.status, self.text(body[:LONGEST_ERROR])) from error

    def json_text(self) -> bytes:
        """Return the whole body in UTF-8, with credentials masked, for a reader that accepts almost-JSON.

        Raises:
            ProtocolError: It is too large, or would be once parsed.
        """
        return self.hide(self._in_utf8(self._json_body()))

    def _json_body(self) -> bytes:
        body = self.read()
        if len(body) > LARGE:
            self._limits.check_memory(memory(body))
        return body

    def report(self, oddities: Iterable[Oddity]) -> None:
        """Report deviations in the response's JSON, each kind once."""
        for oddity in sorted(set(oddities) - self._reported):
            self._reported.add(oddity)
            match oddity:
                case "control_characters":
                    self._run.notice("http.control_characters")
                case "bad_utf8":
                    self._run.notice("http.bad_utf8")
                case "trailing":
                    self._run.notice("http.trailing")
                case "long_integer":
                    self._run.notice("http.long_integer", digits=sys.get_int_max_str_digits())

    def _parsed(self, body: bytes) -> Any:
        """Parse JSON.

        Raises:
            ValueError: It is not JSON.
        """
        value, oddities = read_json(self.hide(self._in_utf8(body)))
        self.report(oddities)
        return value

    def _in_utf8(self, body: bytes) -> bytes:
        """Return JSON in UTF-8, as it should be; some servers send UTF-16 or another charset, declared or not."""
        charset: str = json.detect_encoding(body)
        if "utf-8" in charset and not (body.isascii() or fits(body, "utf-8")):
            charset = charset_of(body, self.charset)
            if charset not in ("utf-8", known(self.charset)):
                self._run.notice("http.guessed_charset", charset=charset)
        if "utf-8" in charset:
            return body
        if not fits(body, charset):
            self.report({"bad_utf8"})
        return body.decode(charset, "replace").encode("utf-8", "replace")  # otherwise keys would not be found in it


@lru_cache(maxsize=64)
def _content_type(header: str) -> tuple[str, str | None]:
    """Return the declared media type and charset; empty and `None` if not declared."""
    message = email.message.Message()
    message["content-type"] = header
    return header.partition(";")[0].strip().lower(), message.get_content_charset()
