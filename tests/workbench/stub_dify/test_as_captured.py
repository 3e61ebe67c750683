"""The stub against the captures: the same requests get the same answers, up to values that differ by nature."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import httpx
import pytest

from boomerang.workbench.stub_dify.checks import Workspace
from boomerang.workbench.stub_dify.faults import Faults
from boomerang.workbench.stub_dify.profiles import PROFILES
from boomerang.workbench.stub_dify.server import StubDify
from tests.invoker.backends.dify.captures import KEY, TENANT, Capture, captures, label

from .scripted_model import scripted_model

PROFILE_OF = {"1.16.0-rc1": "1.16", "1.4.1": "1.4"}
BY_NATURE = (
    (rb"req_id: [0-9a-f]{10}", b"req_id: ID"),
    (rb'traceback\\": .*?\}, \\"error_type', b"traceback, error_type"),
    (rb"input_value=.*?, input_type", b"input_value=VALUE, input_type"),
    (rb"https?://[^\"]*/files/upload[^\"]*", b"ADDRESS"),
)
"""Ids, times, addresses; and how pydantic shortens a quoted input."""


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def stubs() -> Iterator[dict[str, StubDify]]:
    faults = Faults(speech_defect=True, class_names=True)
    workspace = Workspace(KEY, TENANT)
    opened = {version: StubDify(scripted_model(), workspace, PROFILES[name], faults) for version, name in PROFILE_OF.items()}
    for stub in opened.values():
        stub.__enter__()
    yield opened
    for stub in opened.values():
        stub.close()


def neutral(body: bytes) -> bytes:
    """Return a body without what differs by nature: of frames, the headers too, whose lengths follow from it."""
    if body[:1] == b"\x0f":
        envelopes, at = [], 0
        while at < len(body):
            assert body[at : at + 4] == b"\x0f\x00\x0a\x00" and body[at + 8 : at + 14] == bytes(6)
            size = int.from_bytes(body[at + 4 : at + 8], "little")
            envelopes.append(body[at + 14 : at + 14 + size])
            at += 14 + size
        body = b"\n\n".join(envelopes)
    for pattern, text in BY_NATURE:
        body = re.sub(pattern, text, body, flags=re.DOTALL)
    return body


def key_of(item: Capture) -> dict[str, str]:
    return {"bad_key": {"X-Inner-Api-Key": "wrong"}, "no_key": {}}.get(item.name, {"X-Inner-Api-Key": KEY})


@pytest.mark.parametrize("item", captures(), ids=label)
def test_the_stub_answers_as_the_real_server(item: Capture, stubs: dict[str, StubDify], client: httpx.Client) -> None:
    headers = {"Content-Type": "application/json", **key_of(item)}
    url = f"{stubs[item.version].base_url}/inner/api{item.path}"
    answer = client.post(url, content=item.request_text.encode(), headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (item.status, item.content_type)
    assert answer.headers["x-version"] == item.version
    ours, theirs = neutral(answer.content), neutral(item.body)
    if item.name in ("bad_key", "no_key") and item.version != "1.4.1":
        ours, theirs = (re.sub(rb"did you mean .* \?", b"", body) for body in (ours, theirs))  # its list of routes is longer
    assert ours == theirs


def test_health_has_the_version(stubs: dict[str, StubDify], client: httpx.Client) -> None:
    for version, stub in stubs.items():
        answer = client.get(f"{stub.base_url}/health")
        assert answer.json()["version"] == answer.headers["x-version"] == version
        assert json.loads(answer.content)["status"] == "ok"
