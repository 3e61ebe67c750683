"""Tests for reaching a server: names, addresses, certificates. Each failure is identified before anything is sent."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from boomerang.invoker.entities.llm.request import RequestInvokeLLM
from boomerang.invoker.errors import InvokeConnectionError, InvokeTimeoutError
from boomerang.invoker.events import HTTPResponse
from boomerang.invoker.http.cancellation import Clocks
from boomerang.invoker.run import Run
from boomerang.workbench.diagnosis.error_advice import advice
from tests.certificates import authority_file, secured
from tests.invoker.backends.contract.watching import Beside
from tests.invoker.backends.openai_compatible.desk import CONFIG, GOOD, HELLO, opened, streaming
from tests.loopback import STREAM, ClientConnection, Loopback, ReceivedRequest, chunked


def has_ipv6() -> bool:
    """Return whether this machine can connect to itself over IPv6."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")


def test_an_unknown_name_is_reported() -> None:
    def unresolvable(*_arguments: Any, **_more: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    settings: dict[str, Any] = {"base_url": "http://no-such-host.example/v1", "search": unresolvable}
    with opened(streaming(GOOD), **settings) as desk, pytest.raises(InvokeConnectionError, match="service not known") as raised:
        desk.ask()
    assert "address" in str(advice(raised.value).next_step) and raised.value.backend == "openai_compatible"
    assert desk.of_type(HTTPResponse) == []


@pytest.mark.parametrize("name", ["my..server.example", f"{'long' * 16}.example"], ids=["an empty part", "too long a part"])
def test_a_name_that_can_be_none_is_reported_like_an_unknown_one(name: str) -> None:
    shown = pytest.raises(InvokeConnectionError, match="service not known")
    with opened(streaming(GOOD), base_url=f"http://{name}/v1") as desk, shown:
        desk.ask()


@ipv6
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_on_ipv6_is_spoken_to(scheme: str, tmp_path: Path) -> None:
    server = {"family": socket.AF_INET6, "context": secured("::1") if scheme == "https" else None}
    with opened(streaming(GOOD), server=server, verify=authority_file(tmp_path)) as desk:
        assert desk.ask().message.content == "Hello."
        assert desk.server.address.startswith(f"{scheme}://[::1]:")
        assert desk.of_type(HTTPResponse)[0].peer == desk.server.address.removeprefix(f"{scheme}://")
        assert desk.server.requests[0].headers["host"] == desk.server.address.removeprefix(f"{scheme}://")


YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.mark.parametrize(
    ("names", "more", "trusted", "text"),
    [
        (["127.0.0.1"], {}, False, "not trusted: unable to get local issuer"),
        (["127.0.0.1"], {"not_after": YESTERDAY}, True, "not trusted: certificate has expired"),
        (["elsewhere.example"], {}, True, "not trusted: .*127.0.0.1"),
    ],
    ids=["unknown authority", "expired", "another name"],
)
def test_a_certificate_that_is_wrong_is_reported_and_nothing_is_sent(
    names: list[str], more: Any, trusted: bool, text: str, tmp_path: Path
) -> None:
    verify = authority_file(tmp_path) if trusted else True
    with opened(streaming(GOOD), server={"context": secured(*names, **more)}, verify=verify) as desk:
        with pytest.raises(InvokeConnectionError, match=text) as raised:
            desk.ask()
        assert "verification" in str(advice(raised.value).next_step) and desk.server.requests == []


def test_a_certificate_that_is_wrong_is_taken_where_verification_is_off() -> None:
    with opened(streaming(GOOD), server={"context": secured("127.0.0.1", not_after=YESTERDAY)}, verify=False) as desk:
        assert desk.ask().message.content == "Hello."


def leave(connection: ClientConnection) -> None:
    """Close a connection as soon as the client sends its first byte."""
    connection.socket.recv(1)
    raise EOFError


def test_a_server_that_closes_while_keys_are_agreed_on_is_reported(tmp_path: Path) -> None:
    server = {"context": secured("127.0.0.1"), "first": leave}
    shown = pytest.raises(InvokeConnectionError, match=r"(No secure connection came about|was not reached)")
    with opened(streaming(GOOD), server=server, verify=authority_file(tmp_path)) as desk, shown:
        desk.ask()


def test_a_handshake_that_hangs_ends_with_the_clock_of_connecting(tmp_path: Path) -> None:
    server = {"context": secured("127.0.0.1"), "first": lambda connection: connection.wait_until_gone()}
    with opened(streaming(GOOD), server=server, verify=authority_file(tmp_path), clocks=Clocks(connect=0.3)) as desk:
        with pytest.raises(InvokeTimeoutError, match="did not take the connection") as raised:
            desk.ask()
        assert (raised.value.clock, raised.value.seconds) == ("connect", 0.3)
        assert desk.server.connections[0].left.wait(1.0)


class Late(Run):
    """A run that keeps its stop hooks, so that a test can call them late, like a stop at the very end of a run."""

    def __init__(self) -> None:
        super().__init__()
        self.hooks: list[Callable[[], None]] = []

    def on_stop(self, hook: Callable[[], None]) -> Any:
        self.hooks.append(hook)
        return super().on_stop(hook)


def test_a_stop_that_comes_when_all_is_over_does_not_end_the_next_call_on_the_same_connection() -> None:
    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        if len(server.requests) == 2:
            connection.send(STREAM, b"%x\r\n%s\r\n" % (len(GOOD[1]), GOOD[1]))
            assert late.hooks
            for hook in late.hooks:
                hook()
            connection.send(*chunked(GOOD[2:]))
        else:
            connection.send(STREAM, *chunked(GOOD))

    late = Late()
    with opened(script) as desk:
        server: Loopback = desk.server
        list(desk.backend.invoke(RequestInvokeLLM.of(CONFIG, HELLO), late))
        waiting = Beside(desk.ask)
        waiting.join()
        assert waiting.error is None and waiting.result.message.content == "Hello."
        assert len(server.connections) == 1
