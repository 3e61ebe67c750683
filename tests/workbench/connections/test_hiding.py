"""Test that secrets of a connection appear only in its requests, however a server repeats them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import closing
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from boomerang.invoker.backends.openai_compatible.opening import opened
from boomerang.invoker.connection_kind import Check
from boomerang.invoker.errors import ConfigError, InvokeError
from boomerang.invoker.http.address_policy import Allowed
from boomerang.invoker.records.record import Record
from boomerang.invoker.records.record_values import dump
from boomerang.invoker.run import Run
from boomerang.invoker.session import Session
from boomerang.workbench.connections.connections_file import written
from boomerang.workbench.connections.probe import check_connection
from tests.connection_settings import settings_of
from tests.loopback import STREAM, ClientConnection, Loopback, ReceivedRequest, Script, chunked, head, whole

KEY = "sk-not-for/anybodys+eyes&ears=="
"""Contains all characters that are escaped in URLs, JSON and HTML."""
SPELLINGS = (KEY, quote(KEY, safe=""), quote(KEY), quote_plus(KEY), quote(KEY, safe="").lower(), KEY.replace("/", "\\/"))


def tried(script: Script, environment: dict[str, str] | None = None, path: str = "/v1", **settings: Any) -> str:
    """Test a connection, and return everything reported and recorded about it."""
    notes: list[Any] = []
    with Loopback(script) as server:
        values = settings_of({"name": "a", "base_url": server.address + path, **settings})
        with closing(opened(values, Allowed(), environment or {})) as backend:
            result: Check = check_connection(backend, Run(notes.append), None, values.base_url)
    return f"{result} {result.verdict} {result.error} {notes}"


def saying(text: str, status: int = 401, **headers: str) -> Script:
    """Return a script whose server responds with a text."""
    return lambda _request, connection: connection.send(whole(text.encode(), status, "text/plain", **headers))


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(
    "settings",
    [
        {"api_key": KEY},
        {"headers": {"Authorization": f"Bearer {KEY}"}},
        {"headers": {"X-Upstream": f"Bearer {KEY}"}},
        {"headers": {"X-Upstream": "7f3c9a51e0b84d2f9c6e"}},
        {"headers": {"Cookie": f"a=b; session={KEY}"}},
        {"query": {"key": KEY}},
        {"proxy": f"http://{quote(KEY, safe='')}:b@127.0.0.1:9"},
        {"proxy": f"http://a:{quote(KEY, safe='')}@127.0.0.1:9"},
    ],
    ids=["key", "bearer", "harmless name", "looks random", "cookie", "query", "proxy's user", "proxy's password"],
)
def test_a_secret_that_a_server_says_back_is_masked_in_every_spelling(spelling: str, settings: dict[str, Any]) -> None:
    if "7f3c" in str(settings):
        spelling = settings["headers"]["X-Upstream"]
    script = saying(f"bad key {spelling}, it is", x_request_id=spelling, location=f"/?key={spelling}")
    with Loopback(script) as server:
        # The proxy is called instead of the server, and responds with the same text.
        changed = settings | (
            {"proxy": settings["proxy"].replace("127.0.0.1:9", server.address[7:])} if "proxy" in settings else {}
        )
        shown = tried(script, **changed)
    assert spelling not in shown.replace("\\\\", "\\") and "bad key •••, it is" in shown


@pytest.mark.parametrize(
    "settings",
    [
        {"headers": {"X-Upstream": "me:${IT}"}},
        {"headers": {"X-Team": "${IT}"}},
        {"query": {"v": "1-${IT}"}},
        {"api_key_env": "IT"},
        {"path": "/${IT}/v1"},
    ],
    ids=["a part of a header", "a header", "a part of the query", "the key", "the address"],
)
def test_what_stood_in_a_variable_is_masked_wherever_it_went(settings: dict[str, Any]) -> None:
    shown = tried(saying(f"no {KEY[:12]} here"), {"IT": KEY[:12]}, **settings)
    assert KEY[:12] not in shown and "no ••• here" in shown


@pytest.mark.parametrize("before", [90, 105, 119, 2030, 2047])
def test_no_half_of_a_key_is_left_where_a_text_is_cut(before: int) -> None:
    assert KEY[:6] not in tried(saying("x" * before + KEY, 200), api_key=KEY)


def test_what_is_no_secret_is_shown_as_it_is() -> None:
    text = {"X-Team": "research", "X-Format": "application/json"}
    shown = tried(saying("the research team", 400), headers=text, query={"api-version": "2026-01-01-preview"})
    assert "the research team" in shown and "2026-01-01-preview" in shown and "application/json" in shown


def test_a_short_key_is_masked_where_it_is_alone() -> None:
    shown = tried(saying("bad key ab12 of ab123"), api_key="ab12")
    assert "bad key ••• of ab123" in shown


def test_a_key_in_the_list_of_models_is_masked() -> None:
    assert KEY not in tried(lambda _request, connection: connection.send(whole({"data": [{"id": f"m-{KEY}"}]})), api_key=KEY)


@pytest.mark.parametrize("stream", [True, False])
def test_a_key_that_a_model_says_does_not_reach_the_record(stream: bool) -> None:
    body = {"choices": [{"index": 0, "delta": {"content": f"It is {KEY}."}, "finish_reason": "stop"}]}
    records: list[Record[Any]] = []

    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        if stream:
            event = f"data: {json.dumps(body)}\n\n".encode()
            connection.send(STREAM, *chunked([event[:50], event[50:70], event[70:], b"data: [DONE]\n\n"]))
        else:
            connection.send(whole(body))

    with Loopback(script) as server:
        backend = opened(settings_of({"name": "a", "base_url": server.address, "api_key": KEY}), Allowed(), {})
        with closing(backend), Session(backend, record=records.append) as session:
            config = {"provider": "p", "model": "m", "mode": "chat", "completion_params": {}}
            made = session.model.llm.invoke(config, [{"role": "user", "content": "Your key?"}], stream=stream)
            content = "".join(str(chunk.delta.message.content) for chunk in made) if stream else str(made.message.content)
    assert content == "It is •••." and KEY not in json.dumps(dump(records[0]), ensure_ascii=False)


def test_a_word_in_place_of_a_key_is_left_in_what_a_model_says() -> None:
    with Loopback(lambda _request, connection: connection.send(whole({"data": [{"id": "ollama/mine"}]}))) as server:
        backend = opened(settings_of({"name": "a", "base_url": server.address, "api_key": "ollama"}), Allowed(), {})
        with closing(backend):
            assert [model.model for model in backend.fetch_models(Run())] == ["ollama/mine"]  # type: ignore[attr-defined]


def test_the_causes_of_an_error_do_not_reveal_what_it_keeps_to_itself() -> None:
    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(f"HTTP/1.1 {KEY}\r\n\r\n".encode())

    with Loopback(script) as server:
        backend = opened(settings_of({"name": "a", "base_url": server.address, "api_key": KEY}), Allowed(), {})
        with closing(backend), pytest.raises(InvokeError) as raised:
            backend.fetch_models(Run())  # type: ignore[attr-defined]
    assert all(KEY not in f"{error} {error.args}" for error in causes(raised.value))


def causes(error: BaseException | None) -> Iterable[BaseException]:
    """Yield an error and its causes."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def test_a_redirect_does_not_reveal_the_key_of_the_query() -> None:
    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(head(307, location=f"http://127.0.0.1:1/{quote(KEY, safe='')}", content_length="0"))

    shown = tried(script, query={"key": KEY})
    assert quote(KEY, safe="") not in shown and "sends to another address" in shown


@pytest.mark.parametrize(
    "settings",
    [{"base_url": "${IT}"}, {"proxy": "${IT}"}, {"base_url": "http://${IT}:x/v1"}, {"proxy": "http://${IT}:x"}],
)
def test_what_cannot_be_opened_does_not_say_what_stood_in_the_variable(settings: dict[str, Any]) -> None:
    values = settings_of({"name": "a", "base_url": "http://h/v1", **settings})
    with pytest.raises(ConfigError) as raised:
        opened(values, Allowed(), {"IT": "not-an-address at all"})
    assert "at all" not in str(raised.value) and raised.value.__cause__ is None


@pytest.mark.parametrize("settings", [{"api_key_env": "IT"}, {"headers": {"X": "${IT}"}}])
@pytest.mark.parametrize("value", ["ключ", "two\nlines"])
def test_a_variable_that_cannot_be_sent_is_reported_by_its_name(settings: dict[str, Any], value: str) -> None:
    with pytest.raises(ConfigError, match="the environment variable IT must hold one line of ASCII characters"):
        opened(settings_of({"name": "a", "base_url": "http://h/v1", **settings}), Allowed(), {"IT": value})


@pytest.mark.parametrize(
    ("settings", "secret"),
    [
        ({"proxy": "http://${USER}:literal@p:1"}, "literal"),
        ({"proxy": "http://literal:${PASSWORD}@p:1"}, "literal"),
        ({"headers": {"X-Upstream": "Bearer literal"}}, "literal"),
        ({"headers": {"X-Team": "sk-literal"}}, "literal"),
        ({"headers": {"X-Key": "literal ${TEAM}"}}, "literal"),
    ],
)
def test_a_secret_beside_a_variable_or_under_a_harmless_name_is_not_written(settings: dict[str, Any], secret: str) -> None:
    values = settings_of({"name": "a", "base_url": "http://h/v1", **settings})
    assert secret not in written([values]) and settings_of(values.public()).with_secrets(values.secrets()) == values


@pytest.mark.parametrize(
    "proxy", ["http://u:12/ss@p:1", "http://u:pa/ss@p:1", "http://u:1#ss@p:1", "http://u:1?ss@p:1", "http://[${X}"]
)
def test_a_password_that_breaks_its_address_is_refused_without_saying_it(proxy: str) -> None:
    with pytest.raises(ConfigError, match=r"^proxy: ") as raised:
        settings_of({"name": "a", "base_url": "http://h/v1", "proxy": proxy})
    assert "ss" not in str(raised.value).replace("password", "").replace("address", "") and "'pa'" not in str(raised.value)


def test_a_header_of_ones_own_takes_the_place_of_the_keys() -> None:
    with Loopback(lambda _request, connection: connection.send(whole({"data": []}))) as server:
        settings = settings_of(
            {"name": "a", "base_url": server.address, "api_key": KEY, "headers": {"authorization": "Basic abc"}}
        )
        with closing(opened(settings, Allowed(), {})) as backend:
            backend.fetch_models(Run())  # type: ignore[attr-defined]
            sent = [value for name, value in backend._client.headers.multi_items() if name == "authorization"]  # type: ignore[attr-defined]
    assert sent == ["Basic abc"], "of one name, the server would see two"
