"""Additions to the web server: headers on every response, and audio that streams while it is generated."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from boomerang.invoker.entities.tts import TTSResult
from boomerang.invoker.request import Request as InvokeRequest
from boomerang.invoker.run import Run
from boomerang.playground.server.audio_route import CLIPS, ROUTES, LiveClips, offer
from boomerang.playground.server.security_headers import CONTENT_SECURITY_POLICY, SecurityHeaders, middleware
from boomerang.playground.server.session_owners import IDENTITY_HEADER
from boomerang.playground.server.startup import send_at_once
from boomerang.workbench.results.audio_stream import segments
from tests.runs import job_of
from tests.scripted import BOUND, SPOKEN


async def _plain(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello", headers={"x-own": "kept"})


async def _stream(request: Request) -> StreamingResponse:
    async def parts() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"

    return StreamingResponse(parts())


async def _echo(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(await socket.receive_text())
    await socket.close()


OWN = [Route("/plain", _plain), Route("/stream", _stream), WebSocketRoute("/socket", _echo)]


@pytest.fixture
def client() -> Iterator[TestClient]:
    """A client of an app with our headers and our route."""
    app = Starlette(routes=[*ROUTES, *OWN], middleware=[Middleware(SecurityHeaders)])
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


@pytest.mark.parametrize("path", ["/plain", "/stream", "/nothing-here", "/live/unknown.mp3"])
def test_every_answer_has_the_headers(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["x-frame-options"] == "DENY"


def test_an_answers_own_headers_and_body_are_untouched(client: TestClient) -> None:
    answer = client.get("/plain")
    assert answer.text == "hello" and answer.headers["x-own"] == "kept"
    assert client.get("/stream").content == b"ab"
    assert client.post("/plain").status_code == 405


@pytest.mark.parametrize("kind", ["default-src", "connect-src", "img-src", "media-src", "frame-src", "font-src"])
def test_the_policy_lets_nothing_load_from_another_server(kind: str) -> None:
    [rule] = [rule for rule in CONTENT_SECURITY_POLICY.split("; ") if rule.startswith(kind)]
    assert set(rule.split()[1:]) <= {"'self'", "data:", "blob:"}
    assert "'unsafe-inline'" not in CONTENT_SECURITY_POLICY.partition("script-src")[2].partition(";")[0]


def test_a_websocket_passes_untouched(client: TestClient) -> None:
    with client.websocket_connect("/socket") as socket:
        socket.send_text("hi")
        assert socket.receive_text() == "hi"


@pytest.mark.parametrize("kind", ["websocket", "lifespan"])
def test_what_is_no_http_gets_the_very_functions_of_the_server(kind: str) -> None:
    seen: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend((scope, receive, send))

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        raise AssertionError

    scope: Scope = {"type": kind}
    asyncio.run(SecurityHeaders(app)(scope, receive, send))
    assert seen[0] is scope and seen[1] is receive and seen[2] is send


def test_a_clip_that_was_not_offered_is_not_there(client: TestClient) -> None:
    assert client.get("/live/unknown.mp3").status_code == 404


def test_a_clip_is_played_from_its_beginning_by_everybody_until_it_is_withdrawn(client: TestClient) -> None:
    clip = CLIPS.offer(lambda: iter([b"one", b"two"]))
    for _ in range(2):
        answer = client.get(f"/live/{clip}.mp3")
        assert (answer.status_code, answer.content) == (200, b"onetwo")
        assert answer.headers["content-type"] == "audio/mpeg" and answer.headers["cache-control"] == "no-store"
    CLIPS.withdraw(clip)
    CLIPS.withdraw(clip)
    assert client.get(f"/live/{clip}.mp3").status_code == 404


def test_a_clip_of_a_browsers_run_is_found_by_that_browser_only(client: TestClient) -> None:
    clip = CLIPS.offer(lambda: iter([b"speech"]), "~anna")
    statuses = [
        client.get(f"/live/{clip}.mp3", headers=headers).status_code
        for headers in ({IDENTITY_HEADER.decode(): "~anna"}, {IDENTITY_HEADER.decode(): "~boris"}, {})
    ]
    assert statuses == [200, 404, 404]
    CLIPS.withdraw(clip)


def test_the_id_of_a_clip_cannot_be_guessed() -> None:
    clips = LiveClips()
    ids = {clips.offer(lambda: iter(())) for _ in range(100)}
    assert len(ids) == 100 and all(len(clip) >= 22 for clip in ids)
    assert clips.url("abc").endswith("/live/abc.mp3")


def test_segments_are_sent_as_they_come_and_not_at_the_end() -> None:
    """The second segment is generated only once the first was sent: a response that waited for all would never start."""
    received = threading.Event()

    def answer(request: InvokeRequest[Any], run: Run) -> Iterator[TTSResult]:
        yield TTSResult.of(b"first", "audio/mpeg")
        assert received.wait(BOUND)
        yield TTSResult.of(b"second", "audio/mpeg")

    job = job_of("tts", answer)
    clip = CLIPS.offer(lambda: segments(job))
    bodies: list[bytes] = []

    async def receive() -> Message:
        await asyncio.sleep(BOUND)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body" and message.get("body"):
            bodies.append(message["body"])
            received.set()

    scope: Scope = {"type": "http", "method": "GET", "path": f"/live/{clip}.mp3", "headers": [], "query_string": b""}
    app = SecurityHeaders(Starlette(routes=ROUTES))
    job.start()
    try:
        asyncio.run(asyncio.wait_for(app(scope, receive, send), BOUND))
    finally:
        CLIPS.withdraw(clip)
    job.join(BOUND)
    assert bodies == [b"first", b"second"]
    assert job.error is None


def test_a_job_that_fails_or_is_stopped_ends_its_audio() -> None:
    def fails(request: InvokeRequest[Any], run: Run) -> Iterator[TTSResult]:
        yield TTSResult.of(b"first", "audio/mpeg")
        raise ConnectionError

    broken = job_of("tts", fails).start()
    assert list(segments(broken)) == [b"first"]
    broken.join(BOUND)
    assert list(segments(broken)) == [b"first"]  # later listeners get the same

    content = threading.Event()

    def waits(request: InvokeRequest[Any], run: Run) -> Iterator[TTSResult]:
        yield TTSResult.of(b"first", "audio/mpeg")
        content.set()
        run.wait(BOUND)

    stopped = job_of("tts", waits).start()
    assert content.wait(BOUND)
    listening = segments(stopped)
    assert next(listening) == b"first"
    stopped.stop()
    assert list(listening) == []
    stopped.join(BOUND)


def test_a_clip_lives_as_long_as_its_job() -> None:
    job = job_of("tts").start()
    clip = offer(job)
    job.join(BOUND)
    received = CLIPS.get(clip)
    assert received is not None and b"".join(received) == SPOKEN * 2
    del received, job
    gc.collect()
    assert CLIPS.get(clip) is None


def test_an_app_with_a_wrong_list_of_hosts_does_not_start_and_says_why() -> None:
    with pytest.raises(SystemExit, match=r"BOOMERANG_HOSTS: 'https://app\.example\.com' is no host"):
        middleware(lambda identity: False, {"BOOMERANG_HOSTS": "https://app.example.com"})


def test_what_the_server_accepts_is_sent_at_once_and_other_sockets_are_left_alone() -> None:
    with socket.socket() as listening, socket.socket() as idle, socket.socket(type=socket.SOCK_DGRAM):
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        send_at_once()
        with socket.create_connection(listening.getsockname(), timeout=BOUND):
            accepted, _address = listening.accept()
            with accepted:
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert not idle.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
