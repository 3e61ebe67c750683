"""Test requests as code: it runs, sends the same request, and contains no secret."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from boomerang.invoker.backends.openai_compatible.opening import opened
from boomerang.invoker.events import HTTPRequest
from boomerang.invoker.http.address_policy import Allowed
from boomerang.invoker.records.record import Record
from boomerang.invoker.session import Session
from boomerang.workbench.codegen import http
from boomerang.workbench.connections.connection import Connection, Origin
from tests.connection_settings import settings_of
from tests.loopback import ClientConnection, Loopback, ReceivedRequest, head, whole

KEY = "sk-not-for-anybodys-eyes"
ODD = 'It\'s "quoted" `here` $HOME ${PATH} \\ true null\n第二行 </script>'
CONFIG = {"provider": "a/a/a", "model": "m", "mode": "chat", "completion_params": {"response_format": "json_object", "x": True}}


def answer(request: ReceivedRequest, connection: ClientConnection) -> None:
    """Respond to each call."""
    if request.path.startswith("/v1/audio"):
        connection.send(whole({"text": "heard"}))
    elif request.path.startswith("/v1/embeddings"):
        connection.send(whole({"data": [{"index": 0, "embedding": [1.0]}]}))
    else:
        delta = {"choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}]}
        data = b"data: " + json.dumps(delta).encode() + b"\n\ndata: [DONE]\n\n"
        connection.send(head(200, "text/event-stream", content_length=str(len(data))), data)


def chat(session: Session) -> None:
    """Call an LLM."""
    list(session.model.llm.invoke(CONFIG, [{"role": "user", "content": ODD}]))  # type: ignore[arg-type]


def embed(session: Session) -> None:
    """Embed a text."""
    session.model.text_embedding.invoke({"provider": "a/a/a", "model": "m", "model_type": "text-embedding"}, [ODD])  # type: ignore[arg-type]


def listen(session: Session) -> None:
    """Transcribe a recording."""
    import io

    session.model.speech2text.invoke(
        {"provider": "a/a/a", "model": "@m;type=x", "model_type": "speech2text"}, io.BytesIO(b"ID3\x04sound")
    )  # type: ignore[arg-type]


def recorded_request(server: Loopback, call: Callable[[Session], None], **settings: Any) -> HTTPRequest:
    """Make a call and return the event of its request."""
    records: list[Record[Any]] = []
    values = {"name": "a", "base_url": f"{server.address}/v1", "api_key": KEY} | settings
    backend = opened(settings_of({name: value for name, value in values.items() if value is not None}), Allowed(), {})
    with Session(backend, record=records.append) as session:
        call(session)
    backend.close()
    [request] = [event for event in records[0].events if isinstance(event, HTTPRequest)]
    return request


def comparable(request: ReceivedRequest) -> Any:
    """Return the parts of a request that must be equal."""
    own = {"host", "accept", "accept-encoding", "connection", "user-agent", "content-length"}
    headers = {name: value for name, value in request.headers.items() if name not in own}
    body: Any = request.body
    if headers.get("content-type", "").startswith("multipart/"):
        boundary = headers["content-type"].partition("boundary=")[2]
        headers["content-type"] = "multipart"
        parts = [part.strip() for part in body.split(f"--{boundary}".encode())]
        body = sorted(part.rpartition(b"\r\n\r\n")[2] for part in parts if b"\r\n\r\n" in part)
    elif body:
        body = json.loads(body)
    return request.method, request.path, headers, body


SETTINGS: list[dict[str, Any]] = [
    {},
    {"headers": {"X-Format": "application/json"}, "query": {"q&a": "a b&c=d+e/é%20", "version": "2026-01-01-preview"}},
    {"headers": {"X-Api-Key": f"{KEY}-2", "X-Team": "q'a"}, "query": {"sig": f"{KEY}-3", "v": "1"}},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=["key", "odd query", "headers and query"])
@pytest.mark.parametrize("call", [chat, embed, listen])
@pytest.mark.parametrize("kind", ["curl", "httpx"])
def test_the_code_runs_and_sends_the_same_request(
    tmp_path: Path, kind: str, call: Callable[[Session], None], settings: dict[str, Any]
) -> None:
    with Loopback(answer) as server:
        request = recorded_request(server, call, **settings)
        code = (http.curl if kind == "curl" else http.httpx)(request, "LAB_KEY")
        assert KEY not in code and "LAB_KEY" in code
        (tmp_path / "audio.mp3").write_bytes(b"ID3\x04sound")
        (tmp_path / "code").write_text(code, "utf-8")
        command = [sys.executable, "code"] if kind == "httpx" else ["sh", "code"]
        secrets = {"LAB_KEY": KEY, "SIG": f"{KEY}-3"}
        if "X-Api-Key" in settings.get("headers", {}):
            secrets["LAB_KEY"] = KEY
            code_key = f"{KEY}-2"
            text = (tmp_path / "code").read_text("utf-8").replace("x-api-key: ${LAB_KEY}", "x-api-key: ${SECOND}")
            text = text.replace("'x-api-key': os.environ['LAB_KEY']", "'x-api-key': os.environ['SECOND']")
            (tmp_path / "code").write_text(text, "utf-8")
            secrets["SECOND"] = code_key
        ran = subprocess.run(command, cwd=tmp_path, env=os.environ | secrets, capture_output=True, text=True, timeout=60)
        if kind == "curl" and ran.returncode == 127:
            pytest.skip("there is no curl on this machine")
        assert ran.returncode == 0, ran.stderr
        first, second = server.requests
        assert comparable(second) == comparable(first)


def test_a_body_that_was_cut_is_taken_from_a_file() -> None:
    with Loopback(answer) as server:
        request = recorded_request(
            server, lambda session: list(session.model.llm.invoke(CONFIG, [{"role": "user", "content": "x" * 20_000}])) and None
        )  # type: ignore[arg-type]
    assert "--data-binary @body.json" in http.curl(request) and "save it as body.json" in http.curl(request)
    assert "Path('body.json').read_bytes()" in http.httpx(request)
    compile(http.httpx(request), "code", "exec")


def test_the_code_names_a_variable_only_where_there_is_a_secret() -> None:
    with Loopback(answer) as server:
        assert http.variables(recorded_request(server, chat), "LAB_KEY") == ["LAB_KEY"]
        bare = recorded_request(server, chat, api_key=None)
    assert http.variables(bare, "LAB_KEY") == []
    for code in (http.curl(bare, "LAB_KEY"), http.httpx(bare, "LAB_KEY")):
        assert "KEY" not in code and "environ" not in code and "uthorization" not in code


def test_a_request_without_a_body_is_a_line() -> None:
    request = HTTPRequest("GET", "http://x/v1/models", {"accept": "*/*"})
    assert http.curl(request) == "curl -N http://x/v1/models\n"
    assert "httpx.get(\n    'http://x/v1/models',\n" in http.httpx(request)


def speak(session: Session) -> None:
    """Synthesize a text."""
    list(session.model.tts.invoke({"provider": "a/a/a", "model": "m", "model_type": "tts", "voice": "nova"}, "Hello."))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["curl", "httpx"])
def test_the_code_of_speech_saves_the_sound_as_a_file(tmp_path: Path, kind: str) -> None:
    sound = b"ID3\x04" + bytes(range(256))

    def spoken(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(head(200, "audio/mpeg", content_length=str(len(sound))), sound)

    with Loopback(spoken) as server:
        code = (http.curl if kind == "curl" else http.httpx)(recorded_request(server, speak), "LAB_KEY")
        (tmp_path / "code").write_text(code, "utf-8")
        command = [sys.executable, "code"] if kind == "httpx" else ["sh", "code"]
        environment = os.environ | {"LAB_KEY": KEY}
        ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    if kind == "curl" and ran.returncode == 127:
        pytest.skip("there is no curl on this machine")
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "speech.mp3").read_bytes() == sound


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        ({}, "API_KEY"),
        ({"api_key": KEY}, "API_KEY"),
        ({"api_key": KEY, "preset": "openai"}, "OPENAI_API_KEY"),
        ({"api_key_env": "LAB_KEY", "preset": "openai"}, "LAB_KEY"),
        ({"preset": "other"}, "API_KEY"),
    ],
)
def test_the_key_is_under_the_name_that_the_servers_own_users_know(settings: dict[str, Any], variable: str) -> None:
    made = settings_of({"name": "a", "base_url": "http://127.0.0.1:9/v1"} | settings)
    connection = Connection("a", Origin.SESSION, lambda: opened(made, Allowed(), {}), made)
    assert connection.key_variable == variable
