"""Sockets that a run can end: connecting, waiting and reading stop from another thread, at once and on both sides.

httpx waits for a socket without asking anybody, and closing its response from another thread does not end a read. So this takes
the place of httpcore's own sockets, by its public seam for that (`NetworkBackend`).

It is also where the address that is really dialled is known, redirects included, and so where it is judged.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, TypeAlias

import httpcore

from .cancellation import Call, Clocks, current

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
AddressCheck = Callable[[str, Address | None, int], None]
"""Takes the name, the address behind it and the port that are about to be dialled; raises what refuses them.

There is no address where a proxy is to dial."""
Search = Callable[..., Any]
SocketOptions: TypeAlias = Iterable[Any] | None

LOOK_SECONDS = 0.05
"""How often a connection under way looks whether it is still wanted."""


class Stream(httpcore.NetworkStream):
    """A connected socket; belongs to the call that wrote to it last."""

    def __init__(self, connected: socket.socket, peer: str, proxy: str = "", tunnelled: bool = False) -> None:
        self._socket = connected
        self._peer = peer
        self._proxy = proxy
        self._tunnelled = tunnelled
        self._tunnelling = False
        """Whether the proxy was asked for a tunnel."""
        self._call: Call = current() or Call(Clocks(None, None, None))
        self._call.peer = peer

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what there is; wait for it as long as the call's clock allows."""
        call = self._call
        clock, since = "connect" if self._tunnelling else "first byte", call.waiting_since
        if call.answered and not self._tunnelling:  # the time that our own reader took is not the server's
            clock, since = "between chunks", monotonic()
        with _as_httpcore(httpcore.ReadTimeout, httpcore.ReadError):
            self._socket.settimeout(call.left(clock, since))
            data = self._socket.recv(max_bytes)
        call.answered, call.ended = call.answered or bool(data), not data
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it."""
        before, call = self._call, current() or self._call
        if before is not call:
            before.let_go(self._socket)
        self._call = call
        call.peer, call.proxy, call.tunnelled = self._peer, self._proxy, self._tunnelled
        call.answered = call.ended = False
        if buffer:
            self._tunnelling = bool(self._proxy) and buffer.startswith(b"CONNECT ")
        call.hold(self._socket)
        with _as_httpcore(httpcore.WriteTimeout, httpcore.WriteError):
            self._socket.settimeout(call.left("first byte", monotonic()))
            if buffer:
                call.sent = True
                self._socket.sendall(buffer)
        call.waiting_since = monotonic()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Agree on keys; gives the stream to go on with."""
        call = current() or self._call
        call.tunnelled = self._tunnelling
        since = monotonic() if self._tunnelling else call.waiting_since
        try:
            with _as_httpcore(httpcore.ConnectTimeout, httpcore.ConnectError):
                self._socket.settimeout(call.left("connect", since))
                # What is wrapped loses its descriptor, so that the wrapper is what a stop must find, and before it waits.
                wrapped = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname, do_handshake_on_connect=False)
                self._socket = wrapped
                call.hold(wrapped)
                wrapped.do_handshake()
        except BaseException:
            self.close()
            raise
        return Stream(wrapped, self._peer, self._proxy, self._tunnelling)

    def get_extra_info(self, info: str) -> Any:
        """Return what httpcore asks for: the socket and its ends, and whether bytes or an end wait in it."""
        match info:
            case "socket":
                return self._socket
            case "ssl_object":
                return self._socket if isinstance(self._socket, ssl.SSLSocket) else None
            case "server_addr":
                return self._socket.getpeername()
            case "client_addr":
                return self._socket.getsockname()
            case "is_readable":
                return _readable(self._socket)
        return None


class Connector(httpcore.NetworkBackend):
    """Dials for a connection pool.

    Args:
        judge: Says which addresses may be dialled; any if not given.
        search: Finds the addresses of a name, as `socket.getaddrinfo` does.
        proxy: The proxy that is dialled in place of servers, as it may be shown.
    """

    def __init__(self, check_address: AddressCheck | None = None, search: Search = socket.getaddrinfo, proxy: str = "") -> None:
        self._check_address = check_address
        self._search = search
        self._proxy = proxy

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: SocketOptions = None,
    ) -> httpcore.NetworkStream:
        """Look up a name and connect to the first of its addresses that answers.

        Raises:
            httpcore.ConnectError: There is no such name, or nobody answers.
            httpcore.ConnectTimeout: The clock ran out.
        """
        call = current() or Call(Clocks(connect=timeout))
        call.waiting_since = began = monotonic()
        call.proxy, call.tunnelled = self._proxy, False
        with _as_httpcore(httpcore.ConnectTimeout, httpcore.ConnectError):
            addresses = _look_up(self._search, host, port, call, began)
            refusal: OSError | None = None
            for family, address in addresses:
                if self._check_address is not None:
                    self._check_address(host, ipaddress.ip_address(str(address[0]).partition("%")[0]), port)
                try:
                    connected = _connected(family, address, call, began)
                except (ConnectionError, OSError) as error:
                    if isinstance(error, TimeoutError) or call.aborted:
                        raise
                    refusal = error
                    continue
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                call.hold(connected)
                call.connect_started = True
                return Stream(connected, _written(address), self._proxy)
            raise refusal or OSError(f"{host} has no address")

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: SocketOptions = None
    ) -> httpcore.NetworkStream:
        """Refuse: a connection has an address of HTTP."""
        raise httpcore.UnsupportedProtocol("unix sockets are not dialled")

    def sleep(self, seconds: float) -> None:
        """Wait; httpcore asks for it between its own attempts, of which there are none."""
        threading.Event().wait(seconds)


def _look_up(search: Search, host: str, port: int, call: Call, began: float) -> list[tuple[int, tuple[Any, ...]]]:
    """Find the addresses of a name, in a thread that nobody has to wait for: the system's search cannot be ended."""
    results: list[Any] = []
    done = threading.Event()

    def look() -> None:
        try:
            results.append(search(host, port, type=socket.SOCK_STREAM))
        except UnicodeError:  # a part of the name is empty or too long, and Python's codec of names says so in its own way
            results.append(socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
        except Exception as error:  # told by the thread that waits
            results.append(error)
        finally:
            done.set()

    with contextlib.suppress(ValueError):
        ipaddress.ip_address(host)
        look()
    if not done.is_set():
        threading.Thread(target=look, name=f"looking up {host}", daemon=True).start()
        while not done.wait(LOOK_SECONDS):
            _wanted(call)
            call.left("connect", began)
    if isinstance(results[0], Exception):
        raise results[0]
    return [(family, address) for family, _kind, _protocol, _name, address in results[0]]


def _connected(family: int, address: tuple[Any, ...], call: Call, began: float) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        code = made.connect_ex(address)
        while code:
            _wanted(call)
            left = call.left("connect", began)
            _, ready, _ = select.select([], [made], [], LOOK_SECONDS if left is None else min(LOOK_SECONDS, left))
            if ready:
                code = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if code:
                    raise OSError(code, os.strerror(code))
        _wanted(call)
    except BaseException:
        made.close()
        raise
    return made


def _wanted(call: Call) -> None:
    if call.aborted:
        raise ConnectionAbortedError("the call was ended")


def _readable(waiting: socket.socket) -> bool:
    try:
        poll = select.poll()
        poll.register(waiting, select.POLLIN)
        return bool(poll.poll(0))
    except (OSError, ValueError):  # closed
        return True


def _written(address: tuple[Any, ...]) -> str:
    host, port = address[0], address[1]
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"


@contextmanager
def _as_httpcore(late: type[Exception], failed: type[Exception]) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise late(str(error)) from error
    except OSError as error:
        raise failed(str(error)) from error
