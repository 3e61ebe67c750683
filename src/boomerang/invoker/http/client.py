"""httpx's client as far as calls of one server need it: nothing is kept from one call to the next but connections.

Cookies in particular are not: a connection is shared, and its next user would send what the server gave to somebody else.
What is left out here, with logins and hooks, is also a fifth of what a small call costs.
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
"""Bytes of an unwanted body that are read so that its connection can be used again."""


class Client(httpx.Client):
    """Builds requests as httpx does, sends them by a transport, and follows redirects within the server.

    Args:
        transport: How the server is reached; what it waits for and how long is its own affair.
        base_url: The server's address. User and password in it are sent as HTTP's basic authentication.
        headers: Sent with each request. `User-Agent` names this project if it is not among them.
        params: Added to each address.
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
        """Send a request and give its answer.

        Args:
            request: Built by this client.
            stream: Whether the body is read by whoever asked.
            **_: What else httpx's own takes is not for this one.

        Raises:
            InvokeBadRequestError: The server sends to another address; nothing was sent there.
            httpx.TooManyRedirects: It sends from one path to the next without an end.
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
    """Return the request that a redirect wants: the same, or by 303 a GET without its body (RFC 9110, 15.4).

    By 301 and 302 a browser, and httpx, would make a GET of a POST. No server of models means that: what it would have is the
    slash at the end of the path, or https.
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
    """Return whether an address is that of the same server, be it behind https and not http, each at its own port."""
    same = (target.scheme, target.host, target.port) == (url.scheme, url.host, url.port)
    safer = (url.scheme, target.scheme) == ("http", "https") and url.port is target.port is None
    return same or (safer and target.host == url.host)


def _leave(response: httpx.Response) -> None:
    """Read the rest of an answer that nobody wants, if it is short; then its connection is free, or closed."""
    size = 0
    for piece in response.iter_raw():
        size += len(piece)
        if size > LONGEST_LEFT:
            break
    response.close()
