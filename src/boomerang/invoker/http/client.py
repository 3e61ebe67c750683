"""A minimal `httpx.Client` for calls to one server: keeps connections between calls, and nothing else.

In particular no cookies: a connection is shared, and would send one user's cookies for another.
Leaving these out, along with authentication and event hooks, also saves a fifth of the cost of a small call.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import httpx

from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.http.body.decompression import ACCEPTED
from boomerang.invoker.messages.message import Message
from boomerang.invoker.version import USER_AGENT

from .cancellation import current
from .exchange import shown_url

MOST_REDIRECTS = 5
LONGEST_LEFT = 64 * 1024
"""Maximum bytes of an unwanted body to read for the sake of reusing its connection."""


class Client(httpx.Client):
    """Builds requests as httpx does, sends them through a transport, and follows redirects within the server.

    Args:
        transport: How the server is reached; timeouts are up to it.
        base_url: The server's address. A user and password in it are sent as HTTP basic authentication.
        headers: Sent with each request. `User-Agent` defaults to this project.
        params: Query parameters added to each URL.
    """

    def __init__(
        self,
        transport: httpx.BaseTransport,
        base_url: httpx.URL,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | httpx.QueryParams | None = None,
    ) -> None:
        named = httpx.Headers({"User-Agent": USER_AGENT, "Accept-Encoding": ACCEPTED})
        named.update(headers)
        super().__init__(transport=transport, base_url=base_url, headers=named, params=params, timeout=None)
        self._sent_by = transport
        if base_url.userinfo:
            known = base64.b64encode(f"{base_url.username}:{base_url.password}".encode()).decode("ascii")
            self.headers["Authorization"] = f"Basic {known}"

    def send(self, request: httpx.Request, *, stream: bool = False, **_: Any) -> httpx.Response:
        """Send a request and return its response.

        Args:
            request: Built by this client.
            stream: Whether to leave the body for the caller to read.
            **_: httpx's other options, which are ignored.

        Raises:
            InvokeBadRequestError: The server redirects to another server; nothing was sent there.
            httpx.TooManyRedirects: More than `MOST_REDIRECTS` redirects.
        """
        for _redirect in range(MOST_REDIRECTS + 1):
            response = self._sent_by.handle_request(request)
            response.request = request
            try:
                if not response.has_redirect_location:
                    if not stream:
                        response.read()
                    return response
                request = _redirected(request, response)
                if (call := current()) is not None:
                    call.hops.append((response.status_code, request.method, request.url))
                _leave(response)
            except BaseException:
                response.close()
                raise
        raise httpx.TooManyRedirects(f"More than {MOST_REDIRECTS} redirects.", request=request)


def _redirected(request: httpx.Request, response: httpx.Response) -> httpx.Request:
    """Return the request to send after a redirect: the same, or after 303 a GET without its body (RFC 9110, 15.4).

    After 301 and 302, browsers and httpx turn a POST into a GET. No model server means that: it wants the slash at the end of
    the path, or https.
    """
    try:
        target = response.url.join(response.headers["location"])
    except httpx.InvalidURL as error:
        raise httpx.RemoteProtocolError(f"Invalid URL in location header: {error}.", request=request) from error
    if not _is_same_server(response.url, target):
        refusal = InvokeBadRequestError(
            Message("http.redirected_away", address=shown_url(target), status=response.status_code),
            field="base_url",
            status_code=response.status_code,
            hint=Message("http.redirected_away_hint"),
        )
        refusal.url = shown_url(response.url)
        raise refusal
    headers = request.headers.copy()
    if request.method == "GET" or response.status_code != 303:
        return httpx.Request(request.method, target, headers=headers, stream=request.stream)
    for name in ("content-length", "content-type", "transfer-encoding"):
        headers.pop(name, None)
    return httpx.Request("GET", target, headers=headers)


def _is_same_server(url: httpx.URL, target: httpx.URL) -> bool:
    """Return whether a URL is on the same server, or is its https version, each on the default port."""
    same = (target.scheme, target.host, target.port) == (url.scheme, url.host, url.port)
    safer = (url.scheme, target.scheme) == ("http", "https") and url.port is target.port is None
    return same or (safer and target.host == url.host)


def _leave(response: httpx.Response) -> None:
    """Drain a short body so that its connection can be reused; close the connection of a long one."""
    size = 0
    for piece in response.iter_raw():
        size += len(piece)
        if size > LONGEST_LEFT:
            break
    response.close()
