"""Tests that settings that HTTP can't carry are refused by field before anything is sent; all others arrive unchanged."""

from __future__ import annotations

import tomllib
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.errors import ConfigError
from boomerang.invoker.run import Run
from boomerang.invoker.session import Session
from boomerang.kinds import connect
from tests.invoker.backends.openai_compatible.desk import CONFIG, GOOD, HELLO, opened, streaming
from tests.loopback import Loopback, whole


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"headers": {"x-team": "red\nand-secret"}}, "headers: the value of x-team must be one line of ASCII characters"),
        ({"headers": {"x-team": "sécret"}}, "headers: the value of x-team must be one line of ASCII characters"),
        ({"headers": {"x-team": "secret "}}, "headers: the value of x-team must not begin or end with a space"),
        ({"headers": {"x-team": "secret\0"}}, "headers: the value of x-team must be one line of ASCII characters"),
        ({"headers": {"x-team": 5}}, "headers: the value of x-team must be a text"),
        ({"headers": {"x-team": "secret" * 9999}}, "headers: the value of x-team must have at most 16384 characters"),
        ({"headers": {"x team": "secret"}}, "headers: 'x team' is no name of a header"),
        ({"headers": {"": "secret"}}, "headers: '' is no name of a header"),
        ({"headers": {":authority": "secret"}}, "headers: '' is no name of a header"),
        ({"headers": {"x-team: secret": ""}}, "headers: 'x-team' is no name of a header"),
        ({"headers": {"Content-Length": "7"}}, "headers: Content-Length cannot be set: each request sets it by itself"),
        ({"headers": {"transfer-encoding": "chunked"}}, "headers: transfer-encoding cannot be set"),
        ({"headers": {"Content-Type": "text/secret"}}, "headers: Content-Type cannot be set"),
        ({"headers": {"Connection": "close"}}, "headers: Connection cannot be set"),
        ({"headers": {"Accept-Encoding": "gzip, br"}}, "headers: Accept-Encoding can be gzip, deflate or identity"),
        ({"headers": {"x-a": "1", "X-A": "2"}}, "headers: X-A is there twice"),
        ({"headers": ["x-a"]}, "headers: must be names with values"),
        ({"query": "a=secret"}, "query: must be names with values"),
        ({"query": {"": "secret"}}, "query: '' is no name of a field of the query"),
        ({"query": {"a": "secret\r\n"}}, "query: the value of a must be one line"),
        ({"query": {"a": "\ud800"}}, "query: the value of a must be one line"),
        ({"query": {"a": None}}, "query: the value of a must be a text"),
        ({"api_key": "sécret"}, "api_key: must be one line of ASCII characters"),
        ({"api_key": "secret\n"}, "api_key: must be one line of ASCII characters"),
        ({"api_key": " secret"}, "api_key: must not begin or end with a space"),
        ({"api_key": b"secret"}, "api_key: must be one line of ASCII characters"),
        ({"proxy": "http://u:secret@p:1/x\n"}, "proxy: must be one line of printable characters"),
        ({"proxy": "http://u:se/cret@p:1"}, "proxy: must end with its port"),
        ({"proxy": 3128}, "proxy: must be one line of printable characters"),
        ({"base_url": "http://u:secret@h:port/v1"}, "base_url: expected an address such as"),
        ({"base_url": "http://h:99999/v1"}, "base_url: expected an address such as"),
        ({"base_url": "http://h/v1#secret"}, "base_url: must not have a fragment"),
        ({"base_url": "http://h/v\n1"}, "base_url: must be one line of printable characters"),
        ({"base_url": "http://h/v1?a=%0Asecret"}, "base_url: the value of a must be one line"),
        ({"base_url": None}, "base_url: must be one line of printable characters"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_its_field_and_without_its_value(settings: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError) as raised:
        connect("openai_compatible", **({"base_url": "http://h/v1"} | settings))
    assert str(raised.value).startswith(text) and "secret" not in str(raised.value) and "cret@" not in str(raised.value)


@given(
    st.dictionaries(st.text("aB-_ :\n\0é.", max_size=6).map(lambda name: name and f"X{name}"), st.text(max_size=9), max_size=3),
    st.dictionaries(st.text(max_size=5), st.text(max_size=9), max_size=3),
    st.text(max_size=12),
)
def test_what_is_not_refused_is_sent(headers: dict[str, str], query: dict[str, str], key: str) -> None:
    with Loopback(lambda _request, connection: connection.send(whole({"data": []}))) as server:
        try:
            backend = connect("openai_compatible", base_url=server.address, headers=headers, query=query, api_key=key)
        except ConfigError as error:
            assert str(error).startswith(("headers: ", "query: ", "api_key: "))
            return
        with closing(backend):
            backend.fetch_models(Run())  # type: ignore[attr-defined]
        [request] = server.requests
    assert {name.lower(): value for name, value in headers.items()}.items() <= request.headers.items()
    assert dict(parse_qsl(request.path.partition("?")[2], keep_blank_values=True)) == query
    assert request.headers.get("authorization") == (f"Bearer {key}" if key else None)


@pytest.mark.parametrize(
    ("base_url", "query", "path", "expected_query"),
    [
        ("/v1?api-version=2", {}, "/v1/chat/completions", [("api-version", "2")]),
        ("/v1/?api-version=2", {}, "/v1/chat/completions", [("api-version", "2")]),
        ("/v1?a=1&b=x%20y&a=2&c", {}, "/v1/chat/completions", [("a", "1"), ("a", "2"), ("b", "x y"), ("c", "")]),
        ("/v1?a=1&b=2", {"a": "3"}, "/v1/chat/completions", [("a", "3"), ("b", "2")]),
        ("?a=1", {}, "/chat/completions", [("a", "1")]),
    ],
)
def test_the_query_of_an_address_stays_a_query(
    base_url: str, query: dict[str, str], path: str, expected_query: list[tuple[str, str]]
) -> None:
    with Loopback(streaming(GOOD)) as server:
        backend = connect("openai_compatible", base_url=server.address + base_url, query=query)
        with closing(backend), Session(backend) as session:
            list(session.model.llm.invoke(CONFIG, HELLO, stream=True))
        parts = urlsplit(server.requests[0].path)
    assert parts.path == path and sorted(parse_qsl(parts.query, keep_blank_values=True)) == expected_query


def test_a_request_names_this_project_unless_the_connection_names_another() -> None:
    project = tomllib.loads((Path(__file__).parents[5] / "pyproject.toml").read_text("utf-8"))["project"]
    for headers, name in [({}, f"boomerang/{project['version']}"), ({"user-agent": "mine/2"}, "mine/2")]:
        with opened(streaming(GOOD), headers=headers) as desk:
            desk.ask()
            assert desk.server.requests[0].headers["user-agent"] == name
