"""Identities: only those issued by the server are accepted, they are renewed while used, and each browser ends up with one."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from boomerang.playground.server import identity as layer
from boomerang.playground.server.identity import (
    COOKIE,
    COOKIE_SECONDS,
    KEY_FILE,
    RENEW_SECONDS,
    Identities,
    Identity,
    of_folder,
)
from boomerang.playground.server.session_owners import IDENTITY_HEADER, MediaOwners

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
NOW = 1_800_000_000.0
SAVED = "v9Bq2mYw0cLr7XJtZ-a_5w"
"""An identity of the previous, unsigned scheme that owns saved connections."""


def identities(key: bytes = KEY, now: float = NOW, owners: Iterable[str] = (SAVED,)) -> Identities:
    """Return a server's identities."""
    return Identities(key, set(owners).__contains__, clock=lambda: now)


def cookie(*pairs: str) -> list[tuple[bytes, bytes]]:
    """Return the headers of a browser with these cookies."""
    return [(b"cookie", "; ".join(pairs).encode("latin-1"))] if pairs else []


def test_a_browser_without_a_cookie_gets_an_identity_that_is_recognised_from_then_on() -> None:
    new = identities().recognise([])
    assert new.cookie == COOKIE and len(new.identity) > 22
    assert identities().recognise([]).identity != new.identity
    known = identities().recognise(cookie("theme=dark", f"{COOKIE}={identities().issued(new.identity)}"))
    assert known.identity == new.identity and known.cookie is None


FORGED = [
    "chosen", "v9Bq2mYw0cLr7XJtZ-a_5x", "", "~", "..", "a.b.c", "~a.1.b", '"', "\u00ff\u00fe", "a" * 5000,
    identities(OTHER_KEY).issued("chosen"), identities().issued("chosen")[:-1], identities().issued("chosen") + "A",
]  # fmt: skip


@pytest.mark.parametrize("value", FORGED)
def test_what_the_server_did_not_issue_is_no_identity(value: str) -> None:
    result = identities().recognise(cookie(f"{COOKIE}={value}"))
    assert result.identity.startswith("~") and result.identity not in ("~", value) and result.cookie is not None


@given(st.data())
def test_no_changed_letter_of_a_cookie_is_accepted(data: st.DataObject) -> None:
    value = identities().issued("~theirs")
    at = data.draw(st.integers(0, len(value) - 1))
    letter = data.draw(st.characters(codec="ascii", exclude_characters=value[at]))
    changed = f"{value[:at]}{letter}{value[at + 1 :]}"
    assert identities().recognise(cookie(f"{COOKIE}={changed}")).identity not in ("~theirs", changed.split(".")[0])


@given(st.binary(max_size=600))
def test_any_cookie_header_is_read(header: bytes) -> None:
    result = identities().recognise([(b"cookie", header), (b"cookie", f"{COOKIE}=".encode() + header)])
    assert result.identity.isascii() and result.identity.isprintable()


def test_an_identity_is_renewed_while_it_is_used_and_never_ends_by_the_servers_clock() -> None:
    value = identities().issued("~a")
    assert COOKIE_SECONDS == 400 * 24 * 3600
    for passed, renewed in ((0, False), (RENEW_SECONDS - 2, False), (RENEW_SECONDS, True), (10 * 365 * 24 * 3600, True)):
        result = identities(now=NOW + passed).recognise(cookie(f"{COOKIE}={value}"))
        assert result.identity == "~a" and (result.cookie == COOKIE) is renewed
    back = identities(now=NOW - 400 * 24 * 3600).recognise(cookie(f"{COOKIE}={value}"))
    assert back.identity == "~a" and back.cookie == COOKIE


def test_a_cookie_from_before_that_owns_something_is_issued_again_for_the_same_identity() -> None:
    result = identities().recognise(cookie(f"{COOKIE}={SAVED}"))
    assert result.identity == SAVED and result.cookie == COOKIE
    again = identities(owners=()).recognise(cookie(f"{COOKIE}={identities().issued(SAVED)}"))
    assert again.identity == SAVED and again.cookie is None


def test_an_identity_of_this_scheme_is_never_taken_without_its_signature() -> None:
    identity = identities().recognise([]).identity
    assert identities(owners=[identity]).recognise(cookie(f"{COOKIE}={identity}")).identity != identity
    foreign = identities(OTHER_KEY).issued(identity)
    assert identities(owners=[identity]).recognise(cookie(f"{COOKIE}={foreign}")).identity != identity


def test_two_servers_on_one_host_leave_each_other_their_cookies() -> None:
    """Cookies ignore ports: `localhost:8501` and `localhost:8600` share them."""
    one, other = identities(KEY), identities(OTHER_KEY)
    jar = {COOKIE: SAVED}
    first = visit(one, jar)
    second = visit(other, jar)
    assert first == second == SAVED, "what was saved on both before cookies were signed is the browser's on both"
    jar[COOKIE], mine = one.issued("~one"), "~one"
    jar = {COOKIE: jar[COOKIE]}
    theirs = visit(other, jar)
    for _ in range(3):
        assert visit(one, jar) == mine and visit(other, jar) == theirs != mine
    assert len(jar) == 2


def test_a_server_without_a_data_folder_leaves_one_cookie_however_often_it_starts() -> None:
    jar = {COOKIE: identities().issued("~kept")}
    for key in (b"1" * 32, b"2" * 32, b"3" * 32):
        passing = Identities(key, lambda identity: False, f"{COOKIE}-unsaved")
        assert visit(passing, jar) == visit(passing, jar)
    assert visit(identities(), jar) == "~kept" and len(jar) == 2


def test_of_several_cookies_of_one_name_the_one_that_was_issued_counts() -> None:
    """A browser sends a cookie for `/` and one for the base path together."""
    own = f"{COOKIE}={identities().issued('~a')}"
    for pairs in ((own, f"{COOKIE}={SAVED}"), (f"{COOKIE}={SAVED}", own), (f"{COOKIE}=x", own)):
        assert identities().recognise(cookie(*pairs)).identity == "~a"
    assert identities().recognise([*cookie(f"{COOKIE}=x"), *cookie(own)]).identity == "~a"


def test_first_requests_that_come_together_end_with_one_identity() -> None:
    """The browser keeps the last cookie that arrives, and the server issued each of them."""
    server = identities()
    answers = [server.recognise([]) for _ in range(3)]
    jar: dict[str, str] = {}
    for answer in answers:
        assert answer.cookie is not None
        jar[answer.cookie] = server.issued(answer.identity)
    assert len(jar) == 1
    assert {visit(server, dict(jar)) for _ in range(3)} == {answers[-1].identity}
    old = identities(now=NOW - 2 * RENEW_SECONDS).issued("~a")
    assert {server.recognise(cookie(f"{COOKIE}={old}")).identity for _ in range(3)} == {"~a"}


def visit(server: Identities, jar: dict[str, str]) -> str:
    """Open a page with a browser's cookies, and store the issued one; return the identity."""
    result = server.recognise(cookie(*(f"{name}={value}" for name, value in jar.items())))
    if result.cookie is not None:
        jar[result.cookie] = server.issued(result.identity)
    return result.identity


def test_the_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    first = of_folder(folder, lambda identity: False)
    mode = stat.S_IMODE((folder / KEY_FILE).stat().st_mode)
    assert mode == 0o600 and stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == [KEY_FILE]
    second = of_folder(folder, lambda identity: False)
    assert second.recognise(cookie(f"{COOKIE}={first.issued('~a')}")).identity == "~a"


ISSUING = """
import sys
from pathlib import Path
from boomerang.playground.server.identity import of_folder
print("ready", flush=True)
sys.stdin.readline()
print(of_folder(Path(sys.argv[1]), lambda identity: False).issued("~a"), flush=True)
"""


def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ISSUING, str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": str(Path(layer.__file__).parents[3])}
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": environment}
    with ExitStack() as ending:
        processes = [ending.enter_context(subprocess.Popen(command, **pipes)) for _ in range(4)]
        for process in processes:
            ending.callback(process.kill)
        assert [process.stdout.readline() for process in processes] == ["ready\n"] * 4
        for process in processes:
            process.stdin.write("\n")
            process.stdin.flush()
        values = [process.stdout.readline().strip() for process in processes]
    server = of_folder(tmp_path, lambda identity: False)
    assert {server.recognise(cookie(f"{COOKIE}={value}")).identity for value in values} == {"~a"}


@pytest.mark.parametrize("position", ["no folder", "open to others", "cut", "no hex"])
def test_without_a_usable_key_browsers_are_recognised_until_the_process_ends(
    tmp_path: Path, position: str, caplog: pytest.LogCaptureFixture
) -> None:
    key = tmp_path / KEY_FILE
    folder = tmp_path
    of_folder(tmp_path, lambda identity: False)
    if position == "no folder":
        folder = key / "below-a-file"
    elif position == "open to others":
        key.chmod(0o640)
    else:
        key.write_text("abcd" if position == "cut" else "nothing like a key")
    server = of_folder(folder, lambda identity: False)
    assert "Browsers are recognised only until the app ends" in caplog.text
    jar: dict[str, str] = {}
    assert visit(server, jar) == visit(server, jar)
    assert visit(of_folder(folder, lambda identity: False), dict(jar)) != visit(server, dict(jar))


class Behind:
    """An app behind the middleware; responds with HTML, or accepts a websocket."""

    def __init__(self, media_type: bytes = b"text/html; charset=utf-8") -> None:
        self.scope: Scope = {}
        self._media_type = media_type

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept", "subprotocol": "streamlit"})
        else:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", self._media_type)]})
            await send({"type": "http.response.body", "body": b"whole"})

    @property
    def identity(self) -> list[str]:
        """The identity header that the app received."""
        return [value.decode() for name, value in self.scope["headers"] if name == IDENTITY_HEADER]


def ask(
    behind: Behind, headers: Iterable[tuple[bytes, bytes]] = (), *, base_path: str = "", **scope: object
) -> tuple[int, list[str], bytes]:
    """Send a request through the middleware; return its status, the cookies set and its body."""
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("nothing is read here")

    async def send(message: Message) -> None:
        sent.append(message)

    request = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "scheme": "http",
        "headers": list(headers),
        "extensions": {},
    } | scope
    asyncio.run(Identity(behind, identities, base_path)(request, receive, send))
    issued = [value.decode() for name, value in sent[0].get("headers", []) if name == b"set-cookie"]
    return sent[0].get("status", 0), issued, b"".join(message.get("body", b"") for message in sent)


def test_a_page_issues_a_cookie_once() -> None:
    behind = Behind()
    _, [issued], body = ask(behind)
    assert body == b"whole"
    [(name, morsel)] = SimpleCookie(issued).items()
    assert name == COOKIE and morsel["httponly"] and morsel["samesite"] == "Lax" and morsel["path"] == "/"
    assert morsel["max-age"] == str(COOKIE_SECONDS) and not morsel["secure"] and not morsel["domain"]
    assert ask(behind, cookie(f"{COOKIE}={morsel.value}"))[1] == []
    assert identities().recognise(cookie(f"{COOKIE}={morsel.value}")).identity == behind.identity[0]


PROXIED = [(b"x-forwarded-proto", b"https, http")]


@pytest.mark.parametrize(
    ("scope", "headers"),
    [({"scheme": "https"}, []), ({"scheme": "http"}, PROXIED), ({"type": "websocket", "scheme": "wss"}, [])],
)
def test_over_https_the_cookie_goes_over_https_only(scope: dict[str, object], headers: list[tuple[bytes, bytes]]) -> None:
    assert ask(Behind(), headers, **scope)[1][0].endswith("; Secure")


def test_under_a_base_path_the_cookie_is_for_that_path() -> None:
    assert "; Path=/base;" in ask(Behind(), base_path="/base", path="/base/")[1][0]


def test_what_is_no_page_issues_nothing() -> None:
    assert ask(Behind(b"text/plain"))[1] == ask(Behind(), method="POST")[1] == []


def test_a_websocket_issues_a_cookie_where_the_page_brought_none() -> None:
    behind = Behind()
    [issued] = ask(behind, type="websocket", scheme="ws")[1]
    assert identities().recognise(cookie(issued.partition(";")[0])).identity == behind.identity[0]
    assert ask(behind, cookie(issued.partition(";")[0]), type="websocket", scheme="ws")[1] == []


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("name", [IDENTITY_HEADER, IDENTITY_HEADER.title()])
def test_a_client_cannot_name_its_identity(kind: str, name: bytes) -> None:
    behind = Behind()
    ask(behind, [(name, b"chosen"), (name, b"again")], type=kind)
    [identity] = behind.identity
    assert identity.startswith("~") and not {b"chosen", b"again"} & {value for _, value in behind.scope["headers"]}


def test_what_is_neither_http_nor_a_websocket_passes_untouched() -> None:
    seen: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend((scope, receive, send))

    scope: Scope = {"type": "lifespan"}
    asyncio.run(Identity(app, identities)(scope, len, print))  # type: ignore[arg-type]
    assert seen[0] is scope and seen[1] is len and seen[2] is print


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Session id → the identity that the session began with."""
    live = {"anna-session": "~anna", "old-session": ""}
    monkeypatch.setattr(layer, "identity_of_session", live.get)
    return live


ANNA, BORIS = (cookie(f"{COOKIE}={identities().issued(name)}") for name in ("~anna", "~boris"))


@pytest.mark.parametrize(
    ("headers", "session", "resumed"),
    [
        (ANNA, b"anna-session", True),
        (BORIS, b"anna-session", False),
        ([], b"anna-session", False),
        (cookie(f"{COOKIE}=~anna"), b"anna-session", False),
        (ANNA, b"old-session", False),
        ([], b"old-session", False),
        (ANNA, b"ended-session", False),
    ],
)
def test_a_session_is_resumed_by_its_own_browser_only(
    sessions: dict[str, str], headers: list[tuple[bytes, bytes]], session: bytes, resumed: bool
) -> None:
    behind = Behind()
    offered = (b"Sec-WebSocket-Protocol", b"streamlit, token, " + session)
    ask(behind, [*headers, offered, offered], type="websocket")
    passed_on = [value for name, value in behind.scope["headers"] if name == b"Sec-WebSocket-Protocol"]
    assert passed_on == [b"streamlit, token, " + session if resumed else b"streamlit, token"] * 2


@pytest.mark.parametrize("base_path", ["", "/base"])
@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize(
    ("headers", "session", "status"),
    [
        (ANNA, "anna-session", 200),
        (BORIS, "anna-session", 403),
        ([], "anna-session", 403),
        (ANNA, "old-session", 403),
        (ANNA, "ended-session", 200),  # Streamlit refuses unknown sessions
    ],
)
def test_an_upload_is_taken_from_the_sessions_own_browser_only(
    sessions: dict[str, str], headers: list[tuple[bytes, bytes]], session: str, status: int, method: str, base_path: str
) -> None:
    behind = Behind()
    path = f"{base_path}/_stcore/upload_file/{session}/file"
    result, _, body = ask(behind, headers, base_path=base_path, path=path, method=method)
    assert result == status and (status == 200 or (b"reload the page" in body and not behind.scope))


class Storage:
    """The watched part of Streamlit's media storage."""

    def __init__(self) -> None:
        self.deleted: list[str] = []

    def load_and_get_id(self, data: bytes, mimetype: str) -> str:
        """Return an id made from the content."""
        return f"{data.decode()}-{mimetype}"

    def delete_file(self, file_id: str) -> None:
        """Delete a file."""
        self.deleted.append(file_id)


def test_a_media_file_is_found_by_the_browsers_for_which_it_was_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    owners, storage = MediaOwners(), Storage()
    owners.watch(storage)  # type: ignore[arg-type]
    drawing: list[str | None] = ["~anna"]
    monkeypatch.setattr("boomerang.playground.server.session_owners.identity_of_script", lambda: drawing[0])
    monkeypatch.setattr(layer, "MEDIA", owners)

    def status(headers: list[tuple[bytes, bytes]], file: str) -> int:
        return ask(Behind(b"audio/mpeg"), headers, path=f"/media/{file}.mp3")[0]

    file = storage.load_and_get_id(b"speech", mimetype="mp3")
    assert (status(ANNA, file), status(BORIS, file), status([], file)) == (200, 404, 404)
    drawing[0] = "~boris"
    assert storage.load_and_get_id(b"speech", mimetype="mp3") == file
    assert (status(ANNA, file), status(BORIS, file), status([], file)) == (200, 200, 404)
    storage.delete_file(file)
    drawing[0] = None
    assert storage.deleted == [file] and storage.load_and_get_id(b"speech", mimetype="mp3") == file
    assert status(BORIS, file) == 200, "drawn for no one in particular"


def test_the_folder_of_the_key_may_be_there_already_and_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("the key of saved connections")
    of_folder(tmp_path, lambda identity: False)
    assert sorted(os.listdir(tmp_path)) == [KEY_FILE, "key"]
