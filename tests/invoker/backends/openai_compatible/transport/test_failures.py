"""Each way to fail, over real sockets: refusals, broken streams, clocks, stops, redirects; and what is noted of them."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from boomerang.invoker.errors import (
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeConnectionError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
    InvokeTimeoutError,
    ProtocolError,
)
from boomerang.invoker.events import NoteKind
from boomerang.invoker.http.cancellation import Clocks
from boomerang.invoker.records.record import Outcome, Record
from boomerang.invoker.session import Session
from boomerang.kinds import connect
from tests.invoker.backends.openai_compatible.desk import CONFIG, GOOD, HELLO, Desk, opened, streaming
from tests.loopback import BOUND, STREAM, Asked, Loopback, Script, Wire, chunked, whole

RANKER = {"provider": "p", "model": "r", "model_type": "rerank", "score_threshold": 0.0, "top_n": 9}


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
    with opened(lambda _asked, wire: wire.send(whole(body, status, x_request_id="r-17"))) as desk:
        with pytest.raises(kind, match="密钥无效") as raised:
            desk.ask()
        error: Any = raised.value
        assert (error.status_code, error.request_id) == (status, "r-17")
        assert error.url == f"{desk.server.address}/v1/chat/completions" and error.backend == "openai_compatible"
        assert len(desk.server.asked) == 1  # a refusal that says so is not asked again


CALLS: dict[str, Callable[[Desk], Any]] = {
    "llm": Desk.ask,
    "embedding": lambda desk: desk.session.model.text_embedding.invoke(CONFIG | {"model_type": "text-embedding"}, ["a"]),
    "rerank": lambda desk: desk.session.model.rerank.invoke(RANKER, ["a"], "b"),
    "moderation": lambda desk: desk.session.model.moderation.invoke(CONFIG | {"model_type": "moderation"}, "a"),
    "hearing": lambda desk: desk.session.model.speech2text.invoke(CONFIG | {"model_type": "speech2text"}, io.BytesIO(b"RIFF")),
    "the list of models": lambda desk: desk.backend.fetch_models(),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("said", "kind"),
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
def test_an_error_inside_an_answer_of_success_is_told_as_a_refusal_is(call: str, said: Any, kind: type[Exception]) -> None:
    answer = whole(json.dumps({"error": said}, ensure_ascii=False).encode(), x_request_id="r-17")
    with opened(lambda _asked, wire: wire.send(answer)) as desk:
        with pytest.raises(InvokeError, match="密钥无效") as raised:
            CALLS[call](desk)
        error = raised.value
        assert type(error) is kind and (error.status_code, error.request_id) == (200, "r-17")
        assert "密钥无效" in (error.body or "") and (error.url or "").startswith(desk.server.address)


def test_an_empty_error_in_an_answer_is_none() -> None:
    nothings: list[Any] = [None, "", {}, False]
    vector = {"data": [{"embedding": [1.0], "index": 0}]}
    with opened(lambda _asked, wire: wire.send(whole(vector | {"error": nothings[len(desk.server.asked) - 1]}))) as desk:
        for _ in nothings:
            assert CALLS["embedding"](desk).embeddings == [[1.0]]


FAULTS = [
    ({"loc": ["body", "messages", 0, "content"], "msg": "Field required"}, "body.messages.0.content: Field required"),
    ({"loc": ["body", "temperature"], "msg": "must be <= 2"}, "body.temperature: must be <= 2"),
]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"detail": [fault for fault, _ in FAULTS]}, "; ".join(words for _, words in FAULTS)),
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
def test_words_of_a_refusal_are_found_in_every_shape(body: Any, words: str) -> None:
    with opened(lambda _asked, wire: wire.send(whole(body, 400))) as desk:
        with pytest.raises(InvokeBadRequestError) as raised:
            desk.ask()
        assert str(raised.value).startswith(f"{words} (HTTP 400 from ")


@pytest.mark.parametrize(
    ("body", "words"),
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
def test_words_of_a_refusal_in_xml_are_found(body: str, words: str) -> None:
    with opened(lambda _asked, wire: wire.send(whole(body.encode(), 400, "application/xml"))) as desk:
        with pytest.raises(InvokeBadRequestError) as raised:
            desk.ask()
        assert str(raised.value).startswith(f"{words} (HTTP 400 from ")


@pytest.mark.parametrize("status", [200, 400])
def test_a_code_is_found_whether_the_server_refuses_or_answers(status: int) -> None:
    body = {"error": {"message": "", "code": "invalid_api_key", "status": 401}}
    with opened(lambda _asked, wire: wire.send(whole(body, status))) as desk:
        with pytest.raises(InvokeError, match=r"^invalid_api_key") as raised:
            desk.ask()
        assert isinstance(raised.value, InvokeAuthorizationError) is (status == 200)


def test_html_instead_of_an_api_is_named() -> None:
    page = b"<!doctype html><html><head><title>Welcome to nginx!</title></head><body>hello</body></html>"
    for status, kind in ((200, ProtocolError), (404, InvokeBadRequestError)):
        answer = whole(page, status, media_type="text/html")
        with opened(closing(answer)) as desk, pytest.raises(kind, match="Welcome to nginx"):
            desk.ask()


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ([*GOOD[:2], b"data: {broken\n\n"], "broken or cut off: '{broken'"),
        ([*GOOD[:2], b"Traceback (most recent call last)\n"], "not JSON: 'Traceback"),
        ([*GOOD[:2]], "without a finish reason"),
        ([*GOOD[:2], b"data: [1]\n\n"], "not JSON: '1'|broke off its answer"),
    ],
)
def test_a_broken_stream_is_an_error_and_keeps_what_had_come(events: list[bytes], words: str) -> None:
    with opened(streaming(events)) as desk:
        with pytest.raises(ProtocolError, match=words):
            desk.ask()
        assert [chunk.delta.message.content for chunk in desk.record.chunks] == ["Hel"]
        assert desk.record.outcome is Outcome.FAILED


@pytest.mark.parametrize("said", [{"message": "KV cache is full", "code": 500}, "KV cache is full"])
def test_an_error_in_mid_stream_is_told_in_the_servers_words(said: Any) -> None:
    events = [*GOOD[:2], b"data: " + json.dumps({"error": said}).encode() + b"\n\n"]
    with opened(streaming(events)) as desk, pytest.raises(InvokeServerUnavailableError, match="KV cache is full"):
        desk.ask()
    assert len(desk.record.chunks) == 1


def test_a_rate_limit_is_asked_again_after_the_time_that_the_server_wants() -> None:
    def script(_asked: Asked, wire: Wire) -> None:
        if len(desk.server.asked) == 1:
            wire.send(whole({"error": {"message": "slow down"}}, 429, Retry_After="0.05"))
        else:
            wire.send(STREAM, *chunked(GOOD))

    with opened(script) as desk:
        assert desk.ask().message.content == "Hello."
        assert any("slow down" in notice and "attempt 2" in notice for notice in desk.notices)
        phases = [note.text for note in desk.record.notes if note.kind is NoteKind.PHASE]
        assert phases == ["reading", "retrying", "reading", "answering"]


def test_a_rate_limit_that_is_too_long_is_for_a_person_to_decide() -> None:
    with opened(lambda _asked, wire: wire.send(whole({"error": {"message": "tomorrow"}}, 429, Retry_After="86400"))) as desk:
        with pytest.raises(InvokeRateLimitError, match="tomorrow") as raised:
            desk.ask()
        assert raised.value.retry_after == 86_400 and len(desk.server.asked) == 1


def test_a_rate_limit_that_names_no_time_is_asked_again_twice() -> None:
    with opened(lambda _asked, wire: wire.send(whole({"error": {"message": "slow down"}}, 429))) as desk:
        with pytest.raises(InvokeRateLimitError, match="slow down") as raised:
            desk.ask()
        assert raised.value.retry_after is None and len(desk.server.asked) == 3


def test_three_attempts_are_all() -> None:
    with opened(lambda _asked, wire: wire.send(whole({"message": "busy"}, 503, Retry_After="0"))) as desk:
        with pytest.raises(InvokeServerUnavailableError, match="busy"):
            desk.ask()
        assert len(desk.server.asked) == 3
        assert ["busy" in notice for notice in desk.notices] == [True, True]


def closing(*pieces: bytes) -> Script:
    """Give a script that sends some bytes and closes the connection."""

    def script(_asked: Asked, wire: Wire) -> None:
        wire.send(*pieces)
        raise EOFError

    return script


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (closing(), "before it answered"),
        (closing(STREAM), "in the middle"),
        (closing(STREAM, b"%x\r\n" % len(GOOD[1]), GOOD[1][:20]), "in the middle"),
        (closing(STREAM, b"%x\r\n%s\r\n" % (len(GOOD[1]), GOOD[1])), "in the middle"),
        (closing(b"SMTP ready\r\n"), "closed the connection"),
    ],
    ids=["at once", "after the head", "mid-frame", "between frames", "another protocol"],
)
def test_a_connection_that_breaks_is_told_as_such(script: Script, words: str) -> None:
    with opened(script) as desk:
        with pytest.raises(InvokeConnectionError, match=words) as raised:
            desk.ask()
        assert raised.value.url == f"{desk.server.address}/v1/chat/completions"
        assert raised.value.answered is (words != "before it answered")


def test_nobody_at_the_address_is_told_after_three_attempts() -> None:
    with Loopback(streaming(GOOD)) as server:
        address = server.address
    backend = connect("openai_compatible", base_url=f"{address}/v1")
    records: list[Record[Any]] = []
    with pytest.raises(InvokeConnectionError, match="refused") as raised:
        list(Session(backend, record=records.append).model.llm.invoke(CONFIG, HELLO))
    assert "host.docker.internal" in (raised.value.hint or "")
    assert len(records[0].notices()) == 2
    backend.close()


def silent(*pieces: bytes) -> Script:
    """Give a script that sends some bytes and then nothing, until the client leaves."""

    def script(_asked: Asked, wire: Wire) -> None:
        wire.send(*pieces)
        wire.wait_until_gone()

    return script


FRAME = b"%x\r\n%s\r\n" % (len(GOOD[1]), GOOD[1])


@pytest.mark.parametrize(
    ("pieces", "clock"),
    [
        ((), "first byte"),
        ((b"HTTP/1.1 200 OK\r\n",), "between chunks"),
        ((STREAM,), "between chunks"),
        ((STREAM, FRAME), "between chunks"),
    ],
)
def test_each_clock_runs_and_is_named(pieces: tuple[bytes, ...], clock: str) -> None:
    with opened(silent(*pieces), clocks=Clocks(first_byte=0.3, between_chunks=0.2)) as desk:
        with pytest.raises(InvokeTimeoutError) as raised:
            desk.ask()
        assert raised.value.clock == clock and raised.value.seconds == {"first byte": 0.3, "between chunks": 0.2}[clock]
        assert desk.server.connections[0].left.wait(BOUND)


def test_the_total_clock_ends_a_stream_that_never_stops_talking() -> None:
    def script(_asked: Asked, wire: Wire) -> None:
        wire.send(STREAM)
        while True:
            wire.send(FRAME)
            wire.left.wait(0.01)

    with opened(script, clocks=Clocks(total=0.4)) as desk, pytest.raises(InvokeTimeoutError) as raised:
        desk.ask()
    assert raised.value.clock == "total" and desk.record.chunks


def test_a_reader_who_takes_longer_than_the_server_may_still_gets_all_of_its_answer() -> None:
    seen, sent = threading.Event(), threading.Event()

    def script(_asked: Asked, wire: Wire) -> None:
        first, *rest = chunked(GOOD[1:])
        wire.send(STREAM, first)
        assert seen.wait(BOUND)
        wire.send(*rest)
        sent.set()

    with opened(script, clocks=Clocks(between_chunks=0.25)) as desk:
        stream = desk.session.model.llm.invoke(CONFIG, HELLO)
        texts = [next(stream).delta.message.content]
        seen.set()
        assert sent.wait(BOUND)
        threading.Event().wait(0.4)  # this reader is slow, and the rest lies in its socket
        assert "".join([*map(str, texts), *(str(chunk.delta.message.content) for chunk in stream)]) == "Hello."


def test_the_total_clock_runs_on_from_attempt_to_attempt() -> None:
    def script(_asked: Asked, wire: Wire) -> None:
        if len(desk.server.asked) == 1:
            wire.send(whole({"message": "busy"}, 503, Retry_After="0.8"))
        else:
            wire.wait_until_gone()

    with opened(script, clocks=Clocks(total=1.0)) as desk:
        with pytest.raises(InvokeTimeoutError) as raised:
            desk.ask()
        assert raised.value.clock == "total" and len(desk.server.asked) == 2
        assert desk.record.seconds is not None and desk.record.seconds < 1.8  # or else it had begun anew


def test_a_rate_limit_that_outlasts_the_total_clock_is_told_at_once() -> None:
    limited = whole({"error": {"message": "slow down"}}, 429, Retry_After="3")
    with opened(lambda _asked, wire: wire.send(limited), clocks=Clocks(total=1.0)) as desk:
        with pytest.raises(InvokeRateLimitError, match="slow down") as raised:
            desk.ask()
        assert raised.value.retry_after == 3.0 and len(desk.server.asked) == 1


def test_closing_a_stream_ends_the_work_of_the_server() -> None:
    with opened(silent(STREAM, FRAME)) as desk:
        stream = desk.session.model.llm.invoke(CONFIG, HELLO)
        assert next(stream).delta.message.content == "Hel"
        stream.close()
        assert desk.server.connections[0].left.wait(1.0)


def test_closing_the_back_end_ends_what_runs() -> None:
    with opened(silent(STREAM, FRAME)) as desk:
        stream = desk.session.model.llm.invoke(CONFIG, HELLO)
        next(stream)
        desk.backend.close()
        with pytest.raises(InvokeServerUnavailableError, match="closed"):
            next(stream)


def test_what_went_over_the_wire_is_noted() -> None:
    with opened(streaming(GOOD)) as desk:
        desk.ask()
        [request], [response], [end] = desk.noted("request"), desk.noted("response"), desk.noted("end")
    assert request["method"] == "POST" and request["headers"]["authorization"] == "•••"
    assert json.loads(request["body"])["model"] == "m"
    assert response["status"] == 200 and response["headers"]["content-type"] == "text/event-stream"
    assert response["peer"] == desk.server.address.removeprefix("http://") and response["seconds"] > 0
    assert end["bytes"] == len(b"".join(GOOD)) and end["seconds"] >= response["seconds"]


def test_headers_do_not_go_where_a_server_sends_us() -> None:
    with Loopback(streaming(GOOD)) as elsewhere:
        away = whole(b"", 307, Location=f"{elsewhere.address}/v1/chat/completions")
        refused = pytest.raises(InvokeBadRequestError, match="sends to another address")
        with opened(lambda _asked, wire: wire.send(away), headers={"x-api-key": "secret-in-a-header"}) as desk, refused:
            desk.ask()
        assert elsewhere.asked == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_within_the_server_is_followed_with_all_that_was_asked_and_told(status: int) -> None:
    def script(asked: Asked, wire: Wire) -> None:
        if asked.path.endswith("/"):
            wire.send(STREAM, *chunked(GOOD))
        else:
            wire.send(whole(b"", status, Location=f"{asked.path}/"))

    with opened(script) as desk:
        assert desk.ask().message.content == "Hello."
        first, second = desk.server.asked
        assert (second.method, second.body) == ("POST", first.body)
        address = f"{desk.server.address}/v1/chat/completions/"
        assert desk.notices == [f"The server sent the request on to {address} (HTTP {status}); it was asked there by POST."]


def test_a_hop_is_told_though_what_lies_behind_it_fails() -> None:
    def script(asked: Asked, wire: Wire) -> None:
        if asked.method == "GET":
            raise EOFError
        wire.send(whole(b"", 303, Location="/done"))

    with opened(script) as desk:
        with pytest.raises(InvokeConnectionError):
            desk.ask()
        assert desk.notices == [
            f"The server sent the request on to {desk.server.address}/done (HTTP 303); it was asked there by GET."
        ]


def test_redirects_in_a_circle_are_told() -> None:
    def script(asked: Asked, wire: Wire) -> None:
        wire.send(whole(b"", 307, Location=f"{desk.server.address}{asked.path}"))

    with opened(script) as desk, pytest.raises(ProtocolError, match="without an end"):
        desk.ask()
