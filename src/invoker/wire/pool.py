"""An httpx client whose sockets a run can end: httpcore's connection pool on our dialler, behind httpx's transport seam."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpcore
import httpx

from .dial import Dialler, Judge, Search

MOST_CONNECTIONS = 200
MOST_IDLE = 20
IDLE_SECONDS = 30.0


class Pool(httpx.BaseTransport):
    """Connections to servers, kept and used again; safe under several threads.

    Args:
        tls: Whose certificates are believed; the usual authorities if not given.
        judge: Says which addresses may be dialled.
        proxy: Address of an HTTP proxy that everything goes through; it may hold user and password.
        search: Finds the addresses of a name.
    """

    def __init__(
        self,
        tls: ssl.SSLContext | None = None,
        judge: Judge | None = None,
        proxy: str | None = None,
        search: Search = socket.getaddrinfo,
    ) -> None:
        context = tls or ssl.create_default_context()
        if proxy is None:
            self._pool = httpcore.ConnectionPool(
                ssl_context=context,
                max_connections=MOST_CONNECTIONS,
                max_keepalive_connections=MOST_IDLE,
                keepalive_expiry=IDLE_SECONDS,
                network_backend=Dialler(judge, search),
            )
        else:
            address = httpx.URL(proxy)
            self._pool = httpcore.HTTPProxy(
                proxy_url=httpcore.URL(
                    scheme=address.raw_scheme, host=address.raw_host, port=address.port, target=address.raw_path
                ),
                proxy_auth=(address.username, address.password) if address.username else None,
                ssl_context=context,
                max_connections=MOST_CONNECTIONS,
                max_keepalive_connections=MOST_IDLE,
                keepalive_expiry=IDLE_SECONDS,
                network_backend=Dialler(judge, search),
            )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and give its response, whose body is read as it is asked for."""
        assert isinstance(request.stream, httpx.SyncByteStream)
        answer = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions)

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()
