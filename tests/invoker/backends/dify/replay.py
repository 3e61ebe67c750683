"""A server that sends a capture, in pieces of a size."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from boomerang.invoker.backends.dify.backend import DifyBackend
from tests.invoker.backends.dify.captures import KEY, TENANT, Capture
from tests.loopback import ClientConnection, Loopback, ReceivedRequest, chunked, head


def sent(item: Capture, size: int = 10_000) -> bytes:
    """Return the whole response of a capture in chunked encoding."""
    pieces = (item.body[at : at + size] for at in range(0, len(item.body), size))
    start = head(item.status, item.content_type, Transfer_Encoding="chunked", X_Version=item.version)
    return start + b"".join(chunked(pieces))


@contextmanager
def replaying(item: Capture, size: int = 10_000, **settings: object) -> Iterator[tuple[DifyBackend, Loopback]]:
    """Serve a capture for every request, and open a connection to it."""

    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(sent(item, size))

    with Loopback(script) as server:
        backend = DifyBackend(server.address, KEY, TENANT, **settings)  # type: ignore[arg-type]
        try:
            yield backend, server
        finally:
            backend.close()
