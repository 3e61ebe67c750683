"""Tests that a refusal is an error of the right type with the server's message, whatever its format and status."""

from __future__ import annotations

import json
from typing import Any

import pytest

from boomerang.invoker.errors import (
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
    ProtocolError,
)
from tests.invoker.backends.openai_compatible.desk import opened
from tests.invoker.backends.openai_compatible.transport.failing_servers import CALLS, closing
from tests.loopback import whole


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvokeBadRequestError),
        (401, InvokeAuthorizationError),
        (403, InvokeAuthorizationError),
        (404, InvokeBadRequestError),
        (500, InvokeServerUnavailableError),
    ],
)
@pytest.mark.parametrize(
    "body",
    [{"error": {"message": "密钥无效"}}, {"error": "密钥无效"}, {"message": "密钥无效"}, {"detail": "密钥无效"},
     {"detail": [{"msg": "密钥无效"}]}, "密钥无效".encode()],
    ids=["openai", "ollama", "message", "fastapi", "pydantic", "text"],
)  # fmt: skip
def test_a_refusal_keeps_the_servers_words_and_status(status: int, kind: type[Exception], body: Any) -> None:
    with opened(lambda _request, connection: connection.send(whole(body, status, x_request_id="r-17"))) as desk:
        with pytest.raises(kind, match="密钥无效") as raised:
            desk.ask()
        error: Any = raised.value
        assert (error.status_code, error.request_id) == (status, "r-17")
        assert error.url == f"{desk.server.address}/v1/chat/completions" and error.backend == "openai_compatible"
        assert len(desk.server.requests) == 1  # an explicit refusal is not retried


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("密钥无效", InvokeServerUnavailableError),
        ({"message": "密钥无效", "code": 401}, InvokeAuthorizationError),
        ({"message": "密钥无效", "code": "429"}, InvokeRateLimitError),
        ({"message": "密钥无效", "code": "invalid_api_key"}, InvokeServerUnavailableError),
        ({"message": "密钥无效", "code": 200}, InvokeServerUnavailableError),
        ({"message": "密钥无效", "status": 404}, InvokeBadRequestError),
        (["密钥无效"], InvokeServerUnavailableError),
    ],
    ids=["LM Studio", "OpenRouter", "a number in quotes", "a name", "success", "a status", "a list"],
)
def test_an_error_inside_an_answer_of_success_is_reported_as_a_refusal_is(
    call: str, content: Any, kind: type[Exception]
) -> None:
    answer = whole(json.dumps({"error": content}, ensure_ascii=False).encode(), x_request_id="r-17")
    with opened(lambda _request, connection: connection.send(answer)) as desk:
        with pytest.raises(InvokeError, match="密钥无效") as raised:
            CALLS[call](desk)
        error = raised.value
        assert type(error) is kind and (error.status_code, error.request_id) == (200, "r-17")
        assert "密钥无效" in (error.body or "") and (error.url or "").startswith(desk.server.address)


def test_an_empty_error_in_an_answer_is_none() -> None:
    nothings: list[Any] = [None, "", {}, False]
    vector = {"data": [{"embedding": [1.0], "index": 0}]}
    with opened(
        lambda _request, connection: connection.send(whole(vector | {"error": nothings[len(desk.server.requests) - 1]}))
    ) as desk:
        for _ in nothings:
            assert CALLS["embedding"](desk).embeddings == [[1.0]]


FAULTS = [
    ({"loc": ["body", "messages", 0, "content"], "msg": "Field required"}, "body.messages.0.content: Field required"),
    ({"loc": ["body", "temperature"], "msg": "must be <= 2"}, "body.temperature: must be <= 2"),
]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"detail": [fault for fault, _ in FAULTS]}, "; ".join(text for _, text in FAULTS)),
        ({"detail": [FAULTS[0][0]] * 9}, "; ".join([FAULTS[0][1]] * 8 + ["…"])),
        ([{"error": {"code": 400, "message": "密钥无效"}}], "密钥无效"),
        ({"errors": [{"message": "密钥无效"}, "别的"]}, "密钥无效; 别的"),
        ({"code": 1001, "msg": "密钥无效"}, "密钥无效"),
        ({"base_resp": {"status_code": 1004, "status_msg": "密钥无效"}}, "密钥无效"),
        ({"error": {"message": {"detail": "密钥无效"}}}, "密钥无效"),
        ({"error": True, "message": "密钥无效"}, "密钥无效"),
        ("密钥无效", "密钥无效"),
        ({"detail": {"error": {"message": "", "code": "invalid_api_key"}}}, "invalid_api_key"),
        ({"error": {"message": None, "type": "rate_limit", "code": None}}, "rate_limit"),
        ({"type": "error", "error": {"type": "overloaded_error", "message": " "}}, "overloaded_error"),
        ({"error": "", "message": "", "code": "x"}, "x"),
        ({"error_code": "no_quota", "error_msg": ""}, "no_quota"),
        ({"errors": [{"code": "a"}, {"code": "b", "message": ""}]}, "a; b"),
        ({"code": "InvalidApiKey", "request_id": "r-1"}, "InvalidApiKey"),
        ({"Code": "InvalidApiKey", "Message": "密钥无效"}, "密钥无效"),
        ({"__type": "UnrecognizedClientException", "message": ""}, "UnrecognizedClientException"),
        ({"errorCode": 17, "errorMessage": "密钥无效"}, "密钥无效"),
        ({"error": "invalid_token", "error_description": "密钥无效"}, "密钥无效"),
        ({"type": "about:blank", "title": "Unauthorized", "status": 401}, "Unauthorized"),
        ({"title": "Unauthorized", "status": 401, "detail": "密钥无效"}, "密钥无效"),
        ({"type": "https://example.com/no-credit", "status": 403}, "https://example.com/no-credit"),
        ({"code": 1001, "message": "", "type": "error"}, '{"code": 1001, "message": "", "type": "error"}'),
    ],
    ids=str,
)
def test_words_of_a_refusal_are_found_in_every_shape(body: Any, text: str) -> None:
    with opened(lambda _request, connection: connection.send(whole(body, 400))) as desk:
        with pytest.raises(InvokeBadRequestError) as raised:
            desk.ask()
        assert str(raised.value).startswith(f"{text} (HTTP 400 from ")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            "<?xml version='1.0'?><Error><Code>NoKey</Code><Message>密钥无效</Message><RequestId>7</RequestId></Error>",
            "密钥无效",
        ),
        ("<Error><Code>InvalidAccessKeyId</Code><Message/></Error>", "InvalidAccessKeyId"),
        ("<s:Envelope><s:Fault><faultcode>x</faultcode><faultstring>密钥无效</faultstring></s:Fault></s:Envelope>", "密钥无效"),
        ("<error><title>密钥无效</title><status>401</status></error>", "密钥无效"),
        ("<html><body>See <code>x</code> <message>y</message></body></html>", "See x y"),
    ],
)
def test_words_of_a_refusal_in_xml_are_found(body: str, text: str) -> None:
    with opened(lambda _request, connection: connection.send(whole(body.encode(), 400, "application/xml"))) as desk:
        with pytest.raises(InvokeBadRequestError) as raised:
            desk.ask()
        assert str(raised.value).startswith(f"{text} (HTTP 400 from ")


@pytest.mark.parametrize("status", [200, 400])
def test_a_code_is_found_whether_the_server_refuses_or_answers(status: int) -> None:
    body = {"error": {"message": "", "code": "invalid_api_key", "status": 401}}
    with opened(lambda _request, connection: connection.send(whole(body, status))) as desk:
        with pytest.raises(InvokeError, match=r"^invalid_api_key") as raised:
            desk.ask()
        assert isinstance(raised.value, InvokeAuthorizationError) is (status == 200)


def test_html_instead_of_an_api_is_named() -> None:
    page = b"<!doctype html><html><head><title>Welcome to nginx!</title></head><body>hello</body></html>"
    for status, kind in ((200, ProtocolError), (404, InvokeBadRequestError)):
        answer = whole(page, status, media_type="text/html")
        with opened(closing(answer)) as desk, pytest.raises(kind, match="Welcome to nginx"):
            desk.ask()
