"""Test the connection check: address, status, body and duration are reported, and the sentence names the cause."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
import trustme

from boomerang.invoker.backend import Backend
from boomerang.invoker.backends.openai_compatible.opening import opened
from boomerang.invoker.backends.scripted import Scripted
from boomerang.invoker.connection_kind import Check
from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.errors import ConfigError, InvokeBadRequestError, InvokeTimeoutError, RunStoppedError
from boomerang.invoker.http.address_policy import Allowed
from boomerang.invoker.run import Run
from boomerang.workbench.connections.probe import CALLS, check_call, check_connection, refused
from boomerang.workbench.diagnosis.connection_failures import Tried, in_container, neighbours, sentence
from tests.connection_settings import settings_of
from tests.loopback import ClientConnection, Loopback, ReceivedRequest, Script, head, whole

KEY = "sk-not-for-anybodys-eyes"
MODELS = {"data": [{"id": "chatty"}, {"id": "bge-embed"}]}


def backend_at(base_url: str, **settings: Any) -> Any:
    """Open a connection."""
    return opened(settings_of({"name": "a", "base_url": base_url, **settings}), Allowed(), {})


def tried(script: Script, path: str = "/v1", **settings: Any) -> Check:
    """Check a connection to a scripted server."""
    with Loopback(script) as server:
        base_url = f"{server.address}{path}"
        with closing(backend_at(base_url, **settings)) as backend:
            return check_connection(backend, Run(), lambda address: backend_at(address, **settings), base_url)


def answering(body: Any, status: int = 200, **headers: str) -> Script:
    """Return a script that responds to everything alike."""
    return lambda _request, connection: connection.send(whole(body, status, **headers))


def page(_request: ReceivedRequest, connection: ClientConnection) -> None:
    """Respond with a web page."""
    markup = b"<!doctype html><title>Welcome</title>"
    connection.send(head(200, "text/html", content_length=str(len(markup))), markup)


def only_at(path: str) -> Script:
    """Return a script whose server has its API at one path."""

    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(whole(MODELS) if request.path == f"{path}/models" else whole({"detail": "Not Found"}, 404))

    return script


def test_a_server_that_answers_is_reported_with_what_it_lists() -> None:
    check = tried(answering(MODELS), api_key=KEY)
    assert check.ok and str(check.verdict) == "The server answers; models listed: 2." and check.status == 200
    assert check.address.endswith("/v1/models") and check.seconds > 0 and json.loads(check.body) == MODELS and check.error == ""


@pytest.mark.parametrize(
    ("path", "right"),
    [
        ("", "/v1"),
        ("/v1/v1", "/v1"),
        ("/v1/chat/completions", "/v1"),
        ("/api", "/api/v1"),
        ("/v2", "/v1"),
        ("/v1", "/api/v1"),
        ("/v1", ""),
    ],
)
def test_a_wrong_path_is_reported_with_the_right_one(path: str, right: str) -> None:
    check = tried(only_at(right), path)
    assert not check.ok and str(check.verdict).startswith("The base address is wrong: the API is at http://127.0.0.1:")
    assert str(check.verdict).endswith(f"{right}.") and check.status == 404, "the status is that of the address that was asked"
    assert check.address.endswith(f"{path}/models") and "Not Found" in check.body


def test_the_right_path_is_found_without_a_good_key() -> None:
    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        if request.path == "/v1/models":
            connection.send(whole({"error": {"message": "Incorrect API key"}}, 401))
        else:
            connection.send(whole({"detail": "Not Found"}, 404))

    check = tried(script, "")
    assert not check.ok and check.better.endswith("/v1") and check.better in str(check.verdict)


def test_a_page_that_wants_a_password_is_not_taken_for_the_api() -> None:
    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(whole(b"<html><title>Log in</title>", 401 if request.path == "/v1/models" else 404, "text/html"))

    assert tried(script, "").better == ""


def test_a_service_that_lists_no_models_is_asked_with_one_that_the_connection_names() -> None:
    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        if request.path == "/v2/rerank":
            connection.send(whole({"results": [{"index": 1, "relevance_score": -4.5}, {"index": 0, "relevance_score": -6.0}]}))
        else:  # an older API of the server lists them
            connection.send(whole({"data": [{"id": "rerank-v3.5"}]}) if request.path == "/v1/models" else whole({}, 404))

    settings: dict[str, Any] = {"models": [{"model": "rerank-v3.5", "model_type": "rerank"}]}
    check = tried(script, "/v2", **settings)
    assert check.ok and str(check.verdict) == "The server lists no models, but rerank-v3.5 answers." and check.better == ""
    assert check.address.endswith("/v2/rerank") and check.model == "rerank-v3.5"


def test_a_ranking_without_documents_is_no_good_answer() -> None:
    with Loopback(answering({"results": []})) as server, closing(backend_at(f"{server.address}/v1")) as backend:
        check = check_call(backend, "rerank", backend.describe("r", ModelType.RERANK), Run())
    assert not check.ok and str(check.verdict) == "The server answers, but ranked none of the documents." and check.model == "r"


def polite(request: ReceivedRequest, connection: ClientConnection) -> None:
    """Respond like LM Studio: with success, whatever the path."""
    error = {"error": f"Unexpected endpoint or method. ({request.method} {request.path})"}
    connection.send(whole(MODELS if request.path == "/v1/models" else error))


@pytest.mark.parametrize(
    "script", [polite, lambda request, connection: connection.send(whole(MODELS if request.path == "/v1/models" else {}))]
)
def test_a_wrong_path_that_is_answered_with_success_is_reported_with_the_right_one(script: Script) -> None:
    check = tried(script, "")
    assert not check.ok and re.fullmatch(r"The base address is wrong: the API is at http://[\d.:]+/v1\.", str(check.verdict))
    assert check.status == 200 and check.address.endswith("/models") and "/v1" not in check.address


def test_an_answer_that_breaks_off_is_no_wrong_path() -> None:
    asked_for: list[str] = []

    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        asked_for.append(request.path)
        connection.send(head(200, content_length="99"), b'{"data": [')
        raise EOFError

    assert not tried(script, "").ok and set(asked_for) == {"/models"}


@pytest.mark.parametrize("member", ["llm", "rerank", "text_embedding"])
def test_a_call_that_the_server_answered_with_an_error_is_not_said_to_be_not_made(member: str) -> None:
    with Loopback(polite) as server, closing(backend_at(server.address)) as backend:
        check = check_call(backend, member, backend.describe("m", CALLS[member]), Run())
    assert not check.ok and check.status == 200 and "Unexpected endpoint or method" in check.body
    assert str(check.verdict).startswith("The server answers, but the call failed: ") and "Unexpected endpoint" in str(
        check.verdict
    )


def test_a_call_whose_answer_broke_off_is_not_said_to_be_not_made() -> None:
    data = b'data: {"error": {"message": "out of memory"}}\n\n'

    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(head(200, "text/event-stream", content_length=str(len(data))), data)

    with Loopback(script) as server, closing(backend_at(server.address)) as backend:
        check = check_call(backend, "llm", backend.describe("m", ModelType.LLM), Run())
    assert not check.ok and str(check.verdict).startswith("The server answers, but the call failed: "), str(check.verdict)
    assert "out of memory" in str(check.verdict)


def test_a_call_that_cannot_be_asked_is_said_to_be_not_made() -> None:
    with Loopback(polite) as server, closing(backend_at(server.address)) as backend:
        backend.close()
        check = check_call(backend, "moderation", backend.describe("m", ModelType.MODERATION), Run())
    assert str(check.verdict) == "The call was not made: The back end was closed."


@pytest.mark.parametrize(
    ("script", "settings", "text"),
    [
        (answering({"error": {"message": "Нет ключа"}}, 401), {}, "The server wants a key, and the connection has none."),
        (answering({"error": "no"}, 401), {"api_key": KEY}, r"The server refused the key \(HTTP 401\)"),
        (answering({"error": "no"}, 403), {"headers": {"X-Api-Key": KEY}}, r"The server refused the key \(HTTP 403\)"),
        (answering({"error": "no"}, 404), {}, "has no list of models there"),
        (page, {}, "A web page came back"),
        (answering({"no": "list"}), {}, "not as OpenAI's interface does"),
        (answering({"data": []}), {}, "lists no model"),
        (answering({"error": "x"}, 500), {}, r"cannot serve \(HTTP 500\)"),
        (answering({"error": "slow"}, 429, retry_after="77"), {}, r"slow down \(HTTP 429\). It asks to wait 77 s."),
        (answering({"error": "x"}, 418), {}, r"refused what was asked \(HTTP 418\)"),
    ],
)
def test_what_is_wrong_is_reported_in_a_sentence_and_the_servers_words_are_kept(
    script: Script, settings: dict[str, Any], text: str
) -> None:
    check = tried(script, **settings)
    assert not check.ok
    assert re.search(text, str(check.verdict)), str(check.verdict)
    assert check.status is not None and check.body and KEY not in f"{check}"


def test_no_server_there() -> None:
    with Loopback(answering({})) as server:
        address = server.address
    with closing(backend_at(address)) as backend:
        check = check_connection(backend, Run(), None, address)
    netloc = address.removeprefix("http://")
    assert str(check.verdict) == f"Nobody listens at {netloc}: is the server running, and is this its port?" or in_container()
    assert check.status is None and check.address == f"{address}/models" and check.error


def test_a_name_that_does_not_exist() -> None:
    address = "http://nobody.invalid/v1"
    with closing(backend_at(address)) as backend:
        check = check_connection(backend, Run(), None, address)
    assert not check.ok and "nobody.invalid" in str(check.verdict)


def served_by(context_of: Callable[[ssl.SSLContext], None], **settings: Any) -> Check:
    """Check an HTTPS server with its own certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context_of(context)
    with Loopback(answering(MODELS), context=context) as server, closing(backend_at(server.address, **settings)) as backend:
        return check_connection(backend, Run(), None, server.address)


def test_a_certificate_of_a_private_authority_is_reported_and_the_authority_as_text_fixes_it() -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    check = served_by(issued.configure_cert)
    assert not check.ok and "The certificate of 127.0.0.1 is not trusted" in str(check.verdict)
    assert served_by(issued.configure_cert, ca=authority.cert_pem.bytes().decode()).ok
    assert served_by(issued.configure_cert, verify=False).ok


def test_a_server_that_speaks_http_is_reported_when_https_is_called() -> None:
    with Loopback(answering(MODELS)) as server:
        address = server.address.replace("http:", "https:")
        with closing(backend_at(address)) as backend:
            check = check_connection(backend, Run(), None, address)
    assert not check.ok and "perhaps the server speaks http" in str(check.verdict)


def test_a_clock_that_ran_out_is_named() -> None:
    def silent(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.wait_until_gone()

    check = tried(silent, timeouts={"first_byte": 0.2})
    assert str(check.verdict).startswith("No answer came within 0.2 s (the clock “first byte”)")


def test_a_check_can_be_stopped_and_the_server_sees_it() -> None:
    run = Run()

    def stopping(_request: ReceivedRequest, connection: ClientConnection) -> None:
        run.stop()
        connection.wait_until_gone()

    with Loopback(stopping) as server, closing(backend_at(server.address)) as backend:
        with pytest.raises(RunStoppedError):
            check_connection(backend, run, None, server.address)
        server.connections[0].left.wait(1)


def test_a_check_whose_time_runs_out_while_other_addresses_are_asked_reports_of_the_first() -> None:
    run = Run()

    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        if request.path in ("/v2/models", "/info"):
            connection.send(whole({"detail": "Not Found"}, 404))
        else:
            run.stop(InvokeTimeoutError("The check took longer than 60 seconds.", clock="total", seconds=60.0))
            connection.wait_until_gone()

    with Loopback(script) as server, closing(backend_at(f"{server.address}/v2")) as backend:
        check = check_connection(backend, run, backend_at, f"{server.address}/v2")
    assert not check.ok and check.status == 404 and "has no list of models there" in str(check.verdict)


def test_a_call_whose_time_runs_out_is_reported() -> None:
    run = Run()

    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        run.stop(InvokeTimeoutError("The check took longer than 60 seconds.", clock="total", seconds=60.0))
        connection.wait_until_gone()

    with Loopback(script) as server, closing(backend_at(server.address)) as backend:
        check = check_call(backend, "moderation", backend.describe("m", ModelType.MODERATION), run)
    assert (
        not check.ok and str(check.verdict).startswith("No answer came within 60 s") and check.address.endswith("/moderations")
    )


def test_a_call_that_is_stopped_just_before_it_begins_ends_too() -> None:
    class Late(Run):
        """Is stopped right after a check has passed."""

        def check(self) -> None:
            super().check()
            self.stop()

    with (
        Loopback(lambda _request, connection: connection.wait_until_gone()) as server,
        closing(backend_at(server.address)) as backend,
    ):
        with pytest.raises(RunStoppedError):
            check_call(backend, "moderation", backend.describe("m", ModelType.MODERATION), Late())
        assert all(connection.left.wait(1) for connection in server.connections)


def server_of_all(request: ReceivedRequest, connection: ClientConnection) -> None:
    """Respond to each call like OpenAI."""
    body = request.json if request.headers.get("content-type") == "application/json" else {}
    match request.path.removeprefix("/v1/"):
        case "models":
            connection.send(whole(MODELS))
        case "chat/completions":
            content = json.dumps({"ok": True}) if "response_format" in body else "OK."
            message = {"role": "assistant", "content": content}
            answer = {"model": "m", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
            if not body.get("stream"):
                connection.send(whole(answer))
                return
            delta = {"model": "m", "choices": [{"index": 0, "delta": message, "finish_reason": "stop"}]}
            data = b"data: " + json.dumps(delta).encode() + b"\n\ndata: [DONE]\n\n"
            connection.send(head(200, "text/event-stream", content_length=str(len(data))), data)
        case "embeddings":
            connection.send(whole({"data": [{"index": 0, "embedding": [0.5, 0.5, 0.5]}], "model": "m"}))
        case "rerank":
            connection.send(whole({"results": [{"index": 0, "relevance_score": 0.9}, {"index": 1, "relevance_score": 0.1}]}))
        case "audio/speech":
            connection.send(head(200, "audio/mpeg", content_length="4"), b"ID3\x04")
        case "audio/transcriptions":
            connection.send(whole({"text": ""}))
        case "moderations":
            connection.send(whole({"results": [{"flagged": False, "categories": {}, "category_scores": {}}]}))
        case _:
            connection.send(whole({"error": "unknown"}, 404))


@pytest.mark.parametrize(
    ("member", "text"),
    [
        ("llm", "The model answers."),
        ("llm_structured_output", "The model answers."),
        ("summary", "The model answers."),
        ("text_embedding", "The model answers: a vector of 3 dimensions."),
        ("rerank", "The model answers: 2 documents ranked."),
        ("tts", "The model answers: 4 bytes of sound."),
        ("speech2text", "The model answers."),
        ("moderation", "The model answers: not flagged."),
    ],
)
def test_the_smallest_call_of_each_kind_reaches_the_server(member: str, text: str) -> None:
    with Loopback(server_of_all) as server, closing(backend_at(f"{server.address}/v1")) as backend:
        check = check_call(backend, member, backend.describe("m", CALLS[member]), Run())
        assert (check.ok, str(check.verdict)) == (True, text), check
        assert check.status == 200 and server.requests and check.address.startswith(server.address)


def test_a_model_that_the_server_does_not_have_is_reported_with_those_that_it_has() -> None:
    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(
            whole(MODELS) if request.path.endswith("/models") else whole({"error": {"message": "no such model"}}, 404)
        )

    with Loopback(script) as server, closing(backend_at(f"{server.address}/v1")) as backend:
        backend.fetch_models(Run())
        check = check_call(backend, "llm", backend.describe("chaty", ModelType.LLM), Run())
    assert str(check.verdict) == "The server has no model chaty; it lists: chatty." and "no such model" in check.body


def test_of_many_models_the_first_are_named_and_the_rest_counted() -> None:
    error = InvokeBadRequestError("?", status_code=404)
    text = sentence(Tried(error, "http://x:1/v1", model="nope", listed=list("abcdefghi")))
    assert str(text) == "The server has no model nope; it lists: a, b, c, d, e, f and 3 more."


def test_a_back_end_without_a_server_needs_none() -> None:
    check = check_connection(Scripted(lambda _request, _run: []), Run())
    assert check.ok and check.address == ""


def test_a_fault_of_ours_is_reported_as_one() -> None:
    def broken(_request: Any, _run: Any) -> Any:
        raise ZeroDivisionError("ours")

    backend: Backend = Scripted(broken)
    model = backend_at("http://x/v1").describe("m", ModelType.MODERATION)
    check = check_call(backend, "moderation", model, Run())
    assert str(check.verdict) == "A fault of this app, not of the server: ZeroDivisionError: ours"


def test_a_connection_that_cannot_be_opened_is_reported() -> None:
    with pytest.raises(ConfigError) as raised:
        backend_at("http://x/v1", api_key_env="NOT_SET")
    assert str(refused(raised.value).verdict) == (
        "The connection cannot be opened: api_key_env: the environment variable NOT_SET is not set where this app runs."
    )


@pytest.mark.parametrize("base_url", ["http://x:1/v1", "http://x:1", "http://x:1/v1/v1/chat/completions", "https://x/a/b"])
def test_neighbours_are_on_the_same_server_and_each_is_tried_once(base_url: str) -> None:
    result = list(neighbours(base_url))
    root = base_url.partition("//")[0] + "//" + base_url.partition("//")[2].partition("/")[0]
    assert len(result) == len(set(result)) and base_url not in result and all(address.startswith(root) for address in result)
    assert len(result) <= 8
