"""One exchange with a server as its socket sees it: whose it is, which clock runs, and how to end it from any thread."""

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
    """How long each part of an exchange may take, in seconds; `None` is for ever."""

    connect: float | None = 10.0
    """Looking up the name, connecting and agreeing on keys."""
    first_byte: float | None = 300.0
    """From the request sent to the first byte of an answer."""
    between_chunks: float | None = 120.0
    """From when more of the answer is wanted to when some comes: who reads slowly does not use up the server's time."""
    total: float | None = None
    """From the first attempt to the last byte, with the waits between attempts."""


@dataclass(slots=True)
class Call:
    """One exchange with a server, as its socket sees it: which clock runs, and how to end it.

    Used by the thread that makes the exchange; `abort` by any.
    """

    clocks: Clocks = field(default_factory=Clocks)
    began: float = field(default_factory=monotonic)
    waiting_since: float = field(default_factory=monotonic)
    """When it began to connect, or sent the last of its request."""
    answered: bool = False
    """Whether a byte of an answer to what was sent last has come."""
    ended: bool = False
    """Whether the other side has closed the connection."""
    aborted: bool = False
    sent: bool = False
    """Whether a byte of the request may have left."""
    connect_started: bool = False
    """Whether it opened a connection of its own, instead of using a kept one."""
    expired: str = ""
    """The clock that ran out."""
    peer: str = ""
    """The address that was dialled."""
    proxy: str = ""
    """The proxy that it goes through."""
    tunnelled: bool = False
    """Whether the proxy only carries bytes from now on, so that whoever answers or fails is the server."""
    hops: list[tuple[int, str, httpx.URL]] = field(default_factory=list)
    """Where the server sent it on to: by which status, and how and where it is asked from there on."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _socket: socket.socket | None = None

    @property
    def limit(self) -> float | None:
        """Seconds that the clock which ran out was set to."""
        seconds: float | None = getattr(self.clocks, self.expired.replace(" ", "_"), None)
        return seconds

    def abort(self) -> None:
        """End it: whoever waits for its socket wakes, and the server sees the connection close."""
        with self._lock:
            self.aborted = True
            if self._socket is not None:
                _shut(self._socket)

    def hold(self, open_socket: socket.socket) -> None:
        """Take the socket that it goes over from now on."""
        with self._lock:
            self._socket = open_socket
            if self.aborted:
                _shut(open_socket)

    def let_go(self, open_socket: socket.socket) -> None:
        """Leave a socket to the call that goes over it from now on: should this one be ended late, that one must not."""
        with self._lock:
            if self._socket is open_socket:
                self._socket = None

    def left(self, clock: str, since: float) -> float | None:
        """Return the seconds until this clock or the total one runs out; `None` if none is set.

        Raises:
            TimeoutError: One has run out.
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
                least, self.expired = left, name  # should the wait be the one that lasts too long
        return least


class _Current(threading.local):
    call: Call | None = None


_current = _Current()


@contextmanager
def calling(call: Call) -> Iterator[None]:
    """Make what this thread dials or sends inside the block a part of a call."""
    before, _current.call = _current.call, call
    try:
        yield
    finally:
        _current.call = before


def current() -> Call | None:
    """Return the call that this thread makes, if any."""
    return _current.call


def _shut(ended: socket.socket) -> None:
    """End both directions; of a TLS socket below its keys, which another thread may be using."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(ended, socket.SHUT_RDWR)
