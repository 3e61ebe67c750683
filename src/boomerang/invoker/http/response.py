"""The body of a server's answer: read as it comes, or as a whole, or as much of it as is of use."""

from __future__ import annotations

import json
import sys
from codecs import BOM_UTF8
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
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
"""Characters of a body that a note keeps."""
MARGIN = 1024
"""More than that is masked before it is cut, so that no half of a secret is left at the end."""
REFUSAL_SECONDS = 2.0
"""How long the words of a refusal may take behind its status, which says the most."""
LONGEST_LABEL = 80
"""Characters of a label that is quoted."""
REST_SECONDS = 0.25
"""How long a server may take to end an answer of which it has said that it is complete."""


class Answer:
    """A server's answer whose body is read as it is asked for.

    Args:
        response: With its body unread.
        call: The exchange that it belongs to.
        run: Whose answer it is.
        limits: How much of it is read.
        hide: Takes the connection's keys out of it, should the server say them back.
    """

    def __init__(
        self, response: httpx.Response, call: Call, run: Run, limits: Limits = DEFAULTS, hide: Hiding | None = None
    ) -> None:
        self.charset = response.charset_encoding
        """As the server tells it; `None` if it does not."""
        self._limits = limits
        self.hide = hide or Hiding()
        self._call = call
        self._run = run
        self._reported: set[Oddity] = set()
        self.status = response.status_code
        self.headers = response.headers
        self.size = 0
        """Bytes of the body that came, decompressed."""
        self.beginning = bytearray()
        """The first of them, for the note."""
        self._bytes: Iterator[bytes] = self._unpacked(response)

    def _unpacked(self, response: httpx.Response) -> Iterator[bytes]:
        """Yield the body, unpacked and up to its limits."""
        label = self.hide(response.headers.get("content-encoding", "").encode("utf-8", "replace")).decode()
        for piece in unpacked(self._raw(response), label[:LONGEST_LABEL], self._run):
            kept = piece[: self._limits.answer_bytes - self.size]
            self.size += len(piece)
            if len(self.beginning) < LONGEST_RECORDED + MARGIN:
                self.beginning += kept[: LONGEST_RECORDED + MARGIN]
            if kept:
                yield kept
            self._limits.check_bytes(self.size)

    def _raw(self, response: httpx.Response) -> Iterator[bytes]:
        """Yield the body as it came; also what unpacks to nothing has an end."""
        size = 0
        for count, piece in enumerate(response.iter_raw(), 1):
            size += len(piece)
            yield piece
            self._limits.check_parts(count)
            if size > self._limits.answer_bytes:
                self._limits.check_bytes(size)
            self._run.check()

    @property
    def media_type(self) -> str:
        """What the server says its body is, without parameters; empty if it does not say."""
        return str(self.headers.get("content-type", "")).partition(";")[0].strip().lower()

    def pieces(self) -> Generator[bytes, None, None]:
        """Return the body as it comes.

        Raises:
            InvokeError: It broke off, or a clock ran out.
            RunStoppedError: The run was stopped.
        """
        with map_errors(self._call, self._run):
            for piece in self._bytes:
                yield piece
                self._run.check()
        self._run.check()  # the end of an answer without a told length, and that of its connection by a stop, are the same

    def events(self) -> Iterator[Event]:
        """Yield the events of a stream as they come, with the connection's keys masked. Closing it early is fine.

        Raises:
            ProtocolError: The stream exceeds a limit; what came before was yielded.
            InvokeError: It broke off, or a clock ran out; likewise.
            RunStoppedError: The run was stopped.
        """
        decoder, count = SSEDecoder(), 0
        with closing(self.pieces()) as pieces:
            for event in chain(self._decoded(decoder, pieces), decoder.flush()):
                count += 1
                self._limits.check_events(count)
                if len(event.data) > LARGE:
                    self._limits.check_memory(memory(event.data))
                data = self.hide(event.data)
                yield event if data is event.data else event._replace(data=data)

    def _decoded(self, decoder: SSEDecoder, pieces: Iterator[bytes]) -> Iterator[Event]:
        for piece in pieces:
            yield from decoder.feed(piece)
            self._limits.check_parts(decoder.lines)

    def peek(self) -> bytes:
        """Return what the body begins with, blanks left out; it comes again when the body is read.

        Raises:
            InvokeError: It broke off, or a clock ran out.
            RunStoppedError: The run was stopped.
        """
        beginning = b""
        with map_errors(self._call, self._run):
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
        """Return the whole body, or its beginning.

        Raises:
            ProtocolError: The whole is larger than it may be.
        """
        if most is None:
            self._limits.check_bytes(int(self.headers.get("content-length", 0)))
        body = BytesIO()  # unlike a list it takes no more memory for many small pieces, and unlike a bytearray it is not copied
        for piece in self.pieces():
            body.write(piece)
            if most is not None and body.tell() >= most:
                break
        return body.getvalue()[:most]

    def text(self, body: bytes) -> str:
        """Read bytes of the body as text without keys, in the charset that the server tells or else in one that fits."""
        return self.hide.text(read_text(body, self.charset)).encode("utf-8", "replace").decode()

    def refusal(self) -> bytes:
        """Return the body of a refusal, or as much of it as comes: however it ends, the server has refused."""
        self._shorten(REFUSAL_SECONDS)
        parts: list[bytes] = []
        with suppress(InvokeConnectionError, ProtocolError):
            for piece in self.pieces():
                parts.append(piece)
                if self.size >= LONGEST_ERROR:
                    break
        return b"".join(parts)[:LONGEST_ERROR]

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
        """Return the body as JSON.

        Raises:
            ProtocolError: It is none.
            InvokeError: It is an error, whatever the status says.
        """
        body = self._json_body()
        try:
            value = self._parsed(body)
        except ValueError as error:
            raise not_json(self.status, self.text(body[:LONGEST_ERROR])) from error
        if isinstance(value, dict) and value.get("error"):
            raise inside(value["error"], self.text(body[:LONGEST_ERROR]), self.status)
        return value

    def json_text(self) -> bytes:
        """Return the whole body in UTF-8, without credentials, for a reader that takes what is not quite JSON.

        Raises:
            ProtocolError: It is larger than it may be, or would be once it is parsed.
        """
        return self.hide(self._in_utf8(self._json_body()))

    def _json_body(self) -> bytes:
        body = self.read()
        if len(body) > LARGE:
            self._limits.check_memory(memory(body))
        return body

    def report(self, oddities: Iterable[Oddity]) -> None:
        """Report what was wrong with the answer's JSON, each kind once."""
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
        """Read JSON.

        Raises:
            ValueError: It is none.
        """
        value, oddities = read_json(self.hide(self._in_utf8(body)))
        self.report(oddities)
        return value

    def _in_utf8(self, body: bytes) -> bytes:
        """Return JSON in UTF-8, as it should be; some have UTF-16, or keep to a charset of their own, and perhaps say so."""
        charset: str = json.detect_encoding(body)
        if "utf-8" in charset and not (body.isascii() or fits(body, "utf-8")):
            charset = charset_of(body, self.charset)
            if charset not in ("utf-8", known(self.charset)):
                self._run.notice("http.guessed_charset", charset=charset)
        if "utf-8" in charset:
            return body
        if not fits(body, charset):
            self.report({"bad_utf8"})
        return body.decode(charset, "replace").encode("utf-8", "replace")  # or else no key is found in it
