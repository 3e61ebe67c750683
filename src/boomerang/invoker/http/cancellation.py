"""State of one exchange as its socket sees it: which clock is running, and how to abort it from any thread."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

import httpx


@dataclass(frozen=True, slots=True)
class Clocks:
    """Time limits for the parts of an exchange, in seconds; `None` means unlimited."""

    connect: float | None = 10.0
    """Name lookup, connecting and the TLS handshake."""
    first_byte: float | None = 300.0
    """From the request sent to the first byte of the response."""
    between_chunks: float | None = 120.0
    """From when the caller reads until data arrives: a slow reader does not use up the server's time."""
    total: float | None = None
    """From the first attempt to the last byte, including waits between attempts."""


@dataclass(slots=True)
class Call:
    """One exchange with a server: which clock is running, and how to abort it.

    Used by the thread that makes the exchange; only `abort` is thread-safe.
    """

    clocks: Clocks = field(default_factory=Clocks)
    began: float = field(default_factory=monotonic)
    waiting_since: float = field(default_factory=monotonic)
    """When connecting began, or the last of the request was sent."""
    answered: bool = False
    """Whether a byte of the response to the last request has arrived."""
    ended: bool = False
    """Whether the other side has closed the connection."""
    aborted: bool = False
    sent: bool = False
    """Whether a byte of the request may have been sent."""
    connect_started: bool = False
    """Whether it opened a new connection rather than reusing one."""
    expired: str = ""
    """The clock that expired."""
    peer: str = ""
    """The address that was connected to."""
    proxy: str = ""
    """The proxy in use."""
    tunnelled: bool = False
    """Whether the proxy now only forwards bytes, so that responses and failures are the server's."""
    hops: list[tuple[int, str, httpx.URL]] = field(default_factory=list)
    """Redirects: status, and the method and URL of the next request."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _socket: socket.socket | None = None

    @property
    def limit(self) -> float | None:
        """Limit of the expired clock, in seconds."""
        seconds: float | None = getattr(self.clocks, self.expired.replace(" ", "_"), None)
        return seconds

    def abort(self) -> None:
        """Abort the exchange: wake threads waiting for its socket and close the connection. Thread-safe."""
        with self._lock:
            self.aborted = True
            if self._socket is not None:
                _shut(self._socket)

    def hold(self, open_socket: socket.socket) -> None:
        """Set the socket that the exchange uses from now on."""
        with self._lock:
            self._socket = open_socket
            if self.aborted:
                _shut(open_socket)

    def let_go(self, open_socket: socket.socket) -> None:
        """Release a socket to the next call that uses it, so that a late abort of this call does not affect that one."""
        with self._lock:
            if self._socket is open_socket:
                self._socket = None

    def left(self, clock: str, since: float) -> float | None:
        """Return the seconds until this clock or the total one expires; `None` if neither is set.

        Raises:
            TimeoutError: One has expired.
        """
        now = monotonic()
        ends = {clock: since, "total": self.began}
        least: float | None = None
        for name, begin in ends.items():
            limit: float | None = getattr(self.clocks, name.replace(" ", "_"))
            if limit is None:
                continue
            left = begin + limit - now
            if left <= 0:
                self.expired = name
                raise TimeoutError(name)
            if least is None or left < least:
                least, self.expired = left, name  # the clock that expires if this wait takes too long
        return least


class _Current(threading.local):
    call: Call | None = None


_current = _Current()


@contextmanager
def calling(call: Call) -> Iterator[None]:
    """Attribute what this thread connects or sends inside the block to a call."""
    before, _current.call = _current.call, call
    try:
        yield
    finally:
        _current.call = before


def current() -> Call | None:
    """Return this thread's current call, if any."""
    return _current.call


def _shut(ended: socket.socket) -> None:
    """Shut down both directions, of a TLS socket below the TLS layer, which another thread may be using."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(ended, socket.SHUT_RDWR)
