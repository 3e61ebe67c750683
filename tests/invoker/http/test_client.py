"""Tests for the HTTP client over real sockets: redirects, repeated requests, and what it doesn't keep."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.http.client import LONGEST_LEFT, Client
from boomerang.invoker.http.connection_pool import Pool
from tests.loopback import ClientConnection, Loopback, ReceivedRequest, Script, chunked, head, whole


@contextmanager
def opened(script: Script, userinfo: str = "", **settings: dict[str, str]) -> Iterator[tuple[Loopback, Client]]:
    """Open a client on a server with a script."""
    with Loopback(script) as server:
        address = httpx.URL(server.address.replace("//", f"//{userinfo}") + "/v1")
        with Client(Pool(), address, **settings) as client:
            yield server, client


def moved(status: int, body: bytes = b"") -> Script:
    """Return a script that redirects from `/v1/old` to `/v1/new`, which echoes the request."""

    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        if request.path.partition("?")[0] == "/v1/old":
            connection.send(whole(body, status, Location="new"))
        else:
            connection.send(whole({"method": request.method, "body": request.body.decode()}))

    return script


@pytest.mark.parametrize(
    ("status", "method", "body"),
    [(307, "POST", "[1]"), (308, "POST", "[1]"), (301, "POST", "[1]"), (302, "POST", "[1]"), (303, "GET", "")],
)
def test_a_request_is_sent_again_as_the_redirect_wants_it(status: int, method: str, body: str) -> None:
    with opened(moved(status, b"Over there."), headers={"x-key": "k"}) as (server, client):
        assert client.post("old", json=[1]).json() == {"method": method, "body": body}
        first, second = server.requests
        assert second.path == "/v1/new" and second.headers["x-key"] == first.headers["x-key"] == "k"
        assert ("content-type" in second.headers) is ("content-length" in second.headers) is (method == "POST")
        assert len(server.connections) == 1


def test_a_redirect_that_says_too_much_is_not_listened_to() -> None:
    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        if request.path == "/v1/new":
            connection.send(whole(b"Here."))
            return
        connection.send(head(307, Location="new", Transfer_Encoding="chunked"))
        connection.send(*list(chunked([b"x" * LONGEST_LEFT, b"x"]))[:-1])  # without the end
        connection.wait_until_gone()
        raise EOFError

    with opened(script) as (server, client):
        assert client.get("old").content == b"Here."
        assert len(server.connections) == 2


def test_nothing_is_sent_to_another_address() -> None:
    with Loopback(lambda _request, connection: connection.send(whole(b"Caught."))) as other:
        away = whole(b"", 302, Location=f"{other.address}/v1/new")
        with opened(lambda _request, connection: connection.send(away)) as (_, client):
            with pytest.raises(InvokeBadRequestError, match="another address") as raised:
                client.get("old")
            assert raised.value.status_code == 302
        assert other.connections == []


@pytest.mark.parametrize(
    ("base", "location", "followed"),
    [
        ("http://models.example", "https://models.example/v1/old", True),
        ("http://models.example", "https://models.example:8443/v1/old", False),
        ("http://models.example:8000", "https://models.example/v1/old", False),
        ("http://models.example", "https://elsewhere.example/v1/old", False),
        ("https://models.example", "http://models.example/v1/old", False),
    ],
)
def test_a_server_may_send_to_itself_behind_https_and_nowhere_else(base: str, location: str, followed: bool) -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        moved, stream = {"location": location}, httpx.ByteStream(b"")
        return httpx.Response(200, stream=stream) if len(requests) > 1 else httpx.Response(301, headers=moved, stream=stream)

    with Client(httpx.MockTransport(answer), httpx.URL(base), headers={"x-key": "k"}) as client:
        if not followed:
            with pytest.raises(InvokeBadRequestError, match="another address"):
                client.post("v1/old", json=[1])
            assert len(requests) == 1
        else:
            assert client.post("v1/old", json=[1]).status_code == 200
            first, second = requests
            assert (str(second.url), second.method, second.headers["x-key"]) == (location, "POST", "k")
            assert second.read() == first.content == b"[1]"


def test_a_redirect_that_leads_back_ends() -> None:
    with opened(lambda request, connection: connection.send(whole(b"", 302, Location=request.path))) as (server, client):
        with pytest.raises(httpx.TooManyRedirects):
            client.get("old")
        assert len(server.requests) == 6


def test_what_a_server_gives_one_caller_is_not_sent_by_the_next() -> None:
    answer = whole(b"Hello.", Set_Cookie="session=of-the-first-one; Path=/")
    with opened(lambda _request, connection: connection.send(answer)) as (server, client):
        client.get("here")
        client.get("here")
        assert ["cookie" in request.headers for request in server.requests] == [False, False]
        assert len(server.connections) == 1


@pytest.mark.parametrize("key", [{}, {"authorization": "Bearer k"}])
def test_user_and_password_of_the_address_are_sent(key: dict[str, str]) -> None:
    with opened(lambda _request, connection: connection.send(whole(b"")), "ada:l%40ce@", headers=key) as (server, client):
        client.get("here")
        known = base64.b64encode(b"ada:l@ce").decode()
        assert server.requests[0].headers["authorization"] == f"Basic {known}"
        assert "ada" not in server.requests[0].headers["host"]


def test_a_body_is_left_unread_only_if_that_is_wished() -> None:
    with opened(lambda _request, connection: connection.send(whole(b"Hello."))) as (_, client):
        assert client.get("here").is_stream_consumed
        response = client.send(client.build_request("GET", "here"), stream=True)
        assert not response.is_stream_consumed and response.read() == b"Hello."
