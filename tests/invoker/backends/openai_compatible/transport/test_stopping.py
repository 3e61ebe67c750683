"""Tests for a stop in every long phase: the caller is freed immediately, and the server sees the end within a second."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from boomerang.invoker.entities.llm.request import RequestInvokeLLM
from boomerang.invoker.events import Event, Notice
from boomerang.invoker.records.record import Outcome
from boomerang.invoker.run import Run
from tests.certificates import authority_file, secured
from tests.invoker.backends.contract.watching import Beside
from tests.invoker.backends.openai_compatible.desk import CONFIG, GOOD, HELLO, Desk, opened
from tests.loopback import BOUND, STREAM, ClientConnection, Loopback, ReceivedRequest, head, whole

FRAME = b"%x\r\n%s\r\n" % (len(GOOD[1]), GOOD[1])
NO_LENGTH = head(media_type="text/event-stream")
"""The head of a response that ends with the connection."""


def is_stopped(desk: Desk, reached: Callable[[], object]) -> None:
    """Call the LLM, stop when a point is reached, and check that both sides are free."""
    waiting = Beside(desk.ask)
    reached()
    waiting.is_freed_by(desk.session.stop)
    assert desk.record.outcome is Outcome.STOPPED
    assert desk.server.connections[0].left.wait(1.0)


# Before the request.


def test_while_the_name_is_looked_up_and_no_connection_is_opened_when_it_is_found() -> None:
    request, free = threading.Event(), threading.Event()

    def slow(*settings: Any, **more: Any) -> Any:
        request.set()
        free.wait(BOUND)
        return socket.getaddrinfo("127.0.0.1", *settings[1:], **more)

    with Loopback(lambda _request, _connection: None) as server:
        port = server.address.rpartition(":")[2]
        with opened(lambda _request, _connection: None, base_url=f"http://slow.example:{port}/v1", search=slow) as desk:
            waiting = Beside(desk.ask)
            assert request.wait(BOUND)
            waiting.is_freed_by(desk.session.stop)
            free.set()
            for thread in threading.enumerate():
                if thread.name == "looking up slow.example":
                    thread.join(BOUND)
        assert server.connections == []


def is_listening(port: int) -> bool:
    """Return whether this machine is connecting to a port, according to the kernel."""
    rows = [line.split() for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]]
    return any(row[2].endswith(f":{port:04X}") and row[3] == "02" for row in rows)  # 02: a SYN was sent


@pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="this system does not list its connections in a file")
def test_while_no_server_accepts_the_connection_and_no_more_is_asked_for_one() -> None:
    begun = threading.Event()
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:  # fill the queue, so that the next connection is not even refused
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        port = full.getsockname()[1]

        def check(*_arguments: Any) -> None:
            begun.set()

        with opened(lambda _request, _connection: None, base_url=f"http://127.0.0.1:{port}/v1", check_address=check) as desk:
            asking = Beside(desk.ask)
            assert begun.wait(BOUND)
            asking.is_freed_by(desk.session.stop)
        for one in waiting:
            one.close()
        assert not is_listening(port)


def test_while_keys_are_agreed_on(tmp_path: Path) -> None:
    greeted = threading.Event()

    def hang(connection: ClientConnection) -> None:
        connection.socket.recv(1)  # the client's TLS hello has begun
        greeted.set()
        connection.wait_until_gone()

    server = {"context": secured("127.0.0.1"), "first": hang}
    with opened(lambda _request, _connection: None, server=server, verify=authority_file(tmp_path)) as desk:
        is_stopped(desk, lambda: greeted.wait(BOUND))


# During request and response.


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "pieces",
    [
        (),
        (b"HTTP/1.1 2",),
        (STREAM,),
        (STREAM, FRAME),
        (STREAM, FRAME[:9]),
        (NO_LENGTH, GOOD[1]),
        (head(Content_Length="90"), b'{"choices": ['),
        (head(), b'{"choices": ['),
        (head(500, Content_Length="90"), b'{"error": '),
    ],
    ids=[
        "before the head",
        "in the head",
        "behind the head",
        "between chunks",
        "in a chunk",
        "between chunks of no told length",
        "in a whole answer",
        "in a whole answer of no told length",
        "in a refusal",
    ],
)
def test_while_the_server_is_silent(pieces: tuple[bytes, ...], scheme: str, tmp_path: Path) -> None:
    silent = threading.Event()

    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(*pieces)
        silent.set()
        connection.wait_until_gone()

    server = {"context": secured("127.0.0.1")} if scheme == "https" else {}
    with opened(script, server=server, verify=authority_file(tmp_path)) as desk:
        is_stopped(desk, lambda: silent.wait(BOUND))


@pytest.mark.parametrize(
    ("pieces", "drip"),
    [
        ((), b"HTTP/1.1 200 OK\r\n" + b"X-More: and more\r\n" * 1000),
        ((STREAM, FRAME), b"1\r\nx\r\n"),
        ((STREAM, FRAME), b"d\r\n: keep-alive\n\r\n"),
        ((head(Content_Length="999999"),), b" "),
        ((head(307, Content_Length="60000", Location="/v1/elsewhere"),), b"x"),
    ],
    ids=["a head", "a chunk", "comments", "a whole answer", "what a redirect says besides"],
)
def test_while_it_drips(pieces: tuple[bytes, ...], drip: bytes) -> None:
    dripping = threading.Event()

    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(*pieces, drip[:5])
        dripping.set()
        connection.drip_until_gone(drip[5:] + drip[:5])

    with opened(script) as desk:
        is_stopped(desk, lambda: dripping.wait(BOUND))


def test_while_a_large_file_is_sent() -> None:
    begun, stopped = threading.Event(), threading.Event()

    def hang(connection: ClientConnection) -> None:
        connection.socket.recv(1)
        begun.set()
        stopped.wait(BOUND)  # read nothing until the client's and our own buffers are full
        connection.wait_until_gone()

    with opened(lambda _request, _connection: None, server={"first": hang}) as desk:
        sound = io.BytesIO(b"ID3" + bytes(32 * 2**20))
        config = {"provider": "p", "model": "listener"}
        waiting = Beside(lambda: desk.session.model.speech2text.invoke(config, sound))
        assert begun.wait(BOUND)
        waiting.is_freed_by(desk.session.stop)
        stopped.set()
        assert desk.server.connections[0].left.wait(1.0)
        assert desk.server.requests == []


# Between two attempts.


def test_in_the_pause_before_it_is_asked_again_and_it_is_not() -> None:
    pausing = threading.Event()

    def hear(note: Event) -> None:
        if isinstance(note, Notice):
            pausing.set()

    answer = whole({"error": {"message": "slow down"}}, 429, Retry_After="20")
    with opened(lambda _request, connection: connection.send(answer)) as desk:
        run, request = Run(hear), RequestInvokeLLM.of(CONFIG, HELLO)
        waiting = Beside(lambda: list(desk.backend.invoke(request, run)))
        assert pausing.wait(BOUND)
        waiting.is_freed_by(run.stop)
        desk.backend.close()
        desk.server.settle()
        assert len(desk.server.requests) == 1
