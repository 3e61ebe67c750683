"""Tests for redirects: followed on the same server, with a notice, and never with headers to another."""

from __future__ import annotations

import pytest

from boomerang.invoker.errors import (
    InvokeBadRequestError,
    InvokeConnectionError,
    ProtocolError,
)
from tests.invoker.backends.openai_compatible.desk import GOOD, opened, streaming
from tests.loopback import STREAM, ClientConnection, Loopback, ReceivedRequest, chunked, whole


def test_headers_do_not_go_where_a_server_sends_us() -> None:
    with Loopback(streaming(GOOD)) as elsewhere:
        away = whole(b"", 307, Location=f"{elsewhere.address}/v1/chat/completions")
        refused = pytest.raises(InvokeBadRequestError, match="sends to another address")
        with (
            opened(lambda _request, connection: connection.send(away), headers={"x-api-key": "secret-in-a-header"}) as desk,
            refused,
        ):
            desk.ask()
        assert elsewhere.requests == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_within_the_server_is_followed_with_all_that_was_asked_and_reported(status: int) -> None:
    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        if request.path.endswith("/"):
            connection.send(STREAM, *chunked(GOOD))
        else:
            connection.send(whole(b"", status, Location=f"{request.path}/"))

    with opened(script) as desk:
        assert desk.ask().message.content == "Hello."
        first, second = desk.server.requests
        assert (second.method, second.body) == ("POST", first.body)
        address = f"{desk.server.address}/v1/chat/completions/"
        assert desk.notices == [f"The server sent the request on to {address} (HTTP {status}); it was asked there by POST."]


def test_a_hop_is_reported_though_what_lies_behind_it_fails() -> None:
    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        if request.method == "GET":
            raise EOFError
        connection.send(whole(b"", 303, Location="/done"))

    with opened(script) as desk:
        with pytest.raises(InvokeConnectionError):
            desk.ask()
        assert desk.notices == [
            f"The server sent the request on to {desk.server.address}/done (HTTP 303); it was asked there by GET."
        ]


def test_redirects_in_a_circle_are_reported() -> None:
    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(whole(b"", 307, Location=f"{desk.server.address}{request.path}"))

    with opened(script) as desk, pytest.raises(ProtocolError, match="without an end"):
        desk.ask()
