"""An httpx transport whose sockets a run can abort: httpcore's connection pool on our dialler."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpcore
import httpx

from .cancellation import current
from .network import LOOK_SECONDS, AddressCheck, Connector, Search

MOST_CONNECTIONS = 200
MOST_IDLE = 20
IDLE_SECONDS = 30.0


class Pool(httpx.BaseTransport):
    """A pool of kept-alive connections to servers. Thread-safe.

    Args:
        tls: TLS context; the system's certificate authorities by default.
        check_address: Checks addresses before connecting.
        proxy: URL of an HTTP proxy for all connections; may contain user and password.
        search: Resolves names.
        most: Maximum number of connections; further requests wait.
    """

    def __init__(
        self,
        tls: ssl.SSLContext | None = None,
        check_address: AddressCheck | None = None,
        proxy: str | None = None,
        search: Search = socket.getaddrinfo,
        most: int = MOST_CONNECTIONS,
    ) -> None:
        context = tls or ssl.create_default_context()
        self._check_address = check_address if proxy is not None else None
        if proxy is None:
            self._pool = httpcore.ConnectionPool(
                ssl_context=context,
                max_connections=most,
                max_keepalive_connections=MOST_IDLE,
                keepalive_expiry=IDLE_SECONDS,
                network_backend=Connector(check_address, search),
            )
        else:
            address = httpx.URL(proxy)
            self._pool = _Proxied(
                proxy_url=_url(address),
                proxy_auth=(address.username.encode(), address.password.encode()) if address.username else None,
                ssl_context=context,
                max_connections=most,
                max_keepalive_connections=MOST_IDLE,
                keepalive_expiry=IDLE_SECONDS,
                network_backend=Connector(check_address, search, f"{address.scheme}://{address.netloc.decode('ascii')}"),
            )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its response, whose body is read on demand.

        Waits for a free connection until the call is aborted; httpcore's own wait could not be interrupted.
        """
        if self._check_address is not None:  # a proxy connects for us, so only the name is known
            port = request.url.port or (443 if request.url.scheme == "https" else 80)
            self._check_address(request.url.host, None, port)
        assert isinstance(request.stream, httpx.SyncByteStream)
        sent = httpcore.Request(
            method=request.method,
            url=_url(request.url),
            headers=request.headers.raw,
            content=request.stream,
            extensions={"timeout": {"pool": LOOK_SECONDS}},
        )
        while True:
            try:
                answer = self._pool.handle_request(sent)
                return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions)
            except httpcore.PoolTimeout as error:  # raised before anything is sent
                call = current()
                if call is not None and call.aborted:
                    raise httpcore.ConnectError("the call was ended") from error

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


def _url(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


class _Proxied(httpcore.HTTPProxy):
    def create_connection(self, origin: httpcore.Origin) -> httpcore.ConnectionInterface:
        return _WholeOrClosed(super().create_connection(origin))


class _WholeOrClosed(httpcore.ConnectionInterface):
    """A connection that counts as closed if it failed to open.

    httpcore considers a tunnel whose TLS handshake failed as in use forever, which would eventually exhaust the pool.
    """

    def __init__(self, inner: httpcore.ConnectionInterface) -> None:
        self._inner = inner

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        try:
            return self._inner.handle_request(request)
        except httpcore.ConnectionNotAvailable:  # another request is using it
            raise
        except BaseException:
            self._inner.close()
            raise

    def close(self) -> None:
        self._inner.close()

    def info(self) -> str:
        return self._inner.info()

    def can_handle_request(self, origin: httpcore.Origin) -> bool:
        return self._inner.can_handle_request(origin)

    def is_available(self) -> bool:
        return self._inner.is_available()

    def has_expired(self) -> bool:
        return self._inner.has_expired()

    def is_idle(self) -> bool:
        return self._inner.is_idle()

    def is_closed(self) -> bool:
        return self._inner.is_closed()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()
