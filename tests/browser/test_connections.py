"""Connections in a browser, with a real server and a scripted one: from the environment or created; used, stored, exported."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
import tomli_w
from playwright.sync_api import FilePayload, Page, expect

from tests.invoker.backends.openai_compatible.desk import GOOD
from tests.invoker.backends.openai_compatible.test_real_server import KEY, QWEN
from tests.invoker.backends.openai_compatible.test_real_server import served as model_server
from tests.loopback import STREAM, ClientConnection, Loopback, ReceivedRequest, chunked, whole
from tests.scripted import USAGE

from .connecting import (
    PageTraffic,
    advanced,
    begin,
    connection_box,
    detail,
    export,
    facts,
    fill,
    health,
    key_field,
    open_connection,
    open_on,
    press,
    saved,
    shown,
    type_key,
)
from .driving import (
    WAIT_MILLISECONDS,
    Visitor,
    answer,
    choose,
    go,
    look,
    metric,
    metric_row,
    model_box,
    run,
    run_button,
    seen,
    settled,
    visit,
    watch,
)
from .serving import Served
from .test_stop import user_text

LONG = {"temperature": 0, "max_tokens": 90, "ignore_eos": True}


def like_the_real_one(request: ReceivedRequest, connection: ClientConnection) -> None:
    """Answer as a server with one model, `real`, and an API key."""
    if request.headers.get("authorization") != f"Bearer {KEY}":
        connection.send(whole({"error": {"message": "Invalid API Key"}}, 401))
    elif request.path == "/v1/models":
        connection.send(whole({"data": [{"id": "real"}]}))
    elif request.path == "/v1/embeddings":
        vectors = [{"index": index, "embedding": [1.0, 0.5, index]} for index, _ in enumerate(request.json["input"])]
        connection.send(whole({"data": vectors, "model": "real", "usage": {"prompt_tokens": 9, "total_tokens": 9}}))
    elif request.path == "/v1/chat/completions" and request.json.get("stream"):
        connection.send(STREAM, *chunked(GOOD))
    elif request.path == "/v1/chat/completions":
        message = {"role": "assistant", "content": "Short."}
        connection.send(whole({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}))
    else:
        connection.send(whole({"error": {"message": "Nothing here."}}, 404))


@dataclass(frozen=True)
class Servers:
    """Addresses of two servers, each with one model, `real`, and an API key."""

    llm: str
    """A llama.cpp server with the embedded weights."""
    script: str


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """The servers."""
    with model_server(QWEN) as llm, Loopback(like_the_real_one) as script:
        yield Servers(llm, f"{script.address}/v1")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of saved connections."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def connected(servers: Servers, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The app with a connection from the environment, and one from a file with a wrong key."""
    file = tmp_path_factory.mktemp("connected") / "connections.toml"
    strangers = {"name": "Strangers", "base_url": servers.llm, "api_key_env": "ANOTHER_KEY"}
    file.write_text(tomli_w.dumps({"connections": [strangers]}), "utf-8")
    with Served(
        OPENAI_BASE_URL=servers.llm,
        OPENAI_API_KEY=KEY,
        ANOTHER_KEY="not-the-key-of-that-server",
        CONNECTIONS_FILE=str(file),
        BOOMERANG_DATA=str(data),
    ) as served:
        yield served


@pytest.fixture(autouse=True)
def _nothing_breaks(connected: Served) -> Iterator[None]:
    """Fail if the app logged a traceback during a test."""
    yield
    assert "Traceback" not in connected.output


def test_a_server_that_the_environment_names_streams_its_answer_and_its_key_is_nowhere(
    page: Page, connected: Served, servers: Servers
) -> None:
    connection = PageTraffic(page, connected)
    # The server's answer must be longer than what is kept of it for the page.
    page.goto(f"{connected.url}/llm?{urlencode({'extra': json.dumps(LONG)})}")
    settled(page)
    choose(page, connection_box(page), "OpenAI")
    expect(model_box(page)).to_have_value("real")  # as the server listed it
    user_text(page).fill("Write the numbers from 1 to 100 in words, one on each line.")
    settled(page)
    watch(page)
    run(page)
    assert len(seen(page).lengths) > 5
    assert "four" in answer(page).lower()
    expect(metric_row(page, "Tokens out")).to_contain_text("reported")
    assert metric(page, "Tokens out") == str(LONG["max_tokens"])

    look(page, "HTTP")
    http = page.get_by_role("tabpanel", name="HTTP")
    expect(http).to_contain_text(f"{servers.llm.partition('//')[2]}/chat/completions → 200 OK")
    expect(http.get_by_test_id("stCode")).to_have_count(2)  # the page's first code: its widget is loaded now
    request, response = (result.inner_text() for result in http.get_by_test_id("stCode").all())
    assert json.loads(request)["stream"] is True and json.loads(request)["ignore_eos"] is True
    shown = facts(http)
    assert shown["authorization"] == "•••" and shown["content-type"] == "text/event-stream"
    assert set(shown) > {"Address", "Sent after", "Time to headers", "Body"}
    assert response.startswith("data: {") and len(response) < int(shown["Bytes"].replace(",", "")) - 1000
    assert "[DONE]" not in response

    look(page, "Code")
    code = page.get_by_role("tabpanel", name="Code")
    for kind, variable in (("curl", "Authorization: Bearer ${OPENAI_API_KEY}"), ("httpx", "os.environ['OPENAI_API_KEY']")):
        code.get_by_role("radio", name=kind).click()
        expect(code.get_by_test_id("stCode")).to_contain_text(variable, ignore_case=True)
        expect(code.get_by_test_id("stCode")).to_contain_text(f"{servers.llm}/chat/completions")

    look(page, "Received")
    record = saved(page, "Record as JSON")
    assert "•••" in record and servers.llm in record and KEY not in record
    connection.assert_never(KEY)


def test_panes_on_different_connections_run_side_by_side_and_one_that_fails_stops_no_other(
    page: Page, connected: Served
) -> None:
    panes = {"panes": "3", "pane2.connection": "OpenAI", "pane3.connection": "Strangers", "pane3.model": "real"}
    open_on(page, connected, "llm", "embedded", **panes, **{"pane2.extra": json.dumps({"temperature": 0, "max_tokens": 12})})
    run_button(page).click()
    for name in ("done", "done-pane2", "failed-pane3"):
        expect(page.locator(f".st-key-state-{name}")).to_be_attached(timeout=WAIT_MILLISECONDS)
    settled(page)
    for part, tokens in (("", str(USAGE.completion_tokens)), ("-pane2", "12")):  # as reported by the script and the server
        expect(page.locator(f".st-key-state-done{part}")).to_contain_text(f"→ {tokens} tokens")
    expect(page.locator(".st-key-result-3")).to_contain_text("API key rejected")
    expect(page.locator(".st-key-state-failed-pane3")).not_to_contain_text("tokens")
    comparison = page.locator(".st-key-comparison")
    expect(comparison.get_by_role("row", name="Status")).to_have_text(re.compile(r"Status\s*Done\s*Done\s*Failed"))
    for metric_name in ("Total", "First token"):
        expect(comparison.get_by_role("row", name=metric_name)).to_contain_text("★")
    expect(comparison.get_by_text("of the text is the same")).to_be_visible()
    page.get_by_text("Inspect a pane").click()
    page.get_by_role("radio", name="C", exact=True).click()
    settled(page)
    look(page, "HTTP")
    expect(page.get_by_role("tabpanel", name="HTTP")).to_contain_text("/chat/completions → 401")


def test_a_connection_is_typed_tried_corrected_and_used_and_its_key_does_not_come_back(
    connected: Served, servers: Servers, visitors: Callable[[], Visitor]
) -> None:
    page = visitors().tab()
    connection = PageTraffic(page, connected)
    visit(page, connected.url, "connections")
    form = begin(page, "llama.cpp")
    fill(form, "Base URL", f"{servers.script}/embeddings")  # the full URL, as in examples of a call
    type_key(form, KEY)
    press(form, "Test")
    expect(form).to_contain_text("The base address is wrong: the API is at")
    press(form, "Use this address")
    expect(form.get_by_label("Base URL", exact=True)).to_have_value(servers.script)
    press(form, "Test")
    expect(form).to_contain_text("models listed: 1")
    form.get_by_role("button", name=re.compile("Import")).click()
    settled(page)
    grid = form.get_by_test_id("stDataFrame")
    grid.click(position={"x": 100, "y": 50})  # the first row's name
    expect(grid.locator("#glide-cell-1-0")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator("#portal input").press_sequentially("text-emb")
    connection.press("Enter")
    expect(grid.locator("#glide-cell-2-0")).to_have_text("text-embedding")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    expect(grid.locator("#glide-cell-3-0")).to_have_attribute("aria-selected", "true")
    connection.press("Enter")
    press(form, "Save and use")
    expect(page.get_by_text("llama.cpp saved and selected. All pages use it now.")).to_be_visible()
    assert health(page)["llama.cpp"]["Embedding"] == "not tested"
    assert health(page)["llama.cpp"]["LLM"] == "—"
    go(page, "text_embedding")
    expect(connection_box(page)).to_have_value("llama.cpp")
    expect(model_box(page)).to_have_value("real")
    settled(page)
    run(page)
    assert metric(page, "Dimensions") == "3"
    connection.assert_never(KEY)
    go(page, "connections")
    exported = tomllib.loads(export(page))["connections"]
    typed = next(result for result in exported if result["name"] == "llama.cpp")
    assert typed["defaults"] == {"text-embedding": "real"} and typed["models"][0]["model_type"] == "text-embedding"
    assert "api_key" not in typed
    connection.assert_never(KEY)


def test_a_server_is_added_with_two_clicks_and_one_field_and_called(
    connected: Served, servers: Servers, visitors: Callable[[], Visitor]
) -> None:
    page = visitors().tab()
    visit(page, connected.url, "connections")
    press(page.get_by_test_id("stMain"), "Add")
    form = page.locator(".st-key-connection-form")
    form.get_by_label("Base URL", exact=True).fill(servers.script)
    key_field(form).fill(KEY)
    press(form, "Save and use")
    name = servers.script.removeprefix("http://").removesuffix("/v1").replace("127.0.0.1", "localhost")
    go(page, "llm")
    expect(connection_box(page)).to_have_value(name)
    run(page)
    assert answer(page)


def test_a_copy_has_not_the_key_can_be_renamed_and_is_gone_once_it_was_removed_and_comes_in_again_from_a_file(
    connected: Served, visitors: Callable[[], Visitor]
) -> None:
    page = visitors().tab()
    visit(page, connected.url, "connections")
    open_connection(page, "OpenAI")
    expect(detail(page)).to_contain_text("Read-only here. Change it at its source.")
    press(detail(page), "Duplicate")
    form = page.locator(".st-key-connection-form")
    expect(key_field(form)).to_have_value("")
    press(form, "Save and use")
    press(detail(page), "Test")
    expect(detail(page)).to_contain_text("The server wants a key, and the connection has none.")
    assert health(page)["OpenAI 2"]["Server"] == "failed 401"

    press(detail(page), "Edit")
    fill(form, "Name", "My own")
    type_key(form, KEY)
    press(form, "Save")
    # The selected connection stays selected under its new name.
    expect(detail(page).get_by_role("heading", name="My own")).to_be_visible()
    expect(
        detail(page).get_by_role("button", name="Use", exact=True)
    ).to_be_disabled()  # the selected connection stays selected under its new name
    assert "OpenAI 2" not in health(page) and health(page)["My own"]["Server"] == "not tested"
    press(detail(page), "Edit")  # the key is kept, hidden
    expect(key_field(form)).to_have_value("")
    press(form, "Save")
    detail(page).get_by_label("Test one model").wait_for()
    press(detail(page), "Test model")
    expect(detail(page)).to_contain_text("The model answers.")

    text = export(page)
    assert KEY not in text and 'name = "My own"' in text and 'api_key_env = "OPENAI_API_KEY"' in text
    press(detail(page), "Remove")
    press(page.get_by_test_id("stPopoverBody"), "Yes, remove it")
    expect(page.get_by_text("My own removed.")).to_be_visible()
    assert "My own" not in health(page)
    expect(detail(page).get_by_role("heading", name="embedded")).to_be_visible()
    expect(detail(page).get_by_role("button", name="Use", exact=True)).to_be_disabled()

    page.get_by_role("button", name="Import, export").click()
    file = FilePayload(name="connections.toml", mimeType="application/toml", buffer=text.encode())
    page.get_by_test_id("stPopoverBody").locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("Imported for this session: My own.")).to_be_visible()
    settled(page)
    assert health(page)["My own"]["Server"] == "not tested"
    press(detail(page), "Test")
    expect(detail(page)).to_contain_text("The server wants a key, and the connection has none.")


def test_what_was_saved_outlives_the_app_and_is_another_visitors_only_if_it_was_shared(
    connected: Served, servers: Servers, visitors: Callable[[], Visitor], data: Path
) -> None:
    ann, ben = visitors(), visitors()
    page = visit(ann.tab(), connected.url, "connections")
    kept = {"Ann's today": "This session", "Ann's": "Only me", "Everybody's": "Everyone"}
    for name, keep in kept.items():
        form = begin(page, "llama.cpp")
        advanced(form).click()
        form.get_by_role("radio", name=keep).click()
        settled(page)
        advanced(form).click()
        expect(advanced(form)).to_contain_text("Advanced" if keep == "This session" else "Advanced · 1 set")
        expect(form.get_by_role("radio", name=keep)).to_be_hidden()
        for label, text in (("Name", name), ("Base URL", servers.script)):  # as fast as one can type
            form.get_by_label(label, exact=True).fill(text)
        key_field(form).fill(KEY)
        press(form, "Save and use")
    assert set(kept) < shown(page, *kept)
    page.close()
    page = visit(ben.tab(), connected.url, "connections")
    assert set(kept) & shown(page, "Everybody's") == {"Everybody's"}
    page.close()

    connected.restart()
    page = visit(ann.tab(), connected.url, "connections")
    assert set(kept) & shown(page, "Ann's", "Everybody's") == {"Ann's", "Everybody's"}
    open_connection(page, "Ann's")
    press(detail(page), "Test")
    expect(detail(page)).to_contain_text("models listed: 1")
    page = visit(ben.tab(), connected.url, "connections")
    assert set(kept) & shown(page, "Everybody's") == {"Everybody's"}
    open_connection(page, "Everybody's")
    expect(detail(page)).to_contain_text("Saved by someone else. Only they can change it.")
    expect(detail(page).get_by_role("button", name="Edit")).to_have_count(0)
    assert all(KEY.encode() not in file.read_bytes() for file in data.iterdir())
