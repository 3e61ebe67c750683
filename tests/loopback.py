"""A scripted server on loopback that controls every byte: answers, drips, breaks off, hangs; and notices disconnects."""

from __future__ import annotations

import json
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

BOUND = 20.0
"""Longest time in seconds for any step on a busy machine."""


@dataclass
class ReceivedRequest:
    """A received request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Its body as JSON."""
        return json.loads(self.body)


@dataclass
class ClientConnection:
    """A connection to one client."""

    socket: socket.socket
    left: threading.Event = field(default_factory=threading.Event)
    """Set when the client has disconnected."""

    def send(self, *pieces: bytes) -> None:
        """Send bytes, each piece separately."""
        for piece in pieces:
            self.socket.sendall(piece)

    def drip(self, data: bytes, size: int = 1) -> None:
        """Send bytes in pieces of a size."""
        self.send(*(data[at : at + size] for at in range(0, len(data), size)))

    def drip_until_gone(self, data: bytes, pause: float = 0.005) -> None:
        """Send bytes one at a time, over and over, until the client has disconnected."""
        while not select.select([self.socket], [], [], pause)[0]:  # readable means closed: the client has nothing more to send
            self.socket.send(data[:1])
            data = data[1:] + data[:1]
        self.wait_until_gone()

    def wait_until_gone(self) -> None:
        """Wait until the client has disconnected."""
        self.socket.settimeout(BOUND)
        with suppress(ConnectionError):
            while self.socket.recv(65536):
                pass
        self.left.set()


Script = Callable[[ReceivedRequest, ClientConnection], None]
"""Answers one request; the connection is kept if it returns, and closed if it raises `EOFError`."""


class Loopback:
    """The server, used as a context manager.

    Args:
        script: Handles each request.
        context: Enables https.
        family: `AF_INET6` for ::1.
        first: Handles each connection before https or a request.
    """

    def __init__(
        self,
        script: Script,
        *,
        context: ssl.SSLContext | None = None,
        family: socket.AddressFamily = socket.AF_INET,
        first: Callable[[ClientConnection], None] | None = None,
    ) -> None:
        self._script = script
        self._context = context
        self._first = first
        self._received = threading.Condition()
        self.requests: list[ReceivedRequest] = []
        self.connections: list[ClientConnection] = []
        self._listening = socket.socket(family, socket.SOCK_STREAM)
        self._listening.bind(("::1" if family is socket.AF_INET6 else "127.0.0.1", 0))
        self._listening.listen(128)
        host, port = self._listening.getsockname()[:2]
        scheme = "https" if context else "http"
        self.address = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Loopback:
        self._accepting.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in self.connections:
            with suppress(OSError):
                connection.socket.shutdown(socket.SHUT_RDWR)
        self._accepting.join(BOUND)
        for thread in self._threads:
            thread.join(BOUND)

    def until(self, state: Callable[[Loopback], object]) -> None:
        """Wait until connections or requests bring the server into a state."""
        with self._received:
            assert self._received.wait_for(lambda: state(self), BOUND)

    def settle(self) -> None:
        """Wait until every connection so far has ended."""
        for thread in tuple(self._threads):
            thread.join(BOUND)

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._listening.accept()
            except OSError:
                return
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=self._serve, args=(accepted,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, accepted: socket.socket) -> None:
        connection = ClientConnection(accepted)
        with self._received:
            self.connections.append(connection)
            self._received.notify_all()
        try:
            with suppress(OSError, EOFError, _NotHttpError):
                if self._first is not None:
                    self._first(connection)
                if self._context is not None:
                    connection.socket = self._context.wrap_socket(accepted, server_side=True)
                with connection.socket.makefile("rb") as reading:
                    while request := _read(reading):
                        with self._received:
                            self.requests.append(request)
                            self._received.notify_all()
                        self._script(request, connection)
        finally:
            with suppress(OSError):
                connection.socket.close()


class _NotHttpError(Exception):
    pass


def _read(reading: Any) -> ReceivedRequest | None:
    line = reading.readline().decode("latin-1")
    if not line.strip():
        return None
    if not line.endswith("HTTP/1.1\r\n"):
        raise _NotHttpError
    method, path, _ = line.split(" ", 2)
    headers: dict[str, str] = {}
    while (line := reading.readline().decode()) != "\r\n":
        if not line:
            raise EOFError  # the client disconnected during the request
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(reading.readline(), 16):
            body += reading.read(size)
            reading.readline()
        reading.readline()
    else:
        size = int(headers.get("content-length", 0))
        body = reading.read(size)
        if len(body) < size:
            raise EOFError
    return ReceivedRequest(method, path, headers, body)


def head(status: int = 200, media_type: str = "application/json", **headers: str) -> bytes:
    """Return the head of a response; without a length it ends with the connection."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Type: {media_type}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def whole(body: bytes | Any, status: int = 200, media_type: str = "application/json", **headers: str) -> bytes:
    """Return a whole response; a body that is not bytes is written as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return head(status, media_type, Content_Length=str(len(data)), **headers) + data


def chunked(pieces: Iterable[bytes]) -> Iterable[bytes]:
    """Yield pieces in chunked encoding, with its end."""
    for piece in pieces:
        yield b"%x\r\n%s\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


STREAM = head(media_type="text/event-stream", Transfer_Encoding="chunked")
"""Head of an event stream in chunked encoding."""
