"""Tests for HTTP proxies: a tunnel for https, forwarding for http; errors name who failed, and a stop reaches the server."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from boomerang.invoker.errors import ConfigError, InvokeConnectionError, InvokeTimeoutError
from boomerang.invoker.http.cancellation import Clocks
from boomerang.invoker.records.record_values import dump
from boomerang.kinds import connect
from boomerang.workbench.diagnosis.error_advice import advice
from tests.certificates import authority_file, secured
from tests.invoker.backends.contract.watching import Beside
from tests.invoker.backends.openai_compatible.desk import GOOD, KEY, Desk, opened, streaming
from tests.loopback import BOUND, STREAM, ClientConnection, Loopback, ReceivedRequest, Script, whole
from tests.proxy import ESTABLISHED, tunnel

FRAME = b"%x\r\n%s\r\n" % (len(GOOD[1]), GOOD[1])
WORD = "a-word-for-the-proxy"


ANSWER = streaming(GOOD)


@contextmanager
def behind(by: Script, folder: Path, script: Script = ANSWER, **settings: Any) -> Iterator[tuple[Desk, Loopback]]:
    """Open a back end whose https server is reached through a proxy."""
    settings = {"verify": authority_file(folder)} | settings
    with Loopback(by) as proxy:
        address = proxy.address.replace("://", f"://me:{WORD}@")
        with opened(script, server={"context": secured("127.0.0.1")}, proxy=address, **settings) as desk:
            yield desk, proxy


def test_https_goes_through_a_tunnel_that_is_kept(tmp_path: Path) -> None:
    with behind(tunnel, tmp_path) as (desk, proxy):
        for _ in range(3):
            assert desk.ask().message.content == "Hello."
        [request] = proxy.requests
        assert (request.method, request.path) == ("CONNECT", desk.server.address.removeprefix("https://"))
        assert request.headers["proxy-authorization"] == f"Basic {base64.b64encode(f'me:{WORD}'.encode()).decode()}"
        assert "authorization" not in request.headers, "the key is for the server"
        assert len(desk.server.connections) == 1
        assert desk.server.requests[0].headers["authorization"] == f"Bearer {KEY}"
        assert "proxy-authorization" not in desk.server.requests[0].headers, "the word is for the proxy"
        assert WORD not in json.dumps(dump(desk.record))


@pytest.mark.parametrize("pieces", [(), (STREAM,), (STREAM, FRAME)], ids=["before the head", "behind it", "between chunks"])
def test_a_stop_is_seen_by_the_server_at_the_far_end_of_the_tunnel(pieces: tuple[bytes, ...], tmp_path: Path) -> None:
    silent = threading.Event()

    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(*pieces)
        silent.set()
        connection.wait_until_gone()

    with behind(tunnel, tmp_path, script) as (desk, proxy):
        waiting = Beside(desk.ask)
        assert silent.wait(BOUND)
        waiting.is_freed_by(desk.session.stop)
        assert proxy.connections[0].left.wait(1.0) and desk.server.connections[0].left.wait(1.0)


@pytest.mark.parametrize(
    "content", [b"", b"HTTP/1.1 2", ESTABLISHED], ids=["silent", "in its answer", "while keys are agreed on"]
)
def test_a_stop_is_seen_by_the_proxy_while_the_tunnel_comes_about(content: bytes, tmp_path: Path) -> None:
    request = threading.Event()

    def hang(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(content)
        request.set()
        connection.wait_until_gone()

    with behind(hang, tmp_path) as (desk, proxy):
        waiting = Beside(desk.ask)
        assert request.wait(BOUND)
        waiting.is_freed_by(desk.session.stop)
        assert proxy.connections[0].left.wait(1.0)
        assert desk.server.connections == []


@pytest.mark.parametrize(
    ("answer", "text", "hint"),
    [
        (whole(b"<h1>Who are you?</h1>", 407, "text/html"), "HTTP 407", "password"),
        (whole(b"<h1>Not there</h1>", 403, "text/html"), "HTTP 403", "proxy"),
    ],
)
def test_a_refusal_of_the_proxy_is_reported_as_its_own(answer: bytes, text: str, hint: str, tmp_path: Path) -> None:
    with behind(lambda _request, connection: connection.send(answer), tmp_path) as (desk, proxy):
        with pytest.raises(InvokeConnectionError, match=text) as raised:
            desk.ask()
        error = raised.value
        assert f"The proxy {proxy.address} " in str(error) and hint in str(advice(error).next_step)
        assert error.url == proxy.address and error.status_code == int(text[-3:])
        shown = f"{error} {advice(error).next_step} {error.body} {error.url}"
        assert desk.server.address not in shown and WORD not in shown
        assert len(proxy.requests) == 1 and desk.server.connections == []


def test_a_proxy_that_cannot_reach_the_server_just_now_is_asked_again(tmp_path: Path) -> None:
    def once(request: ReceivedRequest, connection: ClientConnection) -> None:
        if len(proxy.requests) == 1:
            connection.send(whole(b"", 503))
            raise EOFError
        tunnel(request, connection)

    with behind(once, tmp_path) as (desk, proxy):
        assert desk.ask().message.content == "Hello."
        assert any("HTTP 503" in notice and "attempt 2" in notice for notice in desk.notices)


def test_a_word_for_the_proxy_is_asked_for_by_a_forwarded_request_too() -> None:
    answer = whole({"message": "Who are you?"}, 407)
    with Loopback(lambda _request, connection: connection.send(answer)) as proxy, opened(ANSWER, proxy=proxy.address) as desk:
        with pytest.raises(InvokeConnectionError, match="Who are you") as raised:
            desk.ask()
        assert f"The proxy {proxy.address} " in str(raised.value) and desk.server.address not in str(raised.value)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_not_there_is_named(scheme: str) -> None:
    with Loopback(streaming(GOOD)) as gone:
        address = gone.address
    shown = pytest.raises(InvokeConnectionError, match=f"The proxy {address} was not reached: .*refused")
    with opened(ANSWER, base_url=f"{scheme}://behind.example/v1", proxy=address) as desk, shown as raised:
        desk.ask()
    assert "proxy" in str(advice(raised.value).next_step) and "behind.example" not in str(raised.value)


def leave(_request: ReceivedRequest, _connection: ClientConnection) -> None:
    """Close the connection instead of answering."""
    raise EOFError


def test_a_proxy_that_closes_is_named_and_a_server_behind_it_too(tmp_path: Path) -> None:
    shown = pytest.raises(InvokeConnectionError, match=r"The proxy http://127\.0\.0\.1:[0-9]+ closed the connection before")
    with behind(leave, tmp_path) as (desk, _proxy), shown:
        desk.ask()
    shown = pytest.raises(InvokeConnectionError, match="The server closed the connection before it answered")
    with behind(tunnel, tmp_path, leave) as (desk, _proxy), shown:
        desk.ask()


def test_the_clock_of_connecting_runs_until_there_is_a_tunnel_and_the_others_as_always(tmp_path: Path) -> None:
    def silent(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.wait_until_gone()

    clocks = Clocks(connect=0.3, first_byte=0.2, between_chunks=BOUND)
    with behind(silent, tmp_path, clocks=clocks) as (desk, proxy):
        with pytest.raises(InvokeTimeoutError, match=f"The proxy {proxy.address} did not take") as raised:
            desk.ask()
        assert raised.value.clock == "connect"
    with behind(tunnel, tmp_path, silent, clocks=clocks) as (desk, _proxy):
        with pytest.raises(InvokeTimeoutError, match="The server took the request") as raised:
            desk.ask()
        assert raised.value.clock == "first byte"


def test_a_certificate_that_is_wrong_is_the_servers_even_behind_a_proxy(tmp_path: Path) -> None:
    with behind(tunnel, tmp_path, verify=True) as (desk, proxy):
        with pytest.raises(InvokeConnectionError, match="The server's certificate is not trusted") as raised:
            desk.ask()
        assert proxy.address not in str(raised.value) and desk.server.requests == []


def test_a_word_may_have_any_letters() -> None:
    with Loopback(lambda _request, connection: connection.send(whole({"data": []}))) as proxy:
        address = proxy.address.replace("://", "://j%C3%BCrgen:p%40sswort-%E5%AF%86@")
        with opened(ANSWER, base_url="http://behind.example/v1", proxy=address) as desk:
            desk.backend.fetch_models()
        settings = base64.b64decode(proxy.requests[0].headers["proxy-authorization"].removeprefix("Basic ")).decode()
        assert settings == "jürgen:p@sswort-密"


def test_a_word_that_a_proxy_says_back_stays_hidden() -> None:
    def mirror(request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(whole({"message": f"bad: {request.headers['proxy-authorization']} {WORD}"}, 407))

    with Loopback(mirror) as proxy, opened(ANSWER, proxy=proxy.address.replace("://", f"://me:{WORD}@")) as desk:
        with pytest.raises(InvokeConnectionError, match="bad: Basic ••• •••"):
            desk.ask()
        assert WORD not in json.dumps(dump(desk.record))


@pytest.mark.parametrize(
    "proxy", ["socks5://127.0.0.1:1080", "https://127.0.0.1:3128", "http://", "127.0.0.1:3128", "http://127.0.0.1:many"]
)
def test_what_is_no_http_proxy_is_refused_when_the_connection_is_opened(proxy: str) -> None:
    with pytest.raises(ConfigError, match="proxy: expected an address such as"):
        connect("openai_compatible", base_url="http://127.0.0.1:1/v1", proxy=proxy)
