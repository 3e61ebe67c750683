"""An HTTP proxy on loopback: its reactions to a CONNECT request, as scripts of `Loopback`."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

from .loopback import BOUND, ClientConnection, ReceivedRequest

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


def tunnel(request: ReceivedRequest, connection: ClientConnection) -> None:
    """Connect to the requested host, and forward bytes both ways until one side closes; then close the other."""
    assert request.method == "CONNECT"
    host, _, port = request.path.rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), BOUND) as far:
        far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.send(ESTABLISHED)
        back = threading.Thread(target=_carry, args=(far, connection.socket), daemon=True)
        back.start()
        _carry(connection.socket, far)
        connection.left.set()
        back.join(BOUND)
    raise EOFError


def _carry(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
