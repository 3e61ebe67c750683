"""The Connections page where something is wrong: a connection that cannot be opened, a name that is taken, a strange model."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from streamlit.testing.v1.element_tree import Block

from boomerang.invoker.backends.openai_compatible.model_list.catalogue import described
from boomerang.invoker.errors import ConfigError
from boomerang.invoker.settings import ConnectionSettings, settings_of
from boomerang.playground.connections import model_table_editor, probe_results
from boomerang.playground.connections.page_state import ConnectionsPageState
from boomerang.playground.session import app_state, page_state
from boomerang.workbench.connections.form_text import as_lines, kept_proxy, masked_proxy, with_scheme
from boomerang.workbench.connections.import_export import import_connections
from boomerang.workbench.connections.probe import Check
from boomerang.workbench.connections.probe_jobs import SERVER, ProbeJob
from boomerang.workbench.connections.saved_connections import hashed
from boomerang.workbench.connections.server_presets import PRESETS
from boomerang.workbench.diagnosis.settings_errors import spoken
from tests.loopback import BOUND, Asked, Loopback, Wire, whole

from .visitor import Visitor, key_of, nodes, text_of


def made(**settings: Any) -> ConnectionSettings:
    """Give settings."""
    return settings_of({"name": "lab", "base_url": "http://127.0.0.1:9/v1", **settings})


def with_form(settings: ConnectionSettings) -> Visitor:
    """Give a visitor with an open form for a connection."""
    page = Visitor("embedded").open("connections")
    held: ConnectionsPageState = page.at.session_state["_connections"]
    held.draft = settings
    model_table_editor.fill(held, settings)
    return page.look()


def container(page: Visitor, key: str) -> str:
    """Read a container."""
    [found] = [node for node in nodes(page.at.main) if isinstance(node, Block) and key_of(node) == key]
    return "\n".join(text_of(node) for node in nodes(found)).replace("\\", "")


def test_a_name_that_is_taken_is_told_in_the_form() -> None:
    page = with_form(made(name="embedded"))
    page.at.button(key="connections.form.0.save").click()
    assert "there is a connection 'embedded' already" in container(page.look(), "connection-form")


@contextmanager
def in_the_file(text: str) -> Iterator[None]:
    """Have connections in the file."""
    file = Path(os.environ["CONNECTIONS_FILE"])
    file.write_text(text)
    try:
        yield
    finally:
        file.unlink()
        app_state.connections().visible()


def test_a_connection_that_cannot_be_opened_any_more_can_be_edited() -> None:
    with in_the_file('[[connections]]\nname = "lab"\nbase_url = "http://127.0.0.1:9"\napi_key_env = "NOT_SET_HERE"\n'):
        held = ConnectionsPageState(replacing="lab")
        model_table_editor.fill(held, made(api_key_env="NOT_SET_HERE", models=[{"model": "m", "model_type": "llm"}]))
        assert [row["model"] for row in held.rows] == ["m"]


def test_a_pane_offers_connections_by_their_names_as_they_are() -> None:
    with in_the_file('[[connections]]\nname = "my_server: *1*"\nbase_url = "http://127.0.0.1:9"\n'):
        page = Visitor("embedded").open("llm")
        page.at.session_state["llm.panes"] = 2
        assert page.look().at.selectbox(key="llm.pane2.connection").options == ["embedded", "my_server: *1*"]


@pytest.mark.parametrize(
    "properties",
    [
        {"context_size": "32k"},
        {"context_size": 0},
        {"context_size": 16**500},
        {"max_chunks": 1e300},
        {"mode": 5},
        {"voices": [{"mode": "x", "name": 5}]},
        {"default_voice": {}},
    ],
)
def test_what_a_page_could_not_draw_of_a_model_is_refused_before(properties: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"models\[0\]"):
        made(models=[{"model": "m", "model_type": "llm", "model_properties": properties}])


def test_a_table_of_many_models_costs_linear_work() -> None:
    rows = [model_table_editor.row(described("p", f"model {number}"), made()) for number in range(4000)]
    changed = [rows[0] | {"context_size": 9}, *rows[1:]]
    began = process_time()
    models, defaults = model_table_editor.said(changed, rows, {})
    assert [model["model"] for model in models] == ["model 0"] and defaults == {}
    assert process_time() - began < 1.0, "with their square it is a quarter of a minute"


@pytest.mark.parametrize(
    ("typed", "before", "expected"),
    [
        ("http://•••@p:1", "http://a:b@p:1", "http://a:b@p:1"),
        ("http://•••@other:2", "http://a:b@p:1", "http://a:b@other:2"),
        ("http://c:d@p:1", "http://a:b@p:1", "http://c:d@p:1"),
        ("http://•••@p:1", "http://p:1", "http://p:1"),
        ("", "http://a:b@p:1", ""),
    ],
)
def test_the_user_of_a_proxy_stays_behind_its_mask(typed: str, before: str, expected: str) -> None:
    assert kept_proxy(typed, before) == expected and "a:b" not in masked_proxy(before)


def test_a_key_that_was_typed_is_kept_when_its_page_is_left_and_is_not_given_back() -> None:
    with Loopback(lambda _asked, wire: wire.send(whole({"data": []}))) as server:
        page = with_form(made(base_url=server.address))
        held: ConnectionsPageState = page.at.session_state["_connections"]
        where = f"connections.form.{held.version}."
        page.at.segmented_control(key=f"{where}key_kind").set_value("typed")
        page.look().at.text_input(key=f"{where}api_key").set_value("sk-not-for-anybodys-eyes")
        page.look().open("start").open("connections")
        field = page.at.text_input(key=f"{where}api_key")
        assert field.value == "" and field.placeholder == "kept as it is"
        page.at.button(key=f"{where}test").click()
        page.look()
        server.until(lambda server: server.asked)
        assert server.asked[0].headers["authorization"] == "Bearer sk-not-for-anybodys-eyes"
        assert held.typed_key not in repr(held)


@pytest.mark.parametrize(
    ("typed", "whole_one"),
    [
        ("127.0.0.1:9401/v1", "http://127.0.0.1:9401/v1"),
        ("[::1]:8000/v1", "http://[::1]:8000/v1"),
        ("192.168.1.7/v1", "http://192.168.1.7/v1"),
        ("gpu/v1", "http://gpu/v1"),
        ("gpu.example:8000/v1", "https://gpu.example:8000/v1"),
        ("gpu.example:443/v1", "https://gpu.example:443/v1"),
        ("api.openai.com/v1", "https://api.openai.com/v1"),
        (" api.openai.com/v1 ", "https://api.openai.com/v1"),
        ("https://x/v1", "https://x/v1"),
        ("not an address", "not an address"),
        ("[zz]/v1", "[zz]/v1"),
        ("${HOST}/v1", "${HOST}/v1"),
        ("", ""),
    ],
)
def test_a_scheme_that_was_not_typed_is_put_before_the_address(typed: str, whole_one: str) -> None:
    assert with_scheme(typed) == whole_one


def test_an_address_is_completed_in_its_field_and_a_fault_stands_under_its_own_by_its_label() -> None:
    page = with_form(made())
    where = "connections.form.0."
    page.at.text_input(key=f"{where}base_url").set_value("127.0.0.1:9401/v1")
    assert page.look().at.text_input(key=f"{where}base_url").value == "http://127.0.0.1:9401/v1"
    page.at.text_input(key=f"{where}base_url").set_value("not an address")
    page.at.text_input(key=f"{where}name").set_value("")
    page.look()
    drawn = container(page, "connection-form").splitlines()
    faults = [number for number, line in enumerate(drawn) if "expected an address" in line or "must not be empty" in line]
    assert [drawn[number].rpartition(": ")[0] for number in faults] == ["Name", "Base address"]
    label = next(number for number, line in enumerate(drawn) if line.startswith("Dify provider"))
    assert all(number < label for number in faults), "each stands under its own field"
    assert page.at.button(key=f"{where}save").disabled


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("base_url: is missing", "Base address: is missing"),
        ("base_ur: is no field that is known here", "base_ur: is no field that is known here"),
        ("timeouts.first_byte: must be more than 0", "Time limits to the first byte: must be more than 0"),
        ("models[1].model_type: is missing", "Models b.model_type: is missing"),
        ("nothing can be saved here: the app was started without a data folder",) * 2,
    ],
)
def test_a_fault_is_said_by_the_label_of_its_field(fault: str, words: str) -> None:
    assert spoken(fault, ["a", "b"]) == words


@pytest.mark.parametrize(("preset", "kind"), [("openai", "typed"), ("jina", "typed"), ("ollama", "none")])
def test_the_form_of_a_service_that_needs_a_key_has_a_field_for_it(preset: str, kind: str) -> None:
    page = with_form(settings_of({"name": "x", "base_url": PRESETS[preset].base_url, "preset": preset}))
    control = page.at.segmented_control(key="connections.form.0.key_kind")
    assert control.value == kind
    assert control.options == ["none", "typed here"], "there is no variable that a visitor may name"


def test_a_server_that_is_slow_to_list_its_models_is_waited_for_and_then_shown() -> None:
    slow_seconds = 1.3  # longer than a page is held up

    def slow(asked: Asked, wire: Wire) -> None:
        wire.left.wait(slow_seconds)
        wire.send(whole({"data": [{"id": "gpt-slow"}, {"id": "bge-embed"}]}))

    with Loopback(slow) as server, in_the_file(f'[[connections]]\nname = "lab"\nbase_url = "{server.address}/v1"\n'):
        page = Visitor("embedded").open("connections")
        assert health_of(page, "lab")[1] == "unknown", "nobody has asked its server for its models"
        page.at.session_state["_connections"].open = "lab"
        page.look()
        assert "gpt-slow" in page.seen and "Asking the server" not in page.seen
        assert health_of(page, "lab")[:3] == ["not tested"] * 3 and health_of(page, "lab")[5] == "—"
        app_state.connections().get("lab").close()


def health_of(page: Visitor, name: str) -> list[str]:
    """Read a row of the table of health."""
    [table] = [str(node.value) for node in nodes(page.at.main) if 'class="health"' in str(getattr(node, "value", ""))]
    row = table.partition(f">{name}</th>")[2].partition("</tr>")[0]
    return [re.sub("<[^>]*>", "", cell) for cell in row.split("</td>")[:-1]]


def test_what_the_form_was_tried_with_is_another_once_its_address_was_changed_and_a_better_one_can_be_taken() -> None:
    def at_v1(asked: Asked, wire: Wire) -> None:
        wire.send(whole({"data": [{"id": "m"}]}) if asked.path == "/v1/models" else whole({"error": {"message": "?"}}, 404))

    with Loopback(at_v1) as server:
        page = with_form(made(base_url=f"{server.address}/chat"))
        where = "connections.form.0."
        press(page, f"{where}test")
        assert "The base address is wrong" in container(page, "connection-form")
        page.at.button(key=f"{where}better").click()
        page.look()
        assert page.at.text_input(key=f"{where}base_url").value == f"{server.address}/v1"
        assert "The base address is wrong" not in container(page, "connection-form"), "that was another address"
        press(page, f"{where}test")
        assert "models listed: 1" in container(page, "connection-form")


def press(page: Visitor, key: str) -> None:
    """Press a button that tries something, and wait for what comes of it."""
    page.at.button(key=key).click()
    page.look()
    held: ConnectionsPageState = page.at.session_state["_connections"]
    if held.checks is not None:
        held.checks.join(BOUND)
    page.look()


def test_a_test_that_is_stopped_says_so_until_the_next_one() -> None:
    visitors: list[ConnectionsPageState] = []

    def hangs_until_stopped(asked: Asked, wire: Wire) -> None:
        if len(server.asked) == 1:
            checks = visitors[0].checks
            assert checks is not None
            checks.stop()  # as the button does
            wire.wait_until_gone()
        else:
            wire.send(whole({"data": [{"id": "m"}]}))

    with Loopback(hangs_until_stopped) as server:
        page = with_form(made(base_url=f"{server.address}/v1"))
        visitors.append(page.at.session_state["_connections"])
        press(page, "connections.form.0.test")
        assert "Stopped after" in container(page, "connection-form")
        press(page, "connections.form.0.test")
        form = container(page, "connection-form")
        assert "Stopped" not in form and "models listed: 1" in form


def test_the_words_of_a_server_that_refused_stand_in_the_open_as_they_are() -> None:
    refusal = {"error": {"message": "Incorrect **key** <b>sk-x</b>"}}
    with (
        Loopback(lambda _asked, wire: wire.send(whole(refusal, 401))) as server,
        in_the_file(f'[[connections]]\nname = "lab"\nbase_url = "{server.address}/v1"\napi_key = "k"\n'),
    ):
        page = Visitor("embedded").open("connections")
        page.at.session_state["_connections"].open = "lab"
        press(page.look(), "connections.test")
        summary = page.html.partition("<summary>")[2].partition("</summary>")[0]
        assert "The server refused the key (HTTP 401)." in summary
        assert "Incorrect **key** &lt;b&gt;sk-x&lt;/b&gt;" in summary


def test_which_connection_is_open_stands_in_the_address() -> None:
    page = Visitor("embedded")
    with in_the_file('[[connections]]\nname = "lab one"\nbase_url = "http://127.0.0.1:9/v1"\n'):
        page.at.query_params["open"] = "lab one"
        page.open("connections")
        assert page.at.session_state["_connections"].open == "lab one"


def test_an_import_brings_what_is_new_and_says_what_was_there_what_is_renamed_and_what_is_wrong() -> None:
    owner = "somebody"
    app_state.connections().keep(made(name="same", query={"v": "1"}), owner)
    app_state.connections().keep(made(name="taken"), owner)
    good = [made(name="same", query={"v": "1"}), made(name="taken", query={"v": "2"}), made(name="new")]
    bad = [{"name": f"bad {number}", "base_ur": "x"} for number in range(6)]
    content = json.dumps([*(settings.public() for settings in good), *bad])
    try:
        brought = import_connections(app_state.connections(), "c.toml", content.encode(), owner)
        assert (brought.came, brought.there, brought.renamed) == (["taken 2", "new"], ["same"], [("taken", "taken 2")])
        assert brought.faults[:2] == ["bad 0 · Base address: is missing", "bad 0 · base_ur: is no field that is known here"]
        page = Visitor("embedded").open("connections")
        page.at.session_state["_connections"].to_say.brought = brought
        told = container(page.look(), "connections-brought")
        assert "Imported, for this session: taken 2, new." in told and "There already, as in the file: same." in told
        assert "bad 3" in told and "bad 4" not in told and "and 4 more" in told
        again = import_connections(app_state.connections(), "c.toml", content.encode(), owner)
        assert (again.came, again.there) == ([], ["same", "taken", "new"])
    finally:
        for name in ("same", "taken", "taken 2", "new"):
            app_state.connections().drop(name, owner)


def test_what_is_no_file_of_connections_is_said_with_its_name() -> None:
    assert (
        import_connections(app_state.connections(), "c.toml", b"a = 1", "somebody")
        .faults[0]
        .startswith("c.toml: expected a list named connections")
    )


def test_what_was_said_of_many_models_stays_and_the_rest_of_a_long_list_is_counted() -> None:
    held = ConnectionsPageState(
        draft=made(), now=[model_table_editor.row(described("p", f"said {number}"), made()) for number in range(600)]
    )
    model_table_editor.bring(held, [described("p", f"listed {number}") for number in range(10)])
    assert len(held.rows) == 600 and held.left_out == 10


def test_time_limits_are_told_in_words() -> None:
    with in_the_file('[[connections]]\nname = "lab"\nbase_url = "http://127.0.0.1:9/v1"\ntimeouts = {first_byte = 120}\n'):
        page = Visitor("embedded").open("connections")
        page.at.session_state["_connections"].open = "lab"
        assert "to the first byte 120 s" in page.look().seen and "first_byte" not in page.seen


def test_a_long_list_of_models_is_searched() -> None:
    models = {"data": [{"id": f"model-{number:03d}"} for number in range(350)]}
    with (
        Loopback(lambda _asked, wire: wire.send(whole(models))) as server,
        in_the_file(f'[[connections]]\nname = "lab"\nbase_url = "{server.address}/v1"\n'),
    ):
        page = Visitor("embedded").open("connections")
        page.at.session_state["_connections"].open = "lab"
        assert "The first 300 of 350; search for the others." in page.look().seen
        page.at.text_input(key="connections.search.lab").set_value("349")
        assert "model-349</th>" in page.look().html and "model-348</th>" not in page.html


def test_a_result_whose_server_was_not_called_is_one_line() -> None:
    assert "<details" not in probe_results.written([("Server", Check(True, "Nothing has to be reached; models built in: 8."))])
    assert "<strong>LLM</strong> · gpt-9 · The model answers." in probe_results.written(
        [("LLM", Check(True, "The model answers.", model="gpt-9"))]
    )


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("headers", "Content-Length: 5", "Headers: Content-Length cannot be set: each request sets it by itself"),
        ("headers", "X-Foo: ключ", "Headers: the value of X-Foo must be one line of ASCII characters"),
        ("headers", "X Foo: a", "Headers: 'X Foo' is no name of a header"),
        ("headers", "X-A: 1\nx-a: 2", "Headers: x-a is there twice"),
        ("headers", "X-A: 1\nX-A: 2", "Headers: X-A is there twice"),
        ("headers", ":authority: h", "Headers: '' is no name of a header"),
        ("headers", "X-Foo", "Headers: no colon in X-Foo"),
        ("query", "a: \x07", "Query: the value of a must be one line of printable characters"),
        ("proxy", "https://p:1", "Proxy: expected an address such as http://localhost:3128"),
        ("base_url", "http://h/v1#docs", "Base address: must not have a fragment: remove # and the text after it"),
        ("base_url", "http://h/v1?a=1&a=2", "Base address: the query of the address has a twice"),
    ],
)
def test_what_http_cannot_send_is_refused_in_the_form_by_its_label(field: str, typed: str, words: str) -> None:
    page = with_form(made())
    fields = page.at.text_area if field in ("headers", "query") else page.at.text_input
    fields(key=f"connections.form.0.{field}").set_value(typed)
    assert words in container(page.look(), "connection-form")
    assert page.at.button(key="connections.form.0.save").disabled


def test_a_query_that_is_pasted_with_the_address_moves_to_its_field() -> None:
    page = with_form(made(query={"a": "1"}))
    page.at.text_input(key="connections.form.0.base_url").set_value("https://h/v1?api-version=2026&key=x%20y")
    page.look()
    assert page.at.text_input(key="connections.form.0.base_url").value == "https://h/v1"
    assert page.at.text_area(key="connections.form.0.query").value == "a: 1\napi-version: 2026\nkey: x y"
    assert not page.at.button(key="connections.form.0.save").disabled


def test_only_what_is_secret_is_masked_in_the_form() -> None:
    settings = made(
        api_key="pl4in",
        headers={"x-portkey-provider": "azure-openai", "X-Api-Key": "hidden", "X-Odd": "pl4in"},
        query={"api-version": "2026", "key": "hidden"},
    )
    assert as_lines(settings, "headers") == "x-portkey-provider: azure-openai\nX-Api-Key: •••\nX-Odd: •••"
    assert as_lines(settings, "query") == "api-version: 2026\nkey: •••"
    page = with_form(settings)
    assert "pl4in" not in str(page.at.main) and "hidden" not in str(page.at.main)


def listing(_asked: Asked, wire: Wire) -> None:
    """Answer with a list of one model."""
    wire.send(whole({"data": [{"id": "m"}]}))


@pytest.fixture
def anna(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give the cookie of every visitor; afterwards their connections are gone."""
    monkeypatch.setattr(page_state, "owner", lambda: "anna")
    yield "anna"
    for name in app_state.connections().names("anna"):
        app_state.connections().drop(name, "anna")


def form_key(page: Visitor, name: str) -> str:
    """Give the key of a widget of the form that is open."""
    held: ConnectionsPageState = page.at.session_state["_connections"]
    return f"connections.form.{held.version}.{name}"


@pytest.mark.usefixtures("anna")
def test_what_came_of_a_test_is_there_after_saving_what_was_tested() -> None:
    with Loopback(listing) as server:
        page = with_form(made(base_url=server.address))
        held: ConnectionsPageState = page.at.session_state["_connections"]
        page.at.button(key=form_key(page, "test")).click()
        assert "models listed: 1" in container(page.look(), "connection-form")
        page.at.button(key=form_key(page, "save")).click()
        assert "models listed: 1" in container(page.look(), "connection-detail") and health_of(page, "lab")[0].startswith("ok")
        page.at.button(key="connections.edit").click()
        page.look().at.text_input(key=form_key(page, "name")).set_value("renamed")
        page.look().at.button(key=form_key(page, "save")).click()
        assert "models listed: 1" in container(page.look(), "connection-detail"), "it is called as it was when it was tested"
        page.at.button(key="connections.edit").click()
        page.look().at.text_input(key=form_key(page, "base_url")).set_value(f"{server.address}/other")
        page.look().at.button(key=form_key(page, "save")).click()
        assert "Not tested yet." in container(page.look(), "connection-detail") and list(held.found) == []


@pytest.mark.usefixtures("anna")
def test_what_came_of_a_test_of_something_else_is_not_there_after_saving() -> None:
    with Loopback(listing) as server:
        page = with_form(made(base_url=server.address))
        page.at.button(key=form_key(page, "test")).click()
        page.look().at.text_input(key=form_key(page, "base_url")).set_value(f"{server.address}/other")
        page.look().at.button(key=form_key(page, "save")).click()
        assert "Not tested yet." in container(page.look(), "connection-detail")


def test_a_test_that_was_under_way_when_it_was_saved_ends_under_its_name() -> None:
    held, checks, tried = ConnectionsPageState(), ProbeJob([]), ("\0" + "3", SERVER)
    held.moved[tried] = "lab", SERVER
    checks.found[tried] = checks.found["other", SERVER] = Check(True, "it answers")
    held.take_over(checks)
    assert set(held.found) == {("lab", SERVER), ("other", SERVER)}


def test_what_is_odd_among_saved_ones_is_named_on_the_page_to_whom_it_concerns(anna: str) -> None:
    file = Path(os.environ["BOOMERANG_DATA"]) / "connections.json"
    entry = {"owner": "somebody", "shared": True, "connection": {"name": "good", "base_url": "http://127.0.0.1:9/v1"}}
    odd = [
        {"owner": "somebody", "shared": True, "connection": {"name": "our: *odd*", "base_url": 5}},
        {"owner": "somebody", "connection": {"name": "private", "base_urls": [1]}},
        {
            "owner": hashed(anna),
            "connection": {"name": "mine", "base_url": "http://127.0.0.1:9/v1", "models": [5] * 99},
        },
        "text",
    ]
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"connections": [*odd, entry]}))
    try:
        page = Visitor("embedded").open("connections")
        told = [warning.value.replace("\\", "") for warning in page.at.warning]
        assert [one.partition(":")[0] for one in told] == ["connections.json"] * 4
        assert "“our: *odd*” cannot be used and stays in the file as it is: Base address: must be a text" in told[0]
        assert "“connections[1]”" in told[1] and "private" not in told[1]
        assert "“mine” is used without some of its models" in told[2] and told[2].endswith("and 91 more")
        assert "“connections[3]”" in told[3]
        assert "good" in app_state.connections().names()
    finally:
        file.unlink()
        app_state.connections().visible()


def test_what_came_of_a_test_is_not_shown_of_what_the_file_says_now() -> None:
    file = '[[connections]]\nname = "lab"\nbase_url = "{}/v1"\nsystem_model = "{}"\n'
    with Loopback(listing) as server, in_the_file(file.format(server.address, "a")):
        page = Visitor("embedded").open("connections")
        page.at.session_state["_connections"].open = "lab"
        page.look().at.button(key="connections.test").click()
        page.look()
        assert "models listed: 1" in container(page, "connection-detail")
        Path(os.environ["CONNECTIONS_FILE"]).write_text(file.format(server.address, "another"))
        assert "models listed: 1" in container(page.look(), "connection-detail"), "it is called as it was"
        Path(os.environ["CONNECTIONS_FILE"]).write_text(file.format("http://127.0.0.1:9", "another"))
        assert "models listed: 1" not in container(page.look(), "connection-detail")
