"""Tests for one exchange: allowed addresses, wrong certificates and names, and a stop before it starts."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from boomerang.invoker.errors import (
    ConnectionFailure,
    InvokeBadRequestError,
    InvokeConnectionError,
    ProtocolError,
    RunStoppedError,
)
from boomerang.invoker.events import Event, HTTPRequest, Notice
from boomerang.invoker.http.cancellation import Call, Clocks
from boomerang.invoker.http.client import Client
from boomerang.invoker.http.connection_pool import Pool
from boomerang.invoker.http.errors import error_text
from boomerang.invoker.http.exchange import Http
from boomerang.invoker.http.limits import Limits
from boomerang.invoker.http.network import Address
from boomerang.invoker.http.redaction.masking import MASK, SecretMask
from boomerang.invoker.http.retry import STALE_SECONDS, retry_after
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run
from boomerang.workbench.diagnosis.error_advice import advice
from tests.certificates import secured, trusting
from tests.invoker.backends.contract.watching import Beside
from tests.loopback import BOUND, ClientConnection, Loopback, head, whole
from tests.proxy import tunnel

Means = Callable[..., Http]


@pytest.fixture
def http() -> Iterator[Means]:
    """Yield a function that returns an `Http` for a server."""
    with ExitStack() as opened:

        def reach(address: str, *, clocks: Clocks | None = None, **pool: Any) -> Http:
            client = httpx.Client(base_url=address, transport=Pool(**pool), follow_redirects=True, timeout=None)
            return Http(opened.enter_context(client), clocks or Clocks())

        yield reach


def got(means: Http, run: Run | None = None) -> Any:
    """Get the JSON of a server."""
    with means.get("x", run or Run()) as answer:
        return answer.json()


def test_an_unknown_name_is_reported(http: Means) -> None:
    def unresolvable(*_arguments: Any, **_more: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(InvokeConnectionError, match="Name or service not known"):
        got(http("http://no-such-host.invalid", search=unresolvable))


@pytest.mark.parametrize("by", ["stop", "clock"])
def test_a_search_that_hangs_can_be_ended(http: Means, by: str) -> None:
    request, free = threading.Event(), threading.Event()

    def hang(*_arguments: Any, **_more: Any) -> Any:
        request.set()
        free.wait(BOUND)
        raise socket.gaierror(socket.EAI_AGAIN, "late")

    run = Run()
    stopping = threading.Thread(target=lambda: (request.wait(BOUND), run.stop() if by == "stop" else None))
    stopping.start()
    try:
        expected, text = (
            (RunStoppedError, "stopped") if by == "stop" else (InvokeConnectionError, "take the connection in time")
        )
        with pytest.raises(expected, match=text):
            got(http("http://slow.invalid", search=hang, clocks=Clocks(connect=0.2 if by == "clock" else None)), run)
    finally:
        free.set()
        stopping.join(BOUND)


def test_a_connection_that_is_not_accepted_can_be_stopped(http: Means) -> None:
    full = socket.create_server(("127.0.0.1", 0), backlog=0)
    waiting = [socket.socket() for _ in range(4)]
    for one in waiting:  # fill the queue, so that the next connection is not even refused
        one.setblocking(False)
        one.connect_ex(full.getsockname())
    run = Run()
    threading.Timer(0.2, run.stop).start()
    host, port = full.getsockname()
    with pytest.raises(RunStoppedError):
        got(http(f"http://{host}:{port}", clocks=Clocks(connect=BOUND)), run)
    for one in (*waiting, full):
        one.close()


def test_the_address_that_is_really_connected_is_checked_redirects_included(http: Means) -> None:
    seen: list[tuple[str, str, int]] = []

    def check(host: str, address: Address, port: int) -> None:
        seen.append((host, str(address), port))
        if port == forbidden:
            raise InvokeBadRequestError(f"{host} ({address}) may not be dialled.", field="base_url")

    with Loopback(lambda _request, connection: connection.send(whole({"inside": True}))) as inside:
        forbidden = int(inside.address.rpartition(":")[2])
        with Loopback(
            lambda _request, connection: connection.send(whole(b"", 302, Location=f"{inside.address}/secret"))
        ) as outside:
            means = http(outside.address.replace("127.0.0.1", "localhost"), check_address=check)
            with pytest.raises(InvokeBadRequestError, match="may not be dialled"):
                got(means)
        assert inside.requests == []
    assert [host for host, _address, _port in seen][-1] == "127.0.0.1" and "localhost" in {host for host, _, _ in seen}


def test_ipv6_is_called_and_written_as_such(http: Means) -> None:
    notes: list[Any] = []
    with Loopback(lambda _request, connection: connection.send(whole({"ok": 6})), family=socket.AF_INET6) as server:
        assert got(http(server.address), Run(notes.append)) == {"ok": 6}
        assert notes[1].peer == server.address.removeprefix("http://")


def test_a_second_address_is_tried_when_the_first_refuses(http: Means) -> None:
    with Loopback(lambda _request, connection: connection.send(whole({"ok": 4}))) as server:
        port = int(server.address.rpartition(":")[2])

        def both(*_arguments: Any, **_more: Any) -> Any:
            return [
                (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", port, 0, 0)),
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)),
            ]

        assert got(http(f"http://both.invalid:{port}", search=both)) == {"ok": 4}


def test_a_connection_that_the_server_closed_meanwhile_is_not_used_again(http: Means) -> None:
    def once(_request: Any, connection: ClientConnection) -> None:
        connection.send(whole({"ok": 1}))
        raise EOFError

    with Loopback(once) as server:
        means = http(server.address)
        for count in (1, 2, 3):
            assert got(means) == {"ok": 1}
            server.settle()
            assert len(server.connections) == count


def test_a_kept_connection_that_the_server_closes_under_the_next_request_is_opened_again(http: Means) -> None:
    def hasty(_request: Any, connection: ClientConnection) -> None:
        if len(server.requests) == 2:  # the second request, on the first connection
            raise EOFError
        connection.send(whole({"ok": len(server.requests)}))

    notes: list[Event] = []
    with Loopback(hasty) as server:
        means = http(server.address)
        assert got(means) == {"ok": 1}
        assert got(means, Run(notes.append)) == {"ok": 3}
        assert len(server.connections) == 2
    assert [note.message for note in notes if isinstance(note, Notice)] == [Message("http.stale")]


def test_a_kept_connection_that_ends_when_its_server_may_have_worked_is_not_asked_again(http: Means) -> None:
    def dying(_request: Any, connection: ClientConnection) -> None:
        if len(server.requests) == 2:
            connection.left.wait(STALE_SECONDS + 0.1)  # the server may have done billable work in that time
            raise EOFError
        connection.send(whole({"ok": 1}))

    with Loopback(dying) as server:
        means = http(server.address)
        assert got(means) == {"ok": 1}
        with pytest.raises(InvokeConnectionError, match="before it answered"):
            got(means)
        assert (len(server.requests), len(server.connections)) == (2, 1)


def test_a_new_connection_that_breaks_is_not_asked_again(http: Means) -> None:
    def never(_request: Any, connection: ClientConnection) -> None:
        raise EOFError

    with Loopback(never) as server:
        with pytest.raises(InvokeConnectionError, match="before it answered"):
            got(http(server.address))
        assert len(server.requests) == 1


def test_a_proxy_is_asked_in_its_way(http: Means) -> None:
    with Loopback(lambda _request, connection: connection.send(whole({"by": "proxy"}))) as proxy:
        means = http("http://behind.invalid", proxy=proxy.address.replace("://", "://me:secret-word@"))
        assert got(means) == {"by": "proxy"}
        [request] = proxy.requests
        assert request.path == "http://behind.invalid/x" and request.headers["proxy-authorization"].startswith("Basic ")


def test_a_trusted_certificate_is_taken(http: Means) -> None:
    with Loopback(lambda _request, connection: connection.send(whole({"ok": "tls"})), context=secured("127.0.0.1")) as server:
        assert got(http(server.address, tls=trusting())) == {"ok": "tls"}


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
def test_a_certificate_that_is_wrong_is_reported_before_anything_is_sent(
    http: Means, names: list[str], more: Any, trusted: bool, text: str
) -> None:
    context = secured(*names, **more)
    with Loopback(lambda _request, connection: connection.send(whole({})), context=context) as server:
        with pytest.raises(InvokeConnectionError, match=text) as raised:
            got(http(server.address, tls=trusting() if trusted else None))
        assert raised.value.failure is ConnectionFailure.CERTIFICATE and "verification" in str(advice(raised.value).next_step)
        assert server.requests == []


def test_http_where_https_was_expected_is_reported(http: Means) -> None:
    with Loopback(lambda _request, connection: connection.send(whole({}))) as server:
        with pytest.raises(InvokeConnectionError) as raised:
            got(http(server.address.replace("http:", "https:"), tls=trusting()))
        assert raised.value.failure is ConnectionFailure.TLS and "speaks http" in str(advice(raised.value).next_step)


def test_a_silent_server_is_stopped_below_its_keys(http: Means) -> None:
    with Loopback(lambda _request, connection: connection.wait_until_gone(), context=secured("127.0.0.1")) as server:
        run = Run()
        means = http(server.address, tls=trusting())

        def stop() -> None:
            while not server.requests:
                assert asking.is_alive()
            run.stop()

        asking = threading.current_thread()
        stopping = threading.Thread(target=stop)
        stopping.start()
        with pytest.raises(RunStoppedError):
            got(means, run)
        stopping.join(BOUND)
        assert server.connections[0].left.wait(1.0)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("soon", None),
        ("", None),
        ("inf", None),
        ("nan", None),
        ("Mon, 99 Foo", None),
        ("Mon, 01 Jan 99999999999999 00:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after-ms": "-1"}, 0.0),
        ({"retry-after-ms": "soon", "retry-after": "3"}, 3.0),
        ({"retry-after-ms": "inf"}, None),
    ],
)
def test_retry_after_is_milliseconds_where_they_are_stated(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_retry_after_is_a_date() -> None:
    result = retry_after({"retry-after": format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)})
    assert result is not None and 80 < result <= 90


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('{"error": {"message": "no"}}', "no"),
        ('{"error": {}}', '{"error": {}}'),
        ("plain", "plain"),
        ("<html><body><h1>502</h1> Bad gateway</body></html>", "502 Bad gateway"),
        ("", ""),
        ("[" * 100_000, "[" * 500),
        ('{"error": "half of \\ud83d"}', "half of ?"),
        ("<p>Bad gateway</p><![<![<![", "Bad gateway"),
    ],
    ids=range(8),
)
def test_the_servers_own_words_are_found(body: str, text: str) -> None:
    assert error_text(body) == text


def test_a_call_that_was_ended_before_it_has_a_socket_ends_it_at_once() -> None:
    call = Call(Clocks())
    call.abort()
    left, right = socket.socketpair()
    call.hold(left)
    right.settimeout(BOUND)
    assert right.recv(1) == b""
    left.close()
    right.close()


def test_a_tunnel_in_which_no_keys_were_agreed_on_does_not_take_the_place_of_another(http: Means) -> None:
    with Loopback(tunnel) as proxy, Loopback(lambda _request, _connection: None, context=secured("127.0.0.1")) as server:
        means = http(server.address, proxy=proxy.address, most=2)
        for _ in range(3):
            with pytest.raises(InvokeConnectionError, match="not trusted"):
                got(means)


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_is_read_as_a_whole_up_to_a_bound_of_what_it_comes_to(packed: bool) -> None:
    for size, good in ((1000, True), (1001, False)):
        body = b'"' + b"x" * (size - 2) + b'"'
        answer = whole(gzip.compress(body), Content_Encoding="gzip") if packed else head() + body

        def once(_request: Any, connection: ClientConnection, answer: bytes = answer) -> None:
            connection.send(answer)
            raise EOFError

        with Loopback(once) as server, httpx.Client(base_url=server.address, transport=Pool(), timeout=None) as client:
            means = Http(client, Clocks(), limits=Limits(answer_bytes=1000))
            if good:
                assert len(got(means)) == size - 2
            else:
                with pytest.raises(ProtocolError, match="more than 1,000 bytes"):
                    got(means)


def test_a_call_that_waits_for_a_place_among_others_can_be_stopped_and_gets_it_when_one_is_free(http: Means) -> None:
    free = threading.Event()

    def slow(_request: Any, connection: ClientConnection) -> None:
        assert free.wait(BOUND)
        connection.send(whole({"ok": 1}))

    with Loopback(slow) as server:
        means = http(server.address, most=1)
        first = Beside(lambda: got(means))
        server.until(lambda server: server.requests)
        patient, run = Beside(lambda: got(means)), Run()
        stopped = Beside(lambda: got(means, run))
        stopped.is_freed_by(run.stop)
        free.set()
        first.join()
        patient.join()
        assert first.result == patient.result == {"ok": 1}
        assert (len(server.requests), len(server.connections)) == (2, 1)


def test_each_request_to_a_path_is_sent_and_recorded_with_its_own_body() -> None:
    events: list[Event] = []
    with Loopback(lambda request, connection: connection.send(whole(request.json))) as server:
        address = httpx.URL(server.address)
        headers = {"Authorization": "Bearer secret-of-mine-1", "X-Team": "blue"}
        with Client(Pool(), address, headers=headers, params={"api_key": "k", "version": "1"}) as client:
            means = Http(client, Clocks(), SecretMask(["secret-of-mine-1"]))
            bodies = [{"text": "short"}, {"text": "longer, and with an é"}]
            for body in bodies:
                with means.post("x", Run(events.append), json=body) as answer:
                    assert answer.json() == body
    first, second = server.requests
    assert first.headers.items() ^ second.headers.items() == {
        ("content-length", str(len(request.body))) for request in (first, second)
    }
    assert first.path == second.path == "/x?api_key=k&version=1"
    recorded = [event for event in events if isinstance(event, HTTPRequest)]
    assert [json.loads(event.body) for event in recorded] == bodies
    for event, request in zip(recorded, server.requests, strict=True):
        assert event.headers == request.headers | {"authorization": MASK}
        assert event.query == {"api_key": MASK, "version": "1"}
