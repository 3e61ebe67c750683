"""A key is nowhere but on the wire: in no error, no record and no answer, however a server says it back."""

from __future__ import annotations

import json

import pytest

from invoker import InvokeAuthorizationError, InvokeBadRequestError, InvokeError
from invoker.wire.masking import MASK
from tests.loopback import Asked, Script, Wire, whole

from .desk import GOOD, KEY, opened, streaming
from .test_failures import CALLS, closing


def test_the_key_is_nowhere_but_on_the_wire() -> None:
    def script(asked: Asked, wire: Wire) -> None:
        wire.send(whole({"error": {"message": f"bad key {KEY}"}, "saw": asked.headers["authorization"]}, 400))

    with opened(script, headers={"X-Extra-Token": "also-secret-1"}) as desk:
        with pytest.raises(InvokeBadRequestError, match="bad key •••"):
            desk.ask()
        dumped = json.dumps(desk.record.dump(), ensure_ascii=False)
        assert KEY not in dumped and "also-secret-1" not in dumped
        assert desk.server.asked[0].headers["x-extra-token"] == "also-secret-1"


@pytest.mark.parametrize(
    "script",
    [
        streaming([*GOOD[:2], b"data: " + json.dumps({"error": {"message": f"bad key {KEY}"}}).encode() + b"\n\n"]),
        streaming([*GOOD[:2], f"data: bad key {KEY}\n\n".encode()]),
        closing(whole(f"<html><title>bad key {KEY}</title></html>".encode(), media_type="text/html")),
    ],
    ids=["an error in the stream", "a broken line", "a page"],
)
def test_a_key_that_a_server_says_back_stays_hidden(script: Script) -> None:
    with opened(script) as desk, pytest.raises(InvokeError, match="bad key •••") as raised:
        desk.ask()
    assert KEY not in json.dumps(desk.record.dump()) and KEY not in f"{raised.value} {raised.value.body} {raised.value.args}"


def test_a_key_that_was_typed_with_its_scheme_is_hidden_without_it_too() -> None:
    answer, refused = whole({"error": f"bad key {KEY}"}, 401), pytest.raises(InvokeAuthorizationError, match="bad key •••")
    with opened(lambda _asked, wire: wire.send(answer), api_key=f"Bearer {KEY}") as desk, refused:
        desk.ask()
    assert KEY not in json.dumps(desk.record.dump())


@pytest.mark.parametrize("charset", ["utf-16", "utf-32", "cp037"])
def test_a_key_in_an_answer_of_another_charset_stays_hidden(charset: str) -> None:
    answer = json.dumps({"text": f"It is {KEY}."}).encode(charset)
    with opened(lambda _asked, wire: wire.send(whole(answer, media_type=f"application/json; charset={charset}"))) as desk:
        assert CALLS["hearing"](desk) == "It is •••."
    assert KEY not in json.dumps(desk.record.dump())


def test_how_much_of_a_limit_is_left_is_no_secret() -> None:
    def limited(_asked: Asked, wire: Wire) -> None:
        wire.send(whole({"error": "slow"}, 400, x_ratelimit_remaining_tokens="149984", x_session_token="s3cret-s3cret"))

    with opened(limited) as desk:
        with pytest.raises(InvokeError):
            desk.ask()
        [response] = desk.noted("response")
    assert response["headers"]["x-ratelimit-remaining-tokens"] == "149984"
    assert response["headers"]["x-session-token"] == MASK
