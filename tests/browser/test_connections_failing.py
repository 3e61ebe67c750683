"""Failures between the app and a server: tested on the Connections page, and during runs on a page."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from queue import Queue

import pytest
import tomli_w
from playwright.sync_api import Page, expect

from boomerang.kinds import KINDS
from boomerang.workbench.connections.saved_connections import Store
from tests.certificates import authority_file, secured
from tests.connection_settings import settings_of
from tests.invoker.backends.openai_compatible.desk import GOOD, event
from tests.loopback import BOUND, STREAM, ClientConnection, Loopback, ReceivedRequest, chunked, whole

from .connecting import detail, health, open_connection, open_on
from .driving import (
    answer,
    flowing,
    model_box,
    result,
    run,
    run_button,
    seen,
    settled,
    state,
    stop_button,
    stop_seconds,
    visit,
    watch,
)
from .serving import APP, Served, free_port

KEY = "sk-of-nobody"
MODELS = ("good", "hangs", "pauses", "embeds-nothing")
"""Names of models; each behaves like its name."""
PAGE = b"<!DOCTYPE html><html><body><h1>Welcome to the router</h1></body></html>"
OWN_TEXT = [event({"role": "assistant", "content": ""}), event({"content": "The first half of"})]
AS_JSON = [event({"role": "assistant", "content": '{"ok": true}'}), event({}, "stop"), GOOD[-1]]


@dataclass
class Failures:
    """Servers that fail in different ways, and clients waiting for them."""

    main: Loopback
    elsewhere: Loopback
    waiting: Queue[ClientConnection]
    """Clients that wait for more."""


def model_requests(request: ReceivedRequest, connection: ClientConnection, waiting: Queue[ClientConnection]) -> None:
    """Answer as the requested model's name says; under `/refused` every key is rejected."""
    if request.path.startswith("/refused"):
        connection.send(whole({"error": {"message": "No such key."}}, 401))
    elif request.path == "/v1/models":
        connection.send(whole({"data": [{"id": name} for name in MODELS]}))
    elif not request.path.startswith("/v1"):
        connection.send(whole({"error": {"message": "Nothing here."}}, 404))
    else:
        _do(request.json, connection, waiting)


def _do(body: dict[str, object], connection: ClientConnection, waiting: Queue[ClientConnection]) -> None:
    match body["model"]:
        case "good" if body.get("stream"):
            connection.send(STREAM, *chunked(AS_JSON))
        case "good":
            message = {"role": "assistant", "content": "Short."}
            connection.send(whole({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}))
        case "hangs" | "pauses" as name:
            if name == "pauses":
                connection.send(STREAM, *list(chunked(OWN_TEXT))[:-1])
            waiting.put(connection)
            connection.wait_until_gone()
            raise EOFError
        case _:
            connection.send(whole({"error": {"message": "CUDA out of memory."}}, 500))


@pytest.fixture(scope="module")
def faults() -> Iterator[Failures]:
    """The servers."""
    waiting: Queue[ClientConnection] = Queue()
    with (
        Loopback(lambda request, connection: model_requests(request, connection, waiting)) as main,
        Loopback(lambda request, connection: model_requests(request, connection, waiting), family=socket.AF_INET6) as elsewhere,
    ):
        yield Failures(main, elsewhere, waiting)


@pytest.fixture(scope="module")
def connected(faults: Failures, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The app with a connection to each server; its visitors may only call 10.0.0.0/8."""
    folder = tmp_path_factory.mktemp("failing")
    with (
        Loopback(lambda _request, connection: connection.send(whole(PAGE, media_type="text/html"))) as site,
        Loopback(
            lambda request, connection: model_requests(request, connection, Queue()), context=secured("127.0.0.1")
        ) as private,
    ):
        main = faults.main.address
        addresses = {
            "Faults": f"{main}/v1",
            "Wrong path": f"{main}/chat",
            "Refused": f"{main}/refused/v1",
            "Nobody": f"http://127.0.0.1:{free_port()}/v1",
            "Router": f"{site.address}/v1",
            "Private": f"{private.address}/v1",
            "Trusted": f"{private.address}/v1",
        }
        more = {"Trusted": {"ca_file": str(authority_file(folder))}}
        connections = [
            {"name": name, "base_url": address, "api_key_env": "SOME_KEY", **more.get(name, {})}
            for name, address in addresses.items()
        ]
        file = folder / "connections.toml"
        file.write_text(tomli_w.dumps({"connections": connections}), "utf-8")
        # Connections configured by the operator may call any address; this one is a visitor's.
        elsewhere = settings_of({"name": "Elsewhere", "base_url": f"{faults.elsewhere.address}/v1"})
        Store(folder, {}, KINDS).save(elsewhere, "somebody", shared=True)
        variables = {"CONNECTIONS_FILE": str(file), "BOOMERANG_DATA": str(folder), "CONNECTIONS_ALLOW": "10.0.0.0/8"}
        with Served(APP, **variables, SOME_KEY=KEY) as served:
            yield served


@pytest.fixture(autouse=True)
def _nothing_breaks(connected: Served) -> Iterator[None]:
    """Fail if the app logged a traceback during a test."""
    yield
    assert "Traceback" not in connected.output


VERDICTS = {
    "Faults": "The server answers",
    "Wrong path": "The base address is wrong: the API is at {main}/v1.",
    "Refused": "The server refused the key (HTTP 401).",
    "Nobody": "Nobody listens at",
    "Router": "A web page came back and not an API's answer",
    "Private": "The certificate of 127.0.0.1 is not trusted",
    "Trusted": "The server answers",
    "Elsewhere": "is not among the addresses that may be called here.",
}


def test_all_are_tried_at_once_and_the_table_says_in_words_how_each_is(page: Page, connected: Served, faults: Failures) -> None:
    visit(page, connected.url, "connections")
    assert {health(page)[name]["Server"] for name in VERDICTS} == {"not tested"}
    main = page.get_by_test_id("stMain")
    main.get_by_role("button", name="Test all").click()
    table = page.get_by_role("region", name="Health")
    for name, text in VERDICTS.items():
        row = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name, exact=True))
        verdict = row.locator("td").first.locator("span")
        expect(verdict).to_have_attribute("title", re.compile(re.escape(text.format(main=faults.main.address))))
        expect(row).not_to_contain_text("testing")
    main.get_by_role("button", name="Stop").click()  # the embedded models take their time
    expect(main.get_by_role("button", name="Stop")).to_have_count(0)
    settled(page)

    result = {name: [re.sub(r" [\d,]+ ms", "", phrase) for phrase in row.values()] for name, row in health(page).items()}
    without = ["—"] * 4
    assert result.pop("embedded")[0] == "ok"
    assert result["Faults"] == result["Trusted"] == ["ok", "ok", "ok", "ok", "failed 500", *without]
    servers = {name: row[0] for name, row in result.items()}
    assert servers == {
        "Faults": "ok",
        "Wrong path": "failed 404",
        "Refused": "failed 401",
        "Nobody": "failed",
        "Router": "failed 200",
        "Private": "failed",
        "Trusted": "ok",
        "Elsewhere": "failed",
    }
    assert all(row[1:] == ["unknown"] * 8 for name, row in result.items() if servers[name] != "ok")
    assert faults.elsewhere.connections == []

    open_connection(page, "Refused")
    expect(detail(page)).to_contain_text("The server refused the key (HTTP 401).")
    shown = detail(page).locator(".results details")
    expect(shown.locator("summary")).to_contain_text("No such key.")  # the server's own message, before anything is expanded
    expect(shown.locator("pre")).to_be_hidden()
    shown.locator("summary").click()
    expect(shown.locator("td").first).to_have_text(f"{faults.main.address}/refused/v1/models")
    expect(shown.locator("pre")).to_contain_text("No such key.")

    faulty = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Faults", exact=True))
    faulty.get_by_role("button", name="failed 500").click()  # a cell opens its result, with the response
    expect(detail(page).get_by_role("heading", name="Faults", exact=True)).to_be_visible()
    expect(detail(page).locator(".results pre").filter(has_text="CUDA out of memory.")).to_be_in_viewport()
    faulty.locator("td button").nth(6).click()  # the dash under TTS: the list of models, none of which is of that type
    expect(detail(page)).to_contain_text("embeds-nothing")
    refused = table.get_by_role("rowheader", name="Refused", exact=True).get_by_role("button")
    refused.focus()
    page.keyboard.press("Enter")
    expect(detail(page).get_by_role("heading", name="Refused", exact=True)).to_be_visible()
    settled(page)

    page.reload()  # the open connection is restored
    expect(detail(page).get_by_role("heading", name="Refused", exact=True)).to_be_visible()


@pytest.mark.parametrize(("model", "arrived"), [("hangs", ""), ("pauses", "The first half of")])
def test_a_stop_reaches_a_server_that_says_nothing_within_a_second(
    page: Page, connected: Served, faults: Failures, model: str, arrived: str
) -> None:
    open_on(page, connected, "llm", "Faults", model=model)
    run_button(page).click()
    state(page, "running")
    client = faults.waiting.get(timeout=BOUND)
    if arrived:
        flowing(page, len(arrived) - 1)
    watch(page)
    stop_button(page).click()
    assert client.left.wait(stop_seconds())
    state(page, "stopped")
    assert seen(page).seconds < stop_seconds()
    settled(page)
    expect(result(page)).to_contain_text("Stopped after")
    assert answer(page).replace("Stopped. Partial output kept.", "").strip() == arrived
    expect(run_button(page)).to_be_enabled()


def test_an_address_that_is_not_listed_is_not_called_and_its_page_says_who_can_list_it(
    page: Page, connected: Served, faults: Failures
) -> None:
    open_on(page, connected, "llm", "Elsewhere")
    expect(page.get_by_test_id("stMain")).to_contain_text("Could not list the models of Elsewhere")
    model_box(page).fill("any")
    model_box(page).press("Enter")
    settled(page)
    run(page, ends="failed")
    expect(result(page)).to_contain_text(f"{faults.elsewhere.address.partition('//')[2]} is not among the addresses")
    expect(result(page)).to_contain_text("The person who runs this app can list it in CONNECTIONS_ALLOW.")
    assert faults.elsewhere.connections == []
