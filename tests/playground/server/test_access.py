"""Which `Host` and `Origin` the server accepts, and that a refused request reaches nothing behind the middleware."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from boomerang.playground.server.access import HOSTS_VARIABLE, Access, Policy, authority, is_loopback, listed, origin

LOOPBACK, ELSEWHERE = Policy(loopback=True), Policy(loopback=False)


def policy(hosts: str, *, loopback: bool = False) -> Policy:
    """Return a policy for `BOOMERANG_HOSTS`."""
    return Policy(loopback, listed(hosts))


def answers(rules: Policy, host: str | None, page: str | None = None, *, secure: bool = False) -> bool:
    """Return whether a request is accepted; a refusal must be a sentence that names the variable."""
    reason = rules.refusal([host] if host is not None else [], [page] if page is not None else [], secure=secure)
    if reason is not None:
        assert HOSTS_VARIABLE in reason and reason.endswith(".") and "\n" not in reason and reason.isascii()
    return reason is None


OWN_HOSTS = [
    "localhost", "localhost:8501", "LocalHost:8501", "localhost.", "localhost.:8501", "localhost:", "127.0.0.1:8501",
    "127.0.0.1", "0.0.0.0:8501", "192.168.1.7:80", "[::1]", "[::1]:8501", "[FE80::1%25eth0]:8501", "8.8.8.8",
]  # fmt: skip
OTHER_HOSTS = [
    "evil.example", "evil.example:8501", "localhost.evil.example", "evil-localhost", "sub.localhost", "127.0.0.1.nip.io",
    "127.1", "0x7f000001", "2130706433", "xn--lcalhost-54a", "l\u043ecalhost", "localhost..", ".localhost", "", "localhost:x",
    "localhost:0", "localhost:65536", "localhost:1:2", "user@localhost", "localhost@evil.example", "localhost/evil.example",
    "localhost,evil.example", "localhost evil.example", "[::1", "::1", "[evil.example]", "[127.0.0.1]", "localhost\\evil",
    "localhost#evil", "localhost?evil", "a" * 300, "localhost\x00", "localhost:\u0663",
]  # fmt: skip


@pytest.mark.parametrize("host", OWN_HOSTS)
def test_bound_to_loopback_localhost_and_addresses_are_answered(host: str) -> None:
    assert answers(LOOPBACK, host)


@pytest.mark.parametrize("host", OTHER_HOSTS)
def test_bound_to_loopback_no_other_name_is_answered(host: str) -> None:
    assert not answers(LOOPBACK, host)


def test_bound_to_loopback_a_request_without_a_host_is_not_answered() -> None:
    assert not answers(LOOPBACK, None)
    assert answers(ELSEWHERE, None)
    assert not answers(policy("app.example.com"), None)


@pytest.mark.parametrize("host", ["evil.example", "app:8501", "my_app.internal", "10.0.0.5:8501", "[2001:db8::1]:8501"])
def test_bound_elsewhere_every_host_is_answered_while_none_is_listed(host: str) -> None:
    assert answers(ELSEWHERE, host) and not answers(policy("app.example.com"), host)


@pytest.mark.parametrize("loopback", [True, False])
@pytest.mark.parametrize(
    ("hosts", "host", "right"),
    [
        ("app.example.com", "app.example.com", True),
        ("app.example.com", "APP.example.com.:8501", True),
        ("app.example.com", "sub.app.example.com", False),
        ("app.example.com", "notapp.example.com", False),
        ("app.example.com:8501", "app.example.com:8501", True),
        ("app.example.com:8501", "app.example.com:8502", False),
        ("app.example.com:8501", "app.example.com", False),
        ("app.example.com:443", "app.example.com", True),
        ("*.example.com", "app.example.com", True),
        ("*.example.com", "a.b.example.com:8501", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "evilexample.com", False),
        (" one.example , two.example ,", "two.example", True),
        ("bücher.example", "xn--bcher-kva.example", True),
    ],
)
def test_a_listed_host_is_answered_wherever_the_server_is_bound(hosts: str, host: str, right: bool, loopback: bool) -> None:
    assert answers(policy(hosts, loopback=loopback), host) is right


def test_bound_elsewhere_a_list_is_the_only_list() -> None:
    rules = policy("app.example.com, 10.0.0.7, [::1]:8501, 2001:db8::7")
    assert not answers(rules, "localhost:8501") and not answers(rules, "127.0.0.1:8501")
    assert answers(rules, "10.0.0.7:8501") and answers(rules, "[::1]:8501") and answers(rules, "[2001:DB8::7]:1")


@pytest.mark.parametrize(
    "hosts", ["https://app.example.com", "a/b", "*", "*.*.example", "a b", "a:99999", "::1x", "*.10.0.0.1", "u@a"]
)
def test_an_entry_that_is_no_host_is_refused_at_the_start(hosts: str) -> None:
    with pytest.raises(ValueError, match=f"^{HOSTS_VARIABLE}: .*app.example.com"):
        listed(f"good.example, {hosts}")


@pytest.mark.parametrize("rules", [LOOPBACK, ELSEWHERE], ids=["loopback", "elsewhere"])
@pytest.mark.parametrize(
    ("host", "page", "right"),
    [
        ("localhost:8501", "http://localhost:8501", True),
        ("LOCALHOST:8501", "http://localhost:8501", True),
        ("localhost.:8501", "http://localhost:8501", True),
        ("localhost", "http://localhost", True),
        ("localhost", "http://localhost:80", True),
        ("localhost:80", "http://localhost", True),
        ("localhost", "https://localhost", True),  # behind a proxy that terminates TLS
        ("localhost:443", "https://localhost", True),
        ("localhost:8443", "https://localhost:8443", True),
        ("[::1]:8501", "http://[0:0::1]:8501", True),
        ("localhost:8501", "http://localhost:3000", False),
        ("localhost:8501", "http://localhost", False),
        ("localhost:8501", "https://localhost", False),
        ("localhost", "http://localhost:8501", False),
        ("localhost", "http://localhost:443", False),
        ("localhost:8501", "http://127.0.0.1:8501", False),
        ("127.0.0.1:8501", "http://localhost:8501", False),
        ("localhost:8501", "http://evil.example:8501", False),
        ("localhost:8501", "http://localhost.evil.example:8501", False),
        ("localhost:8501", "null", False),
        ("localhost:8501", "", False),
        ("localhost:8501", "file://", False),
        ("localhost:8501", "chrome-extension://localhost:8501", False),
        ("localhost:8501", "ws://localhost:8501", False),
        ("localhost:8501", "http://user@localhost:8501", False),
        ("localhost:8501", "http://localhost:8501/", False),
        ("localhost:8501", "http://localhost:8501 http://evil.example", False),
        ("localhost:8501", "http://localhost:8501?evil.example", False),
        ("localhost:8501", "http://evil.example\\@localhost:8501", False),
        ("localhost:8501", "//localhost:8501", False),
        ("localhost:8501", "localhost:8501", False),
    ],
)
def test_an_origin_is_the_host_that_was_asked(rules: Policy, host: str, page: str, right: bool) -> None:
    assert answers(rules, host, page) is right


def test_a_server_with_tls_of_its_own_knows_the_port_behind_a_host_without_one() -> None:
    assert answers(ELSEWHERE, "app.example.com", "https://app.example.com", secure=True)
    assert not answers(ELSEWHERE, "app.example.com", "http://app.example.com", secure=True)


@pytest.mark.parametrize(
    ("hosts", "page", "right"),
    [
        ("app.example.com", "https://app.example.com", True),
        ("app.example.com", "http://app.example.com:80", True),
        ("app.example.com", "https://app.example.com:8443", False),
        ("app.example.com:8443", "https://app.example.com:8443", True),
        ("app.example.com:8443", "https://app.example.com", False),
        ("*.example.com", "https://app.example.com", True),
        ("*.example.com", "https://app.example.com:8443", False),
        ("*.example.com:8443", "https://app.example.com:8443", True),
        ("app.example.com", "null", False),
    ],
)
def test_a_listed_origin_may_ask_behind_a_proxy_that_changes_the_host(hosts: str, page: str, right: bool) -> None:
    assert answers(policy(f"{hosts}, upstream"), "upstream:8501", page) is right


def test_several_headers_are_refused() -> None:
    assert ELSEWHERE.refusal(["a.example", "a.example"], [], secure=False)
    assert ELSEWHERE.refusal(["a.example"], ["http://a.example"] * 2, secure=False)


@pytest.mark.parametrize(
    ("host", "page", "entry"),
    [
        ("app.example.com:8501", None, "add app.example.com to"),
        ("localhost:8501", "https://app.example.com", "add app.example.com to"),
        ("localhost:8501", "http://app.example.com:9000", "add app.example.com:9000 to"),
        ("localhost:8501", "http://[2001:db8::1]:9000", "add [2001:db8::1]:9000 to"),
    ],
)
def test_a_refusal_names_what_to_add_and_adding_it_helps(host: str, page: str | None, entry: str) -> None:
    reason = LOOPBACK.refusal([host], [page] if page else [], secure=False)
    assert reason is not None and entry in reason and HOSTS_VARIABLE in reason
    assert answers(policy(entry.split()[1], loopback=True), host, page)


NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,10}(\.[a-z]{2,5})?", fullmatch=True)
PORTS = st.integers(1, 65535)
SCHEMES = st.sampled_from(["http", "https"])
DEFAULTS = {"http": 80, "https": 443}


@given(NAMES, PORTS, SCHEMES, st.booleans(), st.booleans(), st.booleans())
def test_the_pages_of_the_host_itself_may_ask_however_it_is_spelt(
    name: str, port: int, scheme: str, upper: bool, dot: bool, explicit: bool
) -> None:
    host = (name.upper() if upper else name) + ("." if dot else "")
    bare = port == DEFAULTS[scheme] and not explicit
    assert answers(ELSEWHERE, host if bare else f"{host}:{port}", f"{scheme}://{name}" if bare else f"{scheme}://{name}:{port}")


@given(NAMES, PORTS, NAMES, PORTS, SCHEMES)
def test_the_pages_of_another_host_or_port_may_not(name: str, port: int, other: str, other_port: int, scheme: str) -> None:
    same = (name, port) == (other, other_port)
    assert answers(ELSEWHERE, f"{name}:{port}", f"{scheme}://{other}:{other_port}") is same


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_checked_and_none_breaks_anything(host: str, page: str) -> None:
    for rules in (LOOPBACK, ELSEWHERE):
        answers(rules, host, page)
    authority(host), origin(page)


@pytest.mark.parametrize("address", ["localhost", "LOCALHOST", "127.0.0.1", "127.0.0.2", "::1"])
def test_a_server_at_these_addresses_is_bound_to_loopback(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize("address", [None, "", "0.0.0.0", "::", "192.168.1.7", "my-machine", "unix:///tmp/socket"])
def test_a_server_at_these_addresses_is_bound_elsewhere(address: str | None) -> None:
    assert not is_loopback(address)


def ask(
    rules: Policy, kind: str, path: str, headers: Iterable[tuple[bytes, bytes]], *, base_path: str = "", denial: bool = True
) -> tuple[Scope | None, list[Message]]:
    """Send a request through the middleware; return the scope that reached the app, and the messages sent."""
    reached: list[Scope] = []
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        reached.append(scope)

    async def receive() -> Message:
        raise AssertionError("nothing of a refused request is read")

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {"type": kind, "path": path, "scheme": "http" if kind == "http" else "ws", "headers": list(headers)}
    scope |= {"method": "GET", "extensions": {"websocket.http.response": {}} if denial else {}}
    asyncio.run(Access(app, rules, base_path)(scope, receive, send))
    return (reached[0] if reached else None), sent


FOREIGN = [(b"host", b"evil.example")]


@pytest.mark.parametrize(
    "path", ["/", "/llm", "/media/a.mp3", "/live/a.mp3", "/component/a", "/_stcore/metrics", "/_stcore/health/"]
)
def test_a_refused_request_reaches_nothing(path: str) -> None:
    reached, (start, body) = ask(LOOPBACK, "http", path, FOREIGN)
    assert reached is None
    assert start["status"] == 403 and (b"content-type", b"text/plain; charset=utf-8") in start["headers"]
    assert b"add evil.example to the environment variable BOOMERANG_HOSTS" in body["body"]


@pytest.mark.parametrize("headers", [FOREIGN, [(b"host", b"localhost"), (b"origin", b"http://evil.example")]])
def test_a_refused_websocket_reaches_nothing_and_is_not_accepted(headers: list[tuple[bytes, bytes]]) -> None:
    reached, (start, body) = ask(LOOPBACK, "websocket", "/_stcore/stream", headers)
    assert reached is None and start["type"] == "websocket.http.response.start" and start["status"] == 403
    assert b"BOOMERANG_HOSTS" in body["body"]
    reached, messages = ask(LOOPBACK, "websocket", "/_stcore/stream", headers, denial=False)
    assert reached is None and [message["type"] for message in messages] == ["websocket.close"]


@pytest.mark.parametrize("base_path", ["", "/base"])
@pytest.mark.parametrize("path", ["/_stcore/health", "/_stcore/script-health-check"])
def test_health_is_answered_to_everyone(path: str, base_path: str) -> None:
    reached, sent = ask(policy("app.example.com"), "http", base_path + path, FOREIGN, base_path=base_path)
    assert reached is not None and not sent
    assert ask(LOOPBACK, "websocket", base_path + path, FOREIGN, base_path=base_path)[0] is None


def test_a_request_target_with_a_host_of_its_own_is_refused() -> None:
    reached, (start, _body) = ask(ELSEWHERE, "http", "http://evil.example/_stcore/health", [(b"host", b"localhost")])
    assert reached is None and start["status"] == 403


@pytest.mark.parametrize("page", [b"http://app.example.com", b"http://APP.example.com:80", b"https://other.example"])
def test_streamlit_sees_an_origin_that_is_the_host_in_the_same_letters(page: bytes) -> None:
    headers = [(b"host", b"App.example.com"), (b"Origin", page), (b"x-own", b"kept")]
    reached, _sent = ask(policy("other.example, app.example.com"), "websocket", "/_stcore/stream", headers)
    assert reached is not None
    assert reached["headers"] == [
        (b"host", b"App.example.com"),
        (b"Origin", page.partition(b":")[0] + b"://App.example.com"),
        (b"x-own", b"kept"),
    ]


def test_a_program_without_an_origin_may_connect() -> None:
    assert ask(LOOPBACK, "websocket", "/_stcore/stream", [(b"host", b"127.0.0.1:8501")])[0] is not None


def test_a_forwarded_host_changes_nothing() -> None:
    headers = [*FOREIGN, (b"x-forwarded-host", b"localhost"), (b"forwarded", b"host=localhost")]
    assert ask(LOOPBACK, "http", "/", headers)[0] is None


def test_refusals_are_logged_once_each_and_not_without_end(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError

    async def ignore(message: Message) -> None:
        pass

    layer = Access(app, LOOPBACK)

    async def ask_often() -> None:
        for number in (0, 0, *range(100)):
            headers = [(b"host", f"evil{number}.example".encode())]
            scope = {"type": "http", "method": "GET", "path": "/", "scheme": "http", "headers": headers}
            await layer(scope, None, ignore)  # type: ignore[arg-type]

    asyncio.run(ask_often())
    assert 1 < len(caplog.messages) <= 20 and len(set(caplog.messages)) == len(caplog.messages)
