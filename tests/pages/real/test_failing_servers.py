"""Test servers that fail during a run: the side at fault, the server's own message, and a next step."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from boomerang.playground.session import app_state
from tests.invoker.backends.openai_compatible.desk import event
from tests.loopback import STREAM, ClientConnection, Loopback, ReceivedRequest, chunked, whole
from tests.pages.visitor import Visitor

MODELS = ("refuses", "breaks", "breaks-off", "stammers")
"""Models that behave as their names say."""
OWN_TEXT = [event({"role": "assistant", "content": ""}), event({"content": "The first half of"})]


def fail(request: ReceivedRequest, connection: ClientConnection) -> None:
    """Fail in the way that the called model's name says."""
    if request.path == "/v1/models":
        connection.send(whole({"data": [{"id": name} for name in MODELS]}))
        return
    match request.json["model"]:
        case "refuses":
            connection.send(whole({"error": {"message": "密钥无效，请联系管理员。"}}, 401))
        case "breaks-off":
            connection.send(STREAM, *list(chunked(OWN_TEXT))[:-1])
            raise EOFError
        case "stammers":
            connection.send(STREAM, *chunked([*OWN_TEXT, b"data: {broken\n\n"]))
        case _:
            connection.send(whole({"error": {"message": "CUDA out of memory."}}, 500))


@pytest.fixture
def connection() -> Iterator[str]:
    """Return the name of a connection to the server."""
    file = Path(os.environ["CONNECTIONS_FILE"])
    with Loopback(fail) as server:
        file.write_text(f'[[connections]]\nname = "Faults"\nbase_url = "{server.address}/v1"\napi_key = "sk-of-nobody"\n')
        yield "Faults"
        app_state.close_all()
        file.unlink()
        app_state.connections().visible()


@pytest.mark.parametrize(
    ("model", "shown"),
    [
        (
            "refuses",
            [
                "API key rejected",
                "Connection",
                "InvokeAuthorizationError",
                "密钥无效，请联系管理员。",
                "Check that the connection's key",
                '"status_code": 401',
            ],
        ),
        (
            "breaks",
            [
                "The model is not available",
                "Server",
                "InvokeServerUnavailableError",
                "CUDA out of memory.",
                "run again",
                '"status_code": 500',
            ],
        ),
        (
            "breaks-off",
            [
                "The response was cut off",
                "Server",
                "InvokeConnectionError",
                "in the middle of its answer",
                "output kept",
                "/v1/chat/completions",
            ],
        ),
        (
            "stammers",
            ["Unexpected response format", "Server", "ProtocolError", "{broken", "Partial output kept"],
        ),
    ],
)
def test_a_failure_is_reported_with_whose_it_is_in_the_servers_words_and_with_a_next_step(
    connection: str, model: str, shown: list[str]
) -> None:
    page = Visitor(connection, model=model).open("llm").run()
    assert page.state == "failed"
    panel = page.panel().replace("\\", "").replace("\u2060", "")
    for text in shown:
        assert text in panel, panel
    assert ("The first half of" in page.seen) is (model in ("breaks-off", "stammers"))
    assert page.can_run
