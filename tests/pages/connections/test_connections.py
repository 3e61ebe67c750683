"""Test pages on servers: the called model, its connection, and the displayed HTTP traffic."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from boomerang.invoker.records.record_values import dump
from boomerang.playground.connections.page_state import ConnectionsPageState
from boomerang.playground.session import app_state
from boomerang.workbench.samples.inputs import CLIP
from tests.loopback import BOUND, ClientConnection, Loopback, ReceivedRequest, Script, head, whole
from tests.pages.visitor import Visitor, nodes, text_of

KEY = "sk-not-for-anybodys-eyes"
MODELS = {"data": [{"id": "chatty"}, {"id": "thinker"}, {"id": "bge-embed"}]}


def server(request: ReceivedRequest, connection: ClientConnection) -> None:
    """Respond like OpenAI, with the model's name."""
    if request.path.endswith("/models"):
        connection.send(whole(MODELS))
        return
    if request.path.endswith("/audio/transcriptions"):
        assert request.body.count(CLIP.read_bytes()) == 1
        connection.send(whole({"text": "The server heard this."}))
        return
    body = request.json
    if request.path.endswith("/embeddings"):
        connection.send(
            whole({"data": [{"index": n, "embedding": [1.0, 0.5]} for n in range(len(body["input"]))], "model": "m"})
        )
        return
    if request.path.endswith("/rerank"):
        connection.send(whole({"results": [{"index": 1, "relevance_score": 0.75}, {"index": 0, "relevance_score": 0.25}]}))
        return
    if request.path.endswith("/audio/speech"):
        sound = CLIP.read_bytes()
        connection.send(head(200, "audio/mpeg", content_length=str(len(sound))), sound)
        return
    if request.path.endswith("/moderations"):
        scores = {"violence": 0.875, "harassment": 0.25}
        result = {
            "flagged": True,
            "categories": {name: score > 0.5 for name, score in scores.items()},
            "category_scores": scores,
        }
        connection.send(whole({"results": [result], "model": "m"}))
        return
    delta = {"model": "m", "choices": [{"index": 0, "delta": {"content": f"I am {body['model']}."}, "finish_reason": "stop"}]}
    data = b"data: " + json.dumps(delta).encode() + b"\n\ndata: [DONE]\n\n"
    connection.send(head(200, "text/event-stream", content_length=str(len(data))), data)


@contextmanager
def connections(*servers: Loopback, **settings: Any) -> Iterator[None]:
    """Configure a connection to each server in the file, named `one`, `two` and so on."""
    file = Path(os.environ["CONNECTIONS_FILE"])
    names = ["one", "two", "three"]
    lines = []
    for name, listening in zip(names, servers, strict=False):
        lines += ["[[connections]]", f'name = "{name}"', f'base_url = "{listening.address}/v1"', f'api_key = "{KEY}"']
        lines += [f"{field} = {json.dumps(value)}" for field, value in settings.items()]
    file.write_text("\n".join(lines))
    try:
        yield
    finally:
        app_state.close_all()
        file.unlink()
        app_state.connections().visible()


@pytest.fixture
def visit() -> Iterator[Callable[..., Visitor]]:
    """Return a function that opens a page for a visitor on a scripted server."""
    with Loopback(server) as first, Loopback(server) as second, connections(first, second):

        def opened(page: str, connection: str = "one") -> Visitor:
            return Visitor(connection).open(page)

        yield opened


def picker(page: Visitor) -> Any:
    """Return the model selector."""
    return page.at.selectbox(key=page.key("model"))


def test_the_servers_models_are_offered_those_of_the_type_first(visit: Callable[..., Visitor]) -> None:
    page = visit("llm")
    assert picker(page).options == ["chatty", "thinker", "bge-embed — text-embedding?"] and picker(page).value == "chatty"
    assert visit("text_embedding").config["model"] == "bge-embed"


def test_a_run_asks_the_server_and_shows_the_http_without_the_key(visit: Callable[..., Visitor]) -> None:
    page = visit("llm").run()
    assert page.state == "done" and "I am chatty." in page.seen
    http = page.tab("HTTP")
    assert "chat/completions → 200" in http.replace("\u2060", "").replace("\\", "") and "data: {" in http and KEY not in http
    page.tab("Code")
    page.at.segmented_control(key=page.key("inspector.code")).set_value("curl")
    page.look()
    assert "curl -N http://127.0.0.1:" in page.seen and "Bearer ${API_KEY}" in page.seen and KEY not in page.seen
    assert "Set these secrets first: `API_KEY`." in page.seen
    page.at.segmented_control(key=page.key("inspector.code")).set_value("httpx")
    assert "httpx.stream(" in page.look().seen and KEY not in page.seen
    assert KEY not in json.dumps(dump(page.record))


def requests_on(page: str) -> Visitor:
    """Run a page with a typed model name; return the page after its run."""
    visitor = Visitor("one")
    visitor.at.query_params["model"] = "chatty"
    return visitor.open(page).run()


def test_a_ranking_of_a_server_keeps_its_scores_and_names_its_shape(visit: Callable[..., Visitor]) -> None:
    page = requests_on("rerank")
    assert page.state == "done" and [doc.score for doc in page.record.chunks[0].docs] == [0.75, 0.25]
    assert "Jina/Cohere's rerank format" in page.tab("Log").replace("\\", "")


def test_speech_of_a_server_plays_and_is_of_the_kind_that_its_bytes_show(visit: Callable[..., Visitor]) -> None:
    page = requests_on("tts")
    assert page.state == "done" and "audio/mpeg" in page.seen
    assert b"".join(bytes.fromhex(chunk.result) for chunk in page.record.chunks) == CLIP.read_bytes()


def test_a_recording_is_written_down_by_a_server(visit: Callable[..., Visitor]) -> None:
    page = requests_on("speech2text")
    assert page.state == "done" and "The server heard this." in page.seen
    page.tab("Code")
    page.at.segmented_control(key=page.key("inspector.code")).set_value("curl")
    assert "-F 'file=@audio.mp3'" in page.look().seen or "-F file=@audio.mp3" in page.seen


def test_a_transcript_of_nothing_is_said_to_be_empty() -> None:
    def silent(request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(whole({"text": None} if request.path.endswith("/transcriptions") else MODELS))

    with Loopback(silent) as listening, connections(listening):
        assert "No speech recognized." in requests_on("speech2text").seen


def test_what_a_server_says_of_categories_is_beside_its_flag(visit: Callable[..., Visitor]) -> None:
    page = requests_on("moderation")
    assert page.state == "done" and page.record.chunks[0].result is True
    assert "violence" in page.seen and "0.875" in page.seen and "harassment" in page.seen


def test_any_name_may_be_asked(visit: Callable[..., Visitor]) -> None:
    page = visit("start")
    page.at.query_params["model"] = "nobody-listed-me"  # typing itself needs a browser test
    page.open("llm")
    assert page.config["model"] == "nobody-listed-me" and page.can_run


def test_a_model_of_another_guessed_type_may_be_asked(visit: Callable[..., Visitor]) -> None:
    page = visit("llm")
    picker(page).set_value("bge-embed")
    page.look()
    assert (page.config["model"], page.config["model_type"]) == ("bge-embed", "llm")
    page = visit("rerank")
    assert picker(page).value is None and "choose a model or type its name" in page.reason
    picker(page).set_value("chatty")
    assert page.look().can_run and page.config["model_type"] == "rerank"


def test_each_connection_keeps_the_model_that_was_chosen_on_it(visit: Callable[..., Visitor]) -> None:
    page = visit("llm")
    picker(page).set_value("thinker")
    page.look()
    page.at.session_state["connection"] = "two"
    assert page.look().config["model"] == "chatty", "the same name on another server is another model"
    page.at.session_state["connection"] = "one"
    assert page.look().config["model"] == "thinker"


def test_panes_have_connections_of_their_own_and_one_that_fails_stops_no_other() -> None:
    def broken(request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(whole(MODELS) if request.path.endswith("/models") else whole({"error": {"message": "too hot"}}, 500))

    with Loopback(server) as good, Loopback(broken) as bad, connections(good, bad):
        page = Visitor("one").open("llm")
        page.at.session_state["llm.panes"] = 2
        page.look()
        page.at.selectbox(key="llm.pane2.connection").set_value("two")
        page.look().run()
        first, second = page.page_state.record, page.page_state.parts["pane2"].record
        assert first is not None and second is not None
        assert (first.outcome, second.outcome) == ("completed", "failed")
        assert "I am chatty." in page.seen and "too hot" in page.seen
        assert (
            {request.path for request in good.requests}
            >= {"/v1/chat/completions"}
            <= {request.path for request in bad.requests}
        )


def test_a_server_that_does_not_list_its_models_is_reported_and_a_name_can_be_typed() -> None:
    def unlisted(request: ReceivedRequest, connection: ClientConnection) -> None:
        if request.path.endswith(("/models", "/info")):
            connection.send(whole({"error": {"message": "Kein Zugriff"}}, 403))
        else:
            server(request, connection)

    with Loopback(unlisted) as listening, connections(listening):
        page = Visitor("one").open("llm")
        assert not page.can_run
        assert "Could not list the models of one: Kein Zugriff" in page.seen.replace("\\", "")
        page.open("start").at.query_params["model"] = "typed"
        page.open("llm")
        assert page.config["model"] == "typed" and page.can_run


def test_a_server_that_is_slow_to_list_keeps_no_page_waiting_for_long() -> None:
    asked_for_models: list[ClientConnection] = []

    def slow(request: ReceivedRequest, connection: ClientConnection) -> None:
        if request.path.endswith("/models"):
            asked_for_models.append(connection)
            connection.wait_until_gone()
        else:
            server(request, connection)

    with Loopback(slow) as listening, connections(listening):
        connection = app_state.connections().get("one")
        connection.fetch()
        listening.until(lambda listening: listening.requests)
        assert connection.fetching and not connection.wait(0.01)
        connection.close()
        assert connection.wait(BOUND) and asked_for_models[0].left.wait(1)


@pytest.mark.parametrize(
    ("script", "phrase"),
    [
        (lambda request, connection: connection.send(whole(MODELS)), "models listed: 3"),
        (lambda request, connection: connection.send(whole({"error": "Нет"}, 401)), "refused the key (HTTP 401)"),
    ],
)
def test_the_connections_page_reports_what_came_of_trying(script: Script, phrase: str) -> None:
    with Loopback(script) as listening, connections(listening):
        page = Visitor("one").open("connections")
        page.at.button(key="connections.test").click()
        page.look()
        state: ConnectionsPageState = page.at.session_state["_connections"]
        if state.checks is not None:
            state.checks.join(BOUND)
        page.look()
        text = "\n".join(text_of(node) for node in nodes(page.at.main)).replace("\\", "")
        assert phrase in text and KEY not in text


def test_odd_entries_of_a_servers_list_are_named_on_the_connections_page() -> None:
    with (
        Loopback(lambda _request, connection: connection.send(whole({"data": [{"id": "a"}, None, {"id": 5}]}))) as listening,
        connections(listening),
    ):
        page = Visitor("one").open("connections")
        connection = app_state.connections().get("one")
        assert connection.wait(BOUND)
        page.look()
        text = "\n".join(text_of(node) for node in nodes(page.at.main)).replace("\\", "")
        assert 'because they name no model (2): null; {"id": 5}' in text


def test_the_start_page_asks_the_server_too(visit: Callable[..., Visitor]) -> None:
    page = visit("start")
    assert "`chatty`" in page.seen and "`bge-embed`" in page.seen


def test_the_summary_page_offers_the_connections_system_model_first() -> None:
    with Loopback(server) as listening, connections(listening, system_model="thinker"):
        page = Visitor("one").open("summary")
        assert picker(page).value == "thinker"


def test_a_connection_whose_variable_is_missing_says_so_in_the_panel() -> None:
    with Loopback(server) as listening, connections(listening):
        file = Path(os.environ["CONNECTIONS_FILE"])
        file.write_text(f'[[connections]]\nname = "one"\nbase_url = "{listening.address}"\napi_key_env = "NOT_SET_HERE"\n')
        page = Visitor("embedded")
        page.may_break = True
        page.at.session_state["connection"] = "one"
        page.open("llm")
        assert "NOT_SET_HERE" in page.panel() and "ConfigError" in page.panel()


def test_a_failure_on_a_server_leads_to_what_was_sent_and_to_a_test_of_the_connection() -> None:
    def refusing(request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(whole(MODELS) if request.path.endswith("/models") else whole({"error": {"message": "Падежи"}}, 404))

    with Loopback(refusing) as listening, connections(listening):
        page = Visitor("one").open("llm").run()
        assert page.state == "failed" and "Падежи" in page.panel() and "Connection" in page.panel()
        page.click("error.raw")
        [tab] = [tab for tab in page.at.tabs if tab.label == "HTTP"]
        assert "Падежи" in "\n".join(text_of(node) for node in nodes(tab))
        page.at.button(key=page.key("error.test")).click()
        page.look()
        state: ConnectionsPageState = page.at.session_state["_connections"]
        assert state.open == "one" and "Connections" in [title.value for title in page.at.title]


def test_a_model_that_the_server_does_not_have_is_reported_with_what_it_lists() -> None:
    def strict(request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(whole(MODELS) if request.path.endswith("/models") else whole({"error": {"message": "unheard of"}}, 404))

    with Loopback(strict) as listening, connections(listening):
        page = Visitor("one").open("llm")
        config = page.config | {"model": "nope"}
        page.set("toggle", "config.by_hand", True).type("config.text", json.dumps(config)).run()
        assert "The server has no model nope; it lists: chatty, thinker, bge-embed." in page.panel().replace("\\", "")
        assert "unheard of" in page.panel()
