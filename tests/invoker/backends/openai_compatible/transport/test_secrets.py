"""Tests that a key appears only on the wire: in no error, record or answer, however a server echoes it."""

from __future__ import annotations

import html
import json
import re
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boomerang.invoker.errors import InvokeAuthorizationError, InvokeBadRequestError, InvokeError
from boomerang.invoker.events import HTTPEnd, HTTPRequest, HTTPResponse
from boomerang.invoker.http.redaction.masking import MASK
from boomerang.invoker.http.response import LONGEST_RECORDED, MARGIN
from boomerang.invoker.records.record_values import dump
from tests.invoker.backends.openai_compatible.desk import GOOD, KEY, Desk, event, opened, streaming
from tests.loopback import ClientConnection, ReceivedRequest, Script, whole

from .failing_servers import CALLS, closing


def test_the_key_is_nowhere_but_in_the_request() -> None:
    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(whole({"error": {"message": f"bad key {KEY}"}, "saw": request.headers["authorization"]}, 400))

    with opened(script, headers={"X-Extra-Token": "also-secret-1"}) as desk:
        with pytest.raises(InvokeBadRequestError, match="bad key •••"):
            desk.ask()
        dumped = json.dumps(dump(desk.record), ensure_ascii=False)
        assert KEY not in dumped and "also-secret-1" not in dumped
        assert desk.server.requests[0].headers["x-extra-token"] == "also-secret-1"


@pytest.mark.parametrize(
    "script",
    [
        streaming([*GOOD[:2], b"data: " + json.dumps({"error": {"message": f"bad key {KEY}"}}).encode() + b"\n\n"]),
        streaming([*GOOD[:2], f"data: bad key {KEY}\n\n".encode()]),
        closing(whole(f"<html><title>bad key {KEY}</title></html>".encode(), media_type="text/html")),
    ],
    ids=["an error in the stream", "a broken line", "a page"],
)
def test_a_key_that_a_server_says_back_stays_hidden(script: Script) -> None:
    with opened(script) as desk, pytest.raises(InvokeError, match="bad key •••") as raised:
        desk.ask()
    assert KEY not in json.dumps(dump(desk.record)) and KEY not in f"{raised.value} {raised.value.body} {raised.value.args}"


def test_a_key_that_was_typed_with_its_scheme_is_hidden_without_it_too() -> None:
    answer, refused = whole({"error": f"bad key {KEY}"}, 401), pytest.raises(InvokeAuthorizationError, match="bad key •••")
    with opened(lambda _request, connection: connection.send(answer), api_key=f"Bearer {KEY}") as desk, refused:
        desk.ask()
    assert KEY not in json.dumps(dump(desk.record))


@pytest.mark.parametrize("charset", ["utf-16", "utf-32", "cp037"])
def test_a_key_in_an_answer_of_another_charset_stays_hidden(charset: str) -> None:
    answer = json.dumps({"text": f"It is {KEY}."}).encode(charset)
    with opened(
        lambda _request, connection: connection.send(whole(answer, media_type=f"application/json; charset={charset}"))
    ) as desk:
        assert CALLS["hearing"](desk) == "It is •••."
    assert KEY not in json.dumps(dump(desk.record))


def test_how_much_of_a_limit_is_left_is_no_secret() -> None:
    def limited(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(whole({"error": "slow"}, 400, x_ratelimit_remaining_tokens="149984", x_session_token="s3cret-s3cret"))

    with opened(limited) as desk:
        with pytest.raises(InvokeError):
            desk.ask()
        [response] = desk.of_type(HTTPResponse)
    assert response.headers["x-ratelimit-remaining-tokens"] == "149984"
    assert response.headers["x-session-token"] == MASK


WAYS: dict[str, Callable[[str], str]] = {
    "itself": str,
    "JSON": lambda char: f"\\u{ord(char):04x}",
    "JSON in capitals": lambda char: f"\\u{ord(char):04X}",
    "an address": lambda char: f"%{ord(char):02x}",
    "HTML": lambda char: f"&#{ord(char)};",
    "HTML in hexadecimal": lambda char: f"&#x{ord(char):x};",
}
SPELLINGS = st.lists(st.sampled_from(sorted(WAYS)), min_size=len(KEY), max_size=len(KEY)).map(
    lambda ways: "".join(WAYS[way](char) for way, char in zip(ways, KEY, strict=True))
)
IN_BASE64 = st.tuples(st.binary(max_size=4), st.binary(max_size=4), st.sampled_from([b64encode, urlsafe_b64encode])).map(
    lambda settings: settings[2](settings[0] + KEY.encode() + settings[1]).decode()
)


def readings(text: str) -> Iterator[str]:
    """Yield a text as it is, and decoded in each way that a reader might try."""
    unescaped = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda result: chr(int(result[1], 16)), text)
    for read in (text, unescaped):
        yield from (read, unquote(read), html.unescape(read), html.unescape(unquote(read)))
    for code in re.findall(r"[\w+/-]{24,}", text, re.ASCII):
        for first in range(4):
            yield b64decode(code[first:] + "A" * (-len(code[first:]) % 4), "-_" if "-" in code or "_" in code else None).decode(
                "latin-1"
            )


def leaks(desk: Desk, error: BaseException | None) -> list[str]:
    """Return the texts of a call's record, events and error in which the key can be read."""
    texts = [json.dumps(dump(desk.record), ensure_ascii=False), json.dumps(dump(desk.record))]
    texts += [str(note) for note in desk.record.events]
    while error is not None:
        texts += [str(error), str(error.args), str(vars(error))]
        error = error.__cause__ or error.__context__
    return [text for text in texts if any(KEY in read for read in readings(text))]


@settings(max_examples=40)
@given(
    st.one_of(SPELLINGS, IN_BASE64),
    st.sampled_from(["application/json", "text/plain", "text/html", "text/event-stream"]),
    st.sampled_from([200, 401, 400, 500]),
    st.integers(0, 3000),
)
def test_no_spelling_of_the_key_is_noted_or_reported(content: str, media_type: str, status: int, before: int) -> None:
    body = f'{{"error": {{"message": "{"x" * before} bad key {content}"}}}}'.encode()
    with opened(
        lambda _request, connection: connection.send(whole(body, status, media_type, x_request_id=content, x_echo=content))
    ) as desk:
        with pytest.raises(InvokeError) as raised:
            desk.ask()
        assert leaks(desk, raised.value) == []


@settings(max_examples=40)
@given(st.data())
def test_no_spelling_of_the_key_in_json_reaches_an_answer(data: st.DataObject) -> None:
    content = "".join(data.draw(st.sampled_from([str, WAYS["JSON"], WAYS["JSON in capitals"]]))(char) for char in KEY)
    texts = dict.fromkeys(("model", "id", "text", "content", "name", "system_fingerprint"), f"a {content} b")
    call = {"id": "ID", "type": "function", "function": {"name": "NAME", "arguments": "{}"}}
    message = {"role": "assistant", "content": "CONTENT", "reasoning_content": "CONTENT", "tool_calls": [call]}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    flagged = [{"flagged": True, "categories": {"CONTENT": True}, "category_scores": {"CONTENT": 1}}]
    body = json.dumps({"model": "MODEL", "text": "CONTENT", "system_fingerprint": "ID", "choices": choices, "results": flagged})
    for name, text in texts.items():
        body = body.replace(name.upper(), text)
    with opened(lambda _request, connection: connection.send(whole(body.encode()))) as desk:
        for call_it in (desk.ask, lambda: CALLS["hearing"](desk), lambda: CALLS["moderation"](desk)):
            call_it()
            assert leaks(desk, None) == [] and "a ••• b" in json.dumps(dump(desk.record), ensure_ascii=False)


@settings(max_examples=40)
@given(st.lists(st.integers(1, len(KEY) - 1), min_size=1, max_size=6, unique=True))
def test_a_key_in_pieces_is_not_in_the_noted_body(places: list[int]) -> None:
    ends = [0, *sorted(places), len(KEY)]
    events = [event({"content": f"{KEY[begin:end]}"}) for begin, end in pairwise(ends)]
    with opened(streaming([GOOD[0], *events, *GOOD[3:]])) as desk:
        desk.ask()
        [recorded] = desk.of_type(HTTPEnd)
    assert re.fullmatch(r"\([\d,]+ bytes, left out: events of the stream hold a secret .*\)", recorded.body)


def test_half_of_a_long_key_is_not_left_where_a_noted_body_is_cut() -> None:
    key = "eyJ" + "0123456789abcdefgh" * 200
    for before in (LONGEST_RECORDED - 40, LONGEST_RECORDED + MARGIN - 40):
        content = "".join(map(WAYS["JSON"], key))
        body = f'{{"text": "{"x" * before}{content}"}}'.encode()
        with opened(lambda _request, connection, body=body: connection.send(whole(body)), api_key=key) as desk:
            CALLS["hearing"](desk)
            [end] = desk.of_type(HTTPEnd)
        assert "\\u0065" not in end.body and end.body.count("x") <= LONGEST_RECORDED


@pytest.mark.parametrize(
    "headers",
    [
        {"x-portkey-provider": "azure-openai"},
        {"X-Upstream-Address": "https://gateway.example/v1"},
        {"X-Keyboard-Layout": "qwertz-of-berlin"},
        {"X-Team": "qa-department-1-berlin"},
        {"X-Author": "somebody-else-2026"},
    ],
)
def test_the_value_of_a_harmless_header_is_left_in_answers_and_errors(headers: dict[str, str]) -> None:
    [value] = headers.values()

    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(whole({"error": {"message": f"Use {value} or nothing"}}, 400) if "no" in str(request.json) else answer)

    answer = whole({"choices": [{"index": 0, "message": {"content": f"Use {value}."}, "finish_reason": "stop"}]})
    with opened(script, headers=headers) as desk:
        assert desk.ask().message.content == f"Use {value}."
        assert desk.of_type(HTTPRequest)[0].headers[next(iter(headers)).lower()] == value
        with pytest.raises(InvokeBadRequestError, match=f"Use {re.escape(value)} or nothing"):
            desk.ask([{"role": "user", "content": "no"}])


@pytest.mark.parametrize(
    "given_settings",
    [
        {"api_key": KEY},
        {"api_key": None, "headers": {"X-Odd": KEY}},
        {"api_key": KEY, "query": {"v": KEY}},
        {"api_key": None, "headers": {"Cf-Access-Client-Secret": "not-a-known-form"}},
        {"api_key": None, "query": {"code_token": "not-a-known-form"}},
    ],
    ids=["the key", "a header of an odd name", "the query", "a secret header", "a secret field"],
)
def test_a_credential_is_masked_in_answers_wherever_it_was_set(given_settings: dict[str, Any]) -> None:
    content = KEY if KEY in str(given_settings) else "not-a-known-form"
    body = {"choices": [{"index": 0, "message": {"content": f"It is {content}."}, "finish_reason": "stop"}]}
    with opened(lambda _request, connection: connection.send(whole(body)), **given_settings) as desk:
        assert desk.ask().message.content == "It is •••."
        assert content not in json.dumps(dump(desk.record))


def test_a_variable_is_masked_in_answers_only_if_it_is_a_credential() -> None:
    body = {"choices": [{"index": 0, "message": {"content": "qa-department-1 p4ssw0rd"}, "finish_reason": "stop"}]}
    settings = {"TEAM": "qa-department-1", "LAB_TOKEN": "p4ssw0rd"}
    with opened(lambda _request, connection: connection.send(whole(body)), variables=settings) as desk:
        assert desk.ask().message.content == "qa-department-1 •••"
        assert "p4ssw0rd" not in json.dumps(dump(desk.record))
