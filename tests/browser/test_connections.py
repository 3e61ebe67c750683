"""Connections in a browser, on real servers: from the environment, from a file, made by hand; used, kept, passed on."""

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

from boomerang.workbench.samples.inputs import ARTICLE
from tests.invoker.backends.openai_compatible.test_real_server import KEY, QWEN, SMOLLM
from tests.invoker.backends.openai_compatible.test_real_server import served as model_server

from .connecting import (
    Wire,
    begin,
    detail,
    export,
    facts,
    fill,
    health,
    model_box,
    open_connection,
    open_on,
    press,
    saved,
    shown,
    side_bar,
    tile,
    type_key,
)
from .driving import (
    PATIENCE,
    SMALL,
    Visitor,
    answer,
    choose,
    go,
    look,
    metric,
    result,
    run,
    run_button,
    seen,
    settled,
    unfold,
    visit,
    watch,
)
from .serving import Served
from .test_stop import user_text

LONG = {"temperature": 0, "max_tokens": 90, "ignore_eos": True}
SHORT = {"temperature": 0, "max_tokens": 12}


@dataclass(frozen=True)
class Real:
    """The addresses of real servers, each of which has one model, `real`."""

    llm: str
    vectors: str
    ranks: str


@pytest.fixture(scope="module")
def real() -> Iterator[Real]:
    """Give real servers, which want a key."""
    with (
        model_server(QWEN) as llm,
        model_server(SMOLLM, pooling_type="MEAN") as vectors,
        model_server(SMOLLM, pooling_type="RANK") as ranks,
    ):
        yield Real(llm, vectors, ranks)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of what is saved."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def connected(real: Real, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Give the app with a connection out of the environment, and others out of a file."""
    folder = tmp_path_factory.mktemp("connected")
    lab = {"base_url": real.llm, "api_key_env": "LAB_KEY"}
    connections = [
        # An LLM that is named comes first; but a summary is made by the system model.
        {"name": "Lab", **lab, "models": [{"model": "aside", "model_type": "llm"}], "system_model": "real"},
        {"name": "Vectors", **lab, "base_url": real.vectors, "models": [{"model": "real", "model_type": "text-embedding"}]},
        {"name": "Ranks", **lab, "base_url": real.ranks, "models": [{"model": "real", "model_type": "rerank"}]},
        {"name": "Strangers", **lab, "api_key_env": "ANOTHER_KEY"},
    ]
    file = folder / "connections.toml"
    file.write_text(tomli_w.dumps({"connections": connections}), "utf-8")
    with Served(
        OPENAI_BASE_URL=real.llm,
        OPENAI_API_KEY=KEY,
        LAB_KEY=KEY,
        ANOTHER_KEY="not-the-key-of-that-server",
        CONNECTIONS_FILE=str(file),
        BOOMERANG_DATA=str(data),
    ) as served:
        yield served


@pytest.fixture(autouse=True)
def _nothing_breaks(connected: Served) -> Iterator[None]:
    """Fail if the app told of a fault of its own while a test was running."""
    yield
    assert "Traceback" not in connected.output


def test_a_server_that_the_environment_names_streams_its_answer_and_its_key_is_nowhere(
    page: Page, connected: Served, real: Real
) -> None:
    wire = Wire(page, connected)
    # The server's answer is to be longer than what is kept of it for the page.
    page.goto(f"{connected.url}/llm?{urlencode({'extra': json.dumps(LONG)})}")
    settled(page)
    choose(page, side_bar(page), "OpenAI")
    expect(model_box(page)).to_have_value("real")  # as the server listed it
    user_text(page).fill("Write the numbers from 1 to 100 in words, one on each line.")
    settled(page)
    watch(page)
    run(page)
    assert len(seen(page).lengths) > 5
    assert "four" in answer(page).lower()
    expect(tile(page, "Tokens out")).to_contain_text("reported")
    assert metric(page, "Tokens out") == str(LONG["max_tokens"])

    look(page, "HTTP")
    http = page.get_by_role("tabpanel", name="HTTP")
    expect(http).to_contain_text(f"{real.llm.partition('//')[2]}/chat/completions → 200 OK")
    request, response = (found.inner_text() for found in http.get_by_test_id("stCode").all())
    assert json.loads(request)["stream"] is True and json.loads(request)["ignore_eos"] is True
    shown = facts(http)
    assert shown["authorization"] == "•••" and shown["content-type"] == "text/event-stream"
    assert set(shown) > {"Dialled", "Sent after", "To the headers", "From there to the end"}
    assert response.startswith("data: {") and len(response) < int(shown["Bytes"].replace(",", "")) - 1000
    assert "[DONE]" not in response

    look(page, "Code")
    code = page.get_by_role("tabpanel", name="Code")
    for kind, variable in (("curl", "Authorization: Bearer ${OPENAI_API_KEY}"), ("httpx", "os.environ['OPENAI_API_KEY']")):
        code.get_by_role("radio", name=kind).click()
        expect(code.get_by_test_id("stCode")).to_contain_text(variable, ignore_case=True)
        expect(code.get_by_test_id("stCode")).to_contain_text(f"{real.llm}/chat/completions")

    look(page, "Received")
    record = saved(page, "Record as JSON")
    assert "•••" in record and real.llm in record and KEY not in record
    wire.assert_never(KEY)


def test_an_object_of_the_real_server_keeps_to_its_schema(page: Page, connected: Served) -> None:
    open_on(page, connected, "llm_structured_output", "OpenAI")
    run(page)
    expect(result(page)).to_contain_text("Fits the schema")
    expect(result(page)).to_contain_text("Lisb")
    expect(tile(page, "Tokens out")).to_contain_text("reported")


def test_a_summary_is_made_by_the_connections_system_model_and_its_messages_are_shown(page: Page, connected: Served) -> None:
    open_on(page, connected, "summary", "Lab", text=ARTICLE[:600], least="500")
    expect(model_box(page)).to_have_value("real")
    run(page)
    unfold(page, "What the system model was asked (1)")
    for part in ("You summarise texts in their language", "Summarise this text.", "answer"):
        expect(result(page).get_by_test_id("stExpander").last).to_contain_text(part)
    before, after = metric(page, "Source"), metric(page, "Summary")
    assert 0 < int(after.replace(",", "")) < int(before.replace(",", ""))


def test_texts_are_embedded_on_the_real_server(page: Page, connected: Served) -> None:
    open_on(page, connected, "text_embedding", "Vectors")
    run(page)
    assert (metric(page, "Vectors"), metric(page, "Dimensions")) == ("5", "576")
    expect(tile(page, "Tokens")).to_contain_text("reported")


def test_documents_are_ranked_on_the_real_server(page: Page, connected: Served) -> None:
    # The model has no head for ranking, and so its scores may have any size and sign.
    open_on(page, connected, "rerank", "Ranks", threshold="-1000.0")
    run(page)
    assert (metric(page, "Documents"), metric(page, "Returned"), metric(page, "Dropped")) == ("6", "6", "0")
    least, _, best = metric(page, "Scores").partition(" – ")
    assert float(least) < float(best)
    look(page, "Log")
    expect(page.get_by_role("tabpanel", name="Log")).to_contain_text("The server speaks Jina/Cohere's shape of rerank.")


def test_panes_on_different_connections_run_side_by_side_and_one_that_fails_stops_no_other(
    page: Page, connected: Served
) -> None:
    panes = {"panes": "3", "model": SMALL, "pane2.connection": "OpenAI", "pane3.connection": "Strangers", "pane3.model": "real"}
    short = {f"{part}extra": json.dumps(SHORT) for part in ("", "pane2.", "pane3.")}
    open_on(page, connected, "llm", "embedded", **panes, **short)
    run_button(page).click()
    for name in ("done", "done-pane2", "failed-pane3"):
        expect(page.locator(f".st-key-state-{name}")).to_be_attached(timeout=PATIENCE)
    settled(page)
    for part in ("", "-pane2"):
        expect(page.locator(f".st-key-metrics{part}")).to_contain_text("12")  # tokens, as the server and the model told
    expect(page.locator(".st-key-result-3")).to_contain_text("The key was refused")
    expect(page.locator(".st-key-metrics-pane3")).to_contain_text("missing")
    comparison = page.locator(".st-key-comparison")
    expect(comparison.get_by_text("fastest")).to_have_text(re.compile("[AB]: fastest"))
    expect(comparison.get_by_text("first to speak")).to_have_text(re.compile("[AB]: first to speak"))
    expect(comparison.get_by_text("of the text is the same")).to_be_visible()
    page.get_by_role("radio", name="C", exact=True).click()  # under "Inspect"
    settled(page)
    look(page, "HTTP")
    expect(page.get_by_role("tabpanel", name="HTTP")).to_contain_text("/chat/completions → 401")


def test_a_connection_is_typed_tried_corrected_and_used_and_its_key_does_not_come_back(
    connected: Served, real: Real, visitors: Callable[[], Visitor]
) -> None:
    page = visitors().tab()
    wire = Wire(page, connected)
    visit(page, connected.url, "connections")
    form = begin(page, "llama.cpp")
    fill(form, "Base address", f"{real.vectors}/embeddings")  # as it stands in the example of a call
    type_key(form, KEY)
    press(form, "Test as it stands")
    expect(form).to_contain_text("The base address is wrong: the API is at")
    press(form, "Use this address")
    expect(form.get_by_label("Base address", exact=True)).to_have_value(real.vectors)
    press(form, "Test as it stands")
    expect(form).to_contain_text("models listed: 1")
    form.get_by_role("button", name=re.compile("into the table")).click()
    settled(page)
    grid = form.get_by_test_id("stDataFrame")
    grid.click(position={"x": 100, "y": 50})  # the first row's name
    expect(grid.locator("#glide-cell-1-0")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator("#portal input").press_sequentially("text-emb")
    wire.press("Enter")
    expect(grid.locator("#glide-cell-2-0")).to_have_text("text-embedding")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    expect(grid.locator("#glide-cell-3-0")).to_have_attribute("aria-selected", "true")
    wire.press("Enter")
    press(form, "Save")
    expect(page.get_by_text("llama.cpp is there.")).to_be_visible()
    assert health(page)["llama.cpp"]["Embedding"] == "not tested"
    assert health(page)["llama.cpp"]["LLM"] == "—"
    press(detail(page), "Use it")
    expect(side_bar(page)).to_have_value("llama.cpp")
    go(page, "text_embedding")
    expect(model_box(page)).to_have_value("real")
    settled(page)
    run(page)
    assert metric(page, "Dimensions") == "576"
    wire.assert_never(KEY)
    go(page, "connections")
    exported = tomllib.loads(export(page))["connections"]
    typed = next(found for found in exported if found["name"] == "llama.cpp")
    assert typed["defaults"] == {"text-embedding": "real"} and typed["models"][0]["model_type"] == "text-embedding"
    assert "api_key" not in typed
    wire.assert_never(KEY)


def test_a_copy_has_not_the_key_can_be_renamed_and_is_gone_once_it_was_removed_and_comes_in_again_from_a_file(
    connected: Served, visitors: Callable[[], Visitor]
) -> None:
    page = visitors().tab()
    visit(page, connected.url, "connections")
    open_connection(page, "OpenAI")
    expect(detail(page)).to_contain_text("Changed where it comes from, not here.")
    press(detail(page), "Duplicate")
    form = page.locator(".st-key-connection-form")
    expect(form.get_by_role("radio", name="typed here")).to_be_checked()
    expect(form.get_by_label("API key", exact=True)).to_have_value("")
    press(form, "Save")
    press(detail(page), "Use it")
    press(detail(page), "Test")
    expect(detail(page)).to_contain_text("The server wants a key, and the connection has none.")
    assert health(page)["OpenAI 2"]["Server"] == "failed 401"

    press(detail(page), "Edit")
    fill(form, "Name", "My own")
    type_key(form, KEY)
    press(form, "Save")
    expect(side_bar(page)).to_have_value("My own")  # what was picked stays picked under its new name
    assert "OpenAI 2" not in health(page) and health(page)["My own"]["Server"] == "not tested"
    press(detail(page), "Edit")  # the key that was typed stays, unseen
    expect(form.get_by_label("API key", exact=True)).to_have_value("")
    press(form, "Save")
    detail(page).get_by_label("Test one model").wait_for()
    press(detail(page), "Test model")
    expect(detail(page)).to_contain_text("The model answers.")

    text = export(page)
    assert KEY not in text and 'name = "My own"' in text and 'api_key_env = "OPENAI_API_KEY"' in text
    press(detail(page), "Remove")
    press(page.get_by_test_id("stPopoverBody"), "Yes, remove it")
    expect(page.get_by_text("My own is removed.")).to_be_visible()
    assert "My own" not in health(page)
    expect(side_bar(page)).to_have_value("embedded")

    page.get_by_role("button", name="Import, export").click()
    file = FilePayload(name="connections.toml", mimeType="application/toml", buffer=text.encode())
    page.get_by_test_id("stPopoverBody").locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("Imported, for this session: My own.")).to_be_visible()
    settled(page)
    assert health(page)["My own"]["Server"] == "not tested"
    press(detail(page), "Test")
    expect(detail(page)).to_contain_text("The server wants a key, and the connection has none.")


def test_what_was_saved_outlives_the_app_and_is_another_visitors_only_if_it_was_shared(
    connected: Served, real: Real, visitors: Callable[[], Visitor], data: Path
) -> None:
    ann, ben = visitors(), visitors()
    page = visit(ann.tab(), connected.url, "connections")
    kept = {"Ann's today": "this session only", "Ann's": "saved, for me", "Everybody's": "saved, for everybody"}
    for name, keep in kept.items():
        form = begin(page, "llama.cpp")
        form.get_by_role("radio", name="typed here").click()
        form.get_by_role("radio", name=keep).click()
        for label, text in (("Name", name), ("Base address", real.llm), ("API key", KEY)):  # as fast as one can type
            form.get_by_label(label, exact=True).fill(text)
        settled(page)
        press(form, "Save")
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
    expect(detail(page)).to_contain_text("Saved by somebody else, who alone may change it.")
    expect(detail(page).get_by_role("button", name="Edit")).to_have_count(0)
    assert all(KEY.encode() not in file.read_bytes() for file in data.iterdir())
