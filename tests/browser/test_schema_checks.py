"""A hostile schema blocks neither the app nor other visitors, and the app still ends on request."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import pytest
import tomli_w
from playwright.sync_api import Browser, Page, expect

from tests.invoker.backends.embedded.children import ended
from tests.invoker.backends.openai_compatible.desk import GOOD, event
from tests.loopback import BOUND, STREAM, ClientConnection, Loopback, ReceivedRequest, chunked, whole

from .connecting import open_on
from .driving import Visitor, result, run, run_button, settled, state, stop_button
from .serving import Served

TWICE = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)}


def hostile(title: str) -> dict[str, Any]:
    """Return a schema that takes 2 to the power of 40 steps: each definition refers twice to the next.

    Args:
        title: Makes the schema unique, because the app caches results by schema.
    """
    return {"title": title, "type": "object", "$ref": "#/$defs/d0", "$defs": {**TWICE, "d40": {}}}


ANSWER = {"city": "Oslo"}
PLAIN = {"type": "object", "properties": {"city": {"type": "string"}}}
END_SECONDS = 5.0
"""Longest time for the app to end; it ends open requests first."""


def script(request: ReceivedRequest, connection: ClientConnection) -> None:
    """Answer with an object."""
    if request.path == "/v1/models":
        connection.send(whole({"data": [{"id": "objects"}]}))
        return
    content = event({"role": "assistant", "content": json.dumps(ANSWER)})
    connection.send(STREAM, *chunked([content, event({}, "stop"), GOOD[-1]]))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The app with a connection to a server that answers with objects."""
    with Loopback(script) as server:
        file = tmp_path_factory.mktemp("objects") / "connections.toml"
        file.write_text(tomli_w.dumps({"connections": [{"name": "Objects", "base_url": f"{server.address}/v1"}]}), "utf-8")
        with Served(CONNECTIONS_FILE=str(file), CONNECTIONS_ALLOW="127.0.0.1") as app:
            yield app


def opened(page: Page, app: Served, schema: dict[str, Any]) -> Page:
    """Open the page with a schema in its form."""
    open_on(page, app, "llm_structured_output", "Objects", model="objects")
    field = page.get_by_label("JSON schema", exact=True)
    field.fill(json.dumps(schema))
    field.press("Tab")
    settled(page)
    expect(run_button(page)).to_be_enabled()
    return page


def checking(app: Served) -> dict[int, int]:
    """Return the app's schema-checking processes, with the processor time used by each, in ticks."""
    result = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            fields = (path / "stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) == app.pid and b"schema_child" in (path / "cmdline").read_bytes():
                result[int(path.name)] = int(fields[11])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return result


def busy_check(app: Served, before: dict[int, int]) -> int:
    """Wait until a check is running; return its process id."""
    until = monotonic() + BOUND
    while monotonic() < until:
        for process, ticks in checking(app).items():
            if ticks >= before.get(process, 0) + 10:
                return process
        sleep(0.01)  # /proc has no events
    raise AssertionError("no check began")


def test_others_are_served_while_a_check_is_under_way(served: Served, visitors: Callable[[], Visitor]) -> None:
    """The check's process is paused, so it cannot have ended before the others have, however long they take."""
    one, other = opened(visitors().tab(), served, hostile("others")), opened(visitors().tab(), served, PLAIN)
    before = checking(served)
    run_button(one).click()
    process = busy_check(served, before)
    os.kill(process, signal.SIGSTOP)
    try:
        assert httpx.get(f"{served.url}/_stcore/health", trust_env=False).text == "ok"
        run(other)
        expect(result(other)).to_contain_text("Matches the schema")
        assert one.locator(".st-key-state-running").count() == 1
        assert process in checking(served)
    finally:
        os.kill(process, signal.SIGCONT)
    state(one, "done")
    expect(result(one)).to_contain_text("Not checked against the schema")
    expect(result(one)).to_contain_text("took longer than")
    assert ended(process, BOUND)


def test_stop_ends_a_check(served: Served, page: Page) -> None:
    opened(page, served, hostile("stop"))
    before = checking(served)
    run_button(page).click()
    process = busy_check(served, before)
    os.kill(process, signal.SIGSTOP)  # it cannot end on its own
    stop_button(page).click()
    state(page, "stopped")
    assert ended(process, BOUND)


# Last in this module, because it ends the app.
def test_sigterm_ends_the_app_and_a_check_that_is_under_way(served: Served, browser: Browser) -> None:
    context = browser.new_context()  # no `Visitor`, because this page may report that its server is gone
    page = opened(context.new_page(), served, hostile("sigterm"))
    before = checking(served)
    run_button(page).click()
    process = busy_check(served, before)
    os.kill(process, signal.SIGSTOP)
    served.terminate(END_SECONDS)
    assert ended(process, BOUND)
    context.close()
