"""The real app in its own process, as seen by another site, another visitor, or someone with a stolen URL."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from boomerang.kinds import KINDS
from boomerang.playground.server.identity import COOKIE, Identities, of_folder
from boomerang.workbench.connections.saved_connections import Store
from tests.browser.serving import Served
from tests.connection_settings import settings_of
from tests.scripted import BOUND

OBSERVE = """
import os, sys

def observe(event, values):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.connect", "socket.sendto"):
        with open(os.environ["OBSERVED"], "a") as file:
            print(event, values, file=file)

sys.addaudithook(observe)
"""
"""Run by Python at startup: records each DNS lookup and each connection, by any library."""
SAVED = "v9Bq2mYw0cLr7XJtZ-a_5w"


@pytest.fixture(scope="module", params=["localhost", "0.0.0.0"])
def observed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Path]]:
    """The app as on a developer's machine and as in the container, with the log file of its network use."""
    folder = tmp_path_factory.mktemp("observed")
    (folder / "sitecustomize.py").write_text(OBSERVE)
    events = folder / "noted"
    events.touch()
    settings = {"STREAMLIT_SERVER_ADDRESS": request.param, "PYTHONPATH": str(folder), "OBSERVED": str(events)}
    with Served(**settings) as app:
        yield app, events


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder where a browser saved a connection before cookies were signed."""
    folder = tmp_path_factory.mktemp("data")
    settings = settings_of({"name": "kept-by-anna", "base_url": "http://127.0.0.1:9/v1"})
    Store(folder, {}, KINDS).save(settings, SAVED)
    return folder


@pytest.fixture(scope="module")
def app(data: Path) -> Iterator[Served]:
    """The app with that data folder."""
    with Served(BOOMERANG_DATA=str(data)) as served:
        yield served


@pytest.fixture(scope="module")
def issuing(data: Path, app: Served) -> Identities:
    """The identities of another process on the same data folder."""
    return of_folder(data, lambda identity: False)


@contextmanager
def opened(app: Served, page: str | None = None, *, cookie: str = "", session: str = "") -> Iterator[ClientConnection]:
    """Open a websocket as a page of an origin does."""
    offered = ["streamlit", *(["token", session] if session else [])]
    with connect(
        f"{app.url.replace('http', 'ws')}/_stcore/stream",
        origin=Origin(page or app.url),
        subprotocols=[Subprotocol(entry) for entry in offered],
        additional_headers={"Cookie": cookie} if cookie else {},
        max_size=None,
        proxy=None,
    ) as socket:
        yield socket


def ask(socket: ClientConnection, page: str = "") -> None:
    """Request a page."""
    request = BackMsg()
    request.rerun_script.page_name = page
    request.rerun_script.widget_states.SetInParent()
    socket.send(request.SerializeToString())


def messages(socket: ClientConnection) -> Iterator[ForwardMsg]:
    """Yield the server's messages until the requested run has ended; the end of an earlier run may come first."""
    begun = False
    while True:
        message = ForwardMsg()
        message.ParseFromString(socket.recv(BOUND, decode=False))
        yield message
        if message.HasField("new_session"):
            begun = True
        ended = message.HasField("session_status_changed") and not message.session_status_changed.script_is_running
        if ended and begun:
            return


def session_of(socket: ClientConnection) -> str:
    """Return a websocket's session."""
    ask(socket)
    return next(sent.new_session.initialize.session_id for sent in messages(socket) if sent.HasField("new_session"))


def get(app: Served, path: str = "/", method: str = "GET", **headers: str) -> httpx.Response:
    """Send a request without a browser's headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.request(method, f"{app.url}{path}", headers=named, trust_env=False)


def test_a_foreign_websocket_is_refused_and_nothing_is_asked_of_the_network(observed: tuple[Served, Path]) -> None:
    app, events = observed
    port = urlsplit(app.url).port
    for page in ("http://evil.example", "https://evil.example", "http://localhost:1", "null", f"http://evil.example:{port}"):
        with pytest.raises(InvalidStatus) as refused, opened(app, page):
            pass
        assert refused.value.response.status_code == 403
        assert b"BOOMERANG_HOSTS" in (refused.value.response.body or b"")
        assert get(app, Origin=page).status_code == 403
    for page in (app.url, app.url.replace("localhost", "LocalHost"), app.url.replace("localhost", "localhost.")):
        with opened(app, page) as socket:
            assert session_of(socket)
    assert "External URL" not in app.output and "Network URL" not in app.output
    assert events.read_text() == ""
    assert "Traceback" not in app.output and "without completing handshake" not in app.output


def test_what_a_process_asks_of_the_network_is_noted(observed: tuple[Served, Path]) -> None:
    """Otherwise the test above would pass whatever the app does."""
    _, events = observed
    environment = {**os.environ, "PYTHONPATH": str(events.parent), "OBSERVED": str(events.parent / "proof")}
    program = "import socket; socket.getaddrinfo('localhost', 1)"
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=60)
    assert "socket.getaddrinfo" in (events.parent / "proof").read_text()


@pytest.mark.parametrize("path", ["/", "/llm", "/live/a.mp3", "/media/a.mp3", "/_stcore/host-config", "/_stcore/metrics"])
def test_a_rebound_name_reads_nothing_on_a_developers_machine(app: Served, path: str) -> None:
    answer = get(app, path, Host="rebound.example:8501")
    assert answer.status_code == 403 and "add rebound.example to the environment variable BOOMERANG_HOSTS" in answer.text
    assert "set-cookie" not in answer.headers and answer.headers["content-security-policy"]
    assert get(app, "/_stcore/health", Host="rebound.example:8501").text == "ok"
    assert get(app, path, Host="127.0.0.1:1").status_code != 403


def test_a_session_id_opens_nothing_without_the_cookie_that_the_session_began_with(app: Served, issuing: Identities) -> None:
    anna, boris = (f"{COOKIE}={issuing.issued(name)}" for name in ("~anna", "~boris"))
    with opened(app, cookie=anna) as socket:
        session = session_of(socket)
        for cookie in (boris, f"{COOKIE}=~anna", ""):  # while it is connected
            with opened(app, cookie=cookie, session=session) as other:
                assert session_of(other) != session
            for method in ("PUT", "DELETE"):
                answer = get(app, f"/_stcore/upload_file/{session}/file", method, Cookie=cookie)
                assert answer.status_code == 403 and "reload the page" in answer.text
        ask(socket)
        assert next(messages(socket)), "its own browser is still connected"
    for cookie in (boris, f"{COOKIE}=~anna", ""):  # and while it is kept for its browser to reconnect
        with opened(app, cookie=cookie, session=session) as other:
            assert session_of(other) != session
    with opened(app, cookie=anna, session=session) as socket:
        assert session_of(socket) == session


def test_a_session_without_a_cookie_is_resumed_by_the_one_that_it_was_given(app: Served) -> None:
    with opened(app) as socket:
        session = session_of(socket)
        assert socket.response is not None
        cookie = socket.response.headers["set-cookie"].partition(";")[0]
    with opened(app, session=session) as socket:
        assert session_of(socket) != session
    with opened(app, cookie=cookie, session=session) as socket:
        assert session_of(socket) == session


def test_the_own_browser_uploads_and_another_does_not_notice_it(app: Served, issuing: Identities) -> None:
    anna, boris = (f"{COOKIE}={issuing.issued(name)}" for name in ("~anna", "~boris"))
    token = get(app, "/_stcore/health").cookies["_streamlit_xsrf"]
    with opened(app, cookie=anna) as socket:
        session = session_of(socket)
        url = f"{app.url}/_stcore/upload_file/{session}/file"
        for cookie, status in ((boris, 403), (anna, 204)):
            headers = {"Cookie": f"{cookie}; _streamlit_xsrf={token}", "X-Xsrftoken": token, "Origin": app.url}
            answer = httpx.put(url, files={"file": b"speech"}, headers=headers, trust_env=False)
            assert answer.status_code == status
        ask(socket, "speech2text")
        drawn = " ".join(str(message) for message in messages(socket))
        file = re.search(r"/media/[0-9a-f]+\.\w+", drawn)
        assert file is not None, "the page draws the bundled clip"
        statuses = [get(app, file[0], Cookie=cookie).status_code for cookie in (anna, boris, "")]
        assert statuses == [200, 404, 404]


def test_a_cookie_from_before_that_owns_a_connection_is_issued_again(app: Served, issuing: Identities) -> None:
    answer = get(app, Cookie=f"{COOKIE}={SAVED}")
    value = answer.cookies[COOKIE]
    assert issuing.recognise([(b"cookie", f"{COOKIE}={value}".encode())]).identity == SAVED
    assert COOKIE not in get(app, Cookie=f"{COOKIE}={value}").cookies
    for forged in ("chosen", SAVED[:-1] + "A", f"~{SAVED}"):
        settings = get(app, Cookie=f"{COOKIE}={forged}").cookies[COOKIE]
        assert not settings.startswith(forged)


def test_the_page_shows_saved_connections_to_the_browser_that_owns_them(app: Served, issuing: Identities) -> None:
    for identity, shown in ((issuing.issued(SAVED), True), (SAVED, True), (issuing.issued("~other"), False), ("chosen", False)):
        with opened(app, cookie=f"{COOKIE}={identity}") as socket:
            ask(socket)
            received = list(messages(socket))  # all of them: closing waits for a peer that still sends
            assert any("kept-by-anna" in str(message) for message in received) is shown
