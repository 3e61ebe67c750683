"""Sockets that a run can abort: connecting, waiting and reading stop from another thread, at once and on both sides.

httpx waits for a socket uninterruptibly, and closing its response from another thread does not end a read. So these replace
httpcore's own sockets through its public interface (`NetworkBackend`).

Address checks happen here too, as this is where the actual address is known, redirects included.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any, TypeAlias

import httpcore

from .cancellation import Call, Clocks, current

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
AddressCheck = Callable[[str, Address | None, int], None]
"""Checks a host name, its address and port before connecting; raises an error to refuse them.

The address is `None` if a proxy connects.
"""
Search = Callable[..., Any]
SocketOptions: TypeAlias = Iterable[Any] | None

LOOK_SECONDS = 0.05
"""How often connecting checks that the call was not aborted."""
MOST_JOINED = 64 * 1024
"""Bytes of a request that are collected and sent at once."""


class Stream(httpcore.NetworkStream):
    """A connected socket; belongs to the call that wrote to it last."""

    def __init__(self, connected: socket.socket, peer: str, proxy: str = "", tunnelled: bool = False) -> None:
        self._socket = connected
        self._peer = peer
        self._proxy = proxy
        self._tunnelled = tunnelled
        self._tunnelling = False
        """Whether the proxy was asked for a tunnel."""
        self._unsent = b""
        """Buffered start of a request: its head and a small body go out in one packet, so the server wakes once."""
        self._call: Call = current() or Call(Clocks(None, None, None))
        self._call.peer = peer

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read available bytes; wait for them within the call's time limit."""
        if self._unsent:
            self.write(b"")
        call = self._call
        clock, since = "connect" if self._tunnelling else "first byte", call.waiting_since
        if call.answered and not self._tunnelling:  # time that our own reader took does not count against the server
            clock, since = "between chunks", monotonic()
        try:
            self._socket.settimeout(call.left(clock, since))
            data = self._socket.recv(max_bytes)
        except OSError as error:
            raise _as_httpcore(error, httpcore.ReadTimeout, httpcore.ReadError) from error
        call.answered, call.ended = call.answered or bool(data), not data
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send the bytes, or buffer a few until the rest of the request: httpcore ends each request with an empty write."""
        before, call = self._call, current() or self._call
        if before is not call:
            before.let_go(self._socket)
        self._call = call
        call.peer, call.proxy, call.tunnelled = self._peer, self._proxy, self._tunnelled
        call.answered = call.ended = False
        if buffer and not self._unsent:
            self._tunnelling = bool(self._proxy) and buffer.startswith(b"CONNECT ")
        call.hold(self._socket)
        if buffer and len(self._unsent) + len(buffer) <= MOST_JOINED:
            self._unsent += buffer
            return
        unsent, self._unsent = self._unsent, b""
        try:
            for part in filter(None, (unsent, buffer)):
                self._socket.settimeout(call.left("first byte", monotonic()))
                call.sent = True
                self._socket.sendall(part)
        except OSError as error:
            raise _as_httpcore(error, httpcore.WriteTimeout, httpcore.WriteError) from error
        call.waiting_since = monotonic()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Perform the TLS handshake and return the encrypted stream."""
        call = current() or self._call
        call.tunnelled = self._tunnelling
        since = monotonic() if self._tunnelling else call.waiting_since
        try:
            self._socket.settimeout(call.left("connect", since))
            # Wrapping detaches the original's descriptor, so a stop must find the wrapper, before it waits.
            wrapped = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname, do_handshake_on_connect=False)
            self._socket = wrapped
            call.hold(wrapped)
            wrapped.do_handshake()
        except OSError as error:
            self.close()
            raise _as_httpcore(error, httpcore.ConnectTimeout, httpcore.ConnectError) from error
        except BaseException:
            self.close()
            raise
        return Stream(wrapped, self._peer, self._proxy, self._tunnelling)

    def get_extra_info(self, info: str) -> Any:
        """Return what httpcore asks for: the socket, its addresses, and whether data or EOF is waiting."""
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
    """Opens sockets for a connection pool.

    Args:
        check_address: Checks addresses before connecting; by default any may be called.
        search: Resolves names, as `socket.getaddrinfo` does.
        proxy: The proxy to connect to instead of servers, in a form that may be shown.
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
        """Resolve a name and connect to the first of its addresses that accepts.

        Raises:
            httpcore.ConnectError: The name does not resolve, or no address accepts.
            httpcore.ConnectTimeout: The time limit expired.
        """
        call = current() or Call(Clocks(connect=timeout))
        call.waiting_since = began = monotonic()
        call.proxy, call.tunnelled = self._proxy, False
        try:
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
        except OSError as error:
            raise _as_httpcore(error, httpcore.ConnectTimeout, httpcore.ConnectError) from error

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: SocketOptions = None
    ) -> httpcore.NetworkStream:
        """Raise: connections have HTTP addresses only."""
        raise httpcore.UnsupportedProtocol("unix sockets are not dialled")

    def sleep(self, seconds: float) -> None:
        """Wait between httpcore's own retries, which are disabled."""
        threading.Event().wait(seconds)


def _look_up(search: Search, host: str, port: int, call: Call, began: float) -> list[tuple[int, tuple[Any, ...]]]:
    """Resolve a name in a daemon thread, since a system lookup cannot be interrupted."""
    results: list[Any] = []
    done = threading.Event()

    def look() -> None:
        try:
            results.append(search(host, port, type=socket.SOCK_STREAM))
        except UnicodeError:  # a label is empty or too long, which Python's IDNA codec reports in its own way
            results.append(socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
        except Exception as error:  # raised in the waiting thread
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


def _as_httpcore(error: OSError, late: type[Exception], failed: type[Exception]) -> Exception:
    return (late if isinstance(error, TimeoutError) else failed)(str(error))
