"""The body of a server's answer: read as it comes, or as a whole, or as much of it as is of use."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from time import monotonic
from typing import Any

import httpx

from ..errors import InvokeConnectionError, ProtocolError
from ..run import Run
from .call import Call
from .charsets import read_text
from .faults import LONGEST_FAULT, inside, not_json, told
from .masking import Hiding
from .sse import Event, SSEDecoder

LONGEST_NOTED = 16 * 1024
"""Characters of a body that a note keeps."""
MARGIN = 1024
"""More than that is masked before it is cut, so that no half of a secret is left at the end."""
REFUSAL_SECONDS = 2.0
"""How long the words of a refusal may take behind its status, which says the most."""
LARGEST_ANSWER = 256 * 2**20
"""Bytes of an answer that is read as a whole; the vectors of 2,048 texts have some 140 MB."""
REST_SECONDS = 0.25
"""How long a server may take to end an answer of which it has said that it is complete."""


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
        self, response: httpx.Response, call: Call, run: Run, largest: int = LARGEST_ANSWER, hide: Hiding | None = None
    ) -> None:
        self._bytes: Iterator[bytes] = response.iter_bytes()
        self.charset = response.charset_encoding
        """As the server tells it; `None` if it does not."""
        self._largest = largest
        self.hide = hide or Hiding()
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
                if len(self.beginning) < LONGEST_NOTED + MARGIN:
                    self.beginning += piece[: LONGEST_NOTED + MARGIN]
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
        return self.hide.text(read_text(body, self.charset)).encode("utf-8", "replace").decode()

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

    def events(self) -> Iterator[Event]:
        """Yield the events of a stream, without credentials."""
        decoder = SSEDecoder()
        for piece in self.pieces():
            for event in decoder.feed(piece):
                yield event._replace(data=self.hide(event.data))
        for event in decoder.flush():
            yield event._replace(data=self.hide(event.data))

    def json_text(self) -> bytes:
        """Return the whole body in UTF-8, without credentials, for a reader that takes what is not quite JSON."""
        body = self.read()
        unicode = json.detect_encoding(body)
        if "utf-8" not in unicode:
            body = body.decode(unicode, "replace").encode()
        elif self.charset and self.charset.lower() != "utf-8":
            body = read_text(body, self.charset).encode("utf-8", "replace")
        return self.hide(body)

    def _parsed(self, body: bytes) -> Any:
        """Read JSON. It should be UTF-8, but some have UTF-16, or keep to a charset of their own, and say so."""
        if "utf-8" not in (unicode := json.detect_encoding(body)):
            body = body.decode(unicode, "surrogatepass").encode("utf-8", "surrogatepass")  # or else no key is found in it
        try:
            return json.loads(self.hide(body))
        except UnicodeDecodeError:
            return json.loads(self.hide(body.decode(self.charset or "utf-8").encode()))
