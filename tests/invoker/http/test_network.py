"""Tests for how a request's bytes leave a socket."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from boomerang.invoker.http.network import MOST_JOINED, Stream

HEAD, BODY = b"POST /v1 HTTP/1.1\r\n\r\n", b'{"model":"m"}'


@pytest.fixture
def ends() -> Iterator[tuple[Stream, socket.socket]]:
    """Yield a stream and its other end, which receives each packet separately."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * MOST_JOINED)
    with ours, theirs:
        theirs.settimeout(10)
        yield Stream(ours, "peer"), theirs


def test_head_and_small_body_leave_in_one_packet(ends: tuple[Stream, socket.socket]) -> None:
    stream, server = ends
    for part in (HEAD, BODY, b""):
        stream.write(part)
    assert server.recv(MOST_JOINED) == HEAD + BODY
    stream.write(HEAD)
    stream.write(b"")
    assert server.recv(MOST_JOINED) == HEAD


def test_a_large_body_is_not_copied_to_its_head(ends: tuple[Stream, socket.socket]) -> None:
    stream, server = ends
    for part in (HEAD, b"x" * MOST_JOINED, b""):
        stream.write(part)
    assert [len(server.recv(2 * MOST_JOINED)) for _ in range(2)] == [len(HEAD), MOST_JOINED]


def test_what_was_kept_leaves_before_an_answer_is_read(ends: tuple[Stream, socket.socket]) -> None:
    stream, server = ends
    stream.write(HEAD)
    stream.write(b"0\r\n\r\n")  # the end of a chunked body is written separately
    server.send(b"HTTP/1.1 200 OK\r\n\r\n")
    assert stream.read(MOST_JOINED).startswith(b"HTTP/1.1 200")
    assert server.recv(MOST_JOINED) == HEAD + b"0\r\n\r\n"
