"""Tests for every encoding in which a server may echo a key."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from boomerang.invoker.http.redaction.masking import MASK, Hiding, SecretMask

KEY = "sk-Abc/def+ghi=0123456789<'>xyz?~"
BEARER = f"Bearer {KEY}".encode()
SPELLED = {
    "itself": KEY,
    "JSON": json.dumps(KEY)[1:-1],
    "PHP": KEY.replace("/", "\\/"),
    "Go": KEY.replace("<", "\\u003c").replace(">", "\\u003e"),
    "Gson": KEY.replace("<", "\\u003c").replace(">", "\\u003e").replace("=", "\\u003d").replace("'", "\\u0027"),
    ".NET": KEY.replace("<", "\\u003C").replace(">", "\\u003E").replace("+", "\\u002B").replace("'", "\\u0027"),
    "an address": quote(KEY, safe=""),
    "base64": base64.b64encode(KEY.encode()).decode(),
    "base64 without its end": base64.b64encode(KEY.encode()).decode().rstrip("="),
    "base64 for addresses": base64.urlsafe_b64encode(KEY.encode()).decode(),
    "base64 of the header": base64.b64encode(BEARER).decode(),
    "base64 of the header for addresses": base64.urlsafe_b64encode(BEARER).decode(),
}


@pytest.mark.parametrize("spelled", SPELLED)
def test_a_key_is_taken_out_of_what_is_reported_however_it_is_spelled(spelled: str) -> None:
    assert SecretMask([KEY])(f"bad key {SPELLED[spelled]}, sorry").replace("=", "") == f"bad key {MASK}, sorry"


@pytest.mark.parametrize("spelled", [name for name in SPELLED if "base64" not in name])
@pytest.mark.parametrize("key", [KEY, "<" + KEY], ids=["a key", "a key without a common beginning"])
def test_a_key_is_taken_out_of_an_answer_however_it_is_spelled(spelled: str, key: str) -> None:
    content = SPELLED[spelled] if key == KEY else key
    assert Hiding([key[:14], key])(f"It is {content}.".encode()).decode() == f"It is {MASK}."


def test_an_answer_without_a_key_is_the_same_bytes() -> None:
    for content in (b"It is fine.", f"It begins {KEY[:9]}.".encode()):
        assert Hiding([KEY])(content) is content
