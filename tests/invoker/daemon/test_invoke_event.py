"""The event of a plugin's call, and the body that the daemon sends for it, against the golden files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from boomerang.invoker.backends.dify.requests import PATHS
from boomerang.invoker.daemon.invoke_event import BODY_LIMIT, LINE_LIMIT, event_size, inner_api_body, invoke_event, size_fault
from boomerang.invoker.invocations.request_types import REQUEST_TYPES
from boomerang.invoker.request import InvokeType, Request

GOLDEN = Path(__file__).parents[2] / "golden"
FILES = {
    InvokeType.LLM: "llm",
    InvokeType.LLM_STRUCTURED_OUTPUT: "structured_output",
    InvokeType.SYSTEM_SUMMARY: "summary",
    InvokeType.TEXT_EMBEDDING: "text_embedding",
    InvokeType.MULTIMODAL_EMBEDDING: "multimodal_embedding",
    InvokeType.RERANK: "rerank",
    InvokeType.MULTIMODAL_RERANK: "multimodal_rerank",
    InvokeType.TTS: "tts",
    InvokeType.SPEECH2TEXT: "speech2text",
    InvokeType.MODERATION: "moderation",
}


def captured(invoke_type: InvokeType) -> dict[str, Any]:
    """Return the event that the reference SDK wrote."""
    event: dict[str, Any] = json.loads((GOLDEN / f"{FILES[invoke_type]}_request_stdio.json").read_text("utf-8"))
    return event


def request(invoke_type: InvokeType) -> Request[Any]:
    return REQUEST_TYPES[invoke_type].model_validate(captured(invoke_type)["data"]["data"]["request"])


@pytest.mark.parametrize("invoke_type", InvokeType)
def test_the_event_is_what_the_sdk_writes(invoke_type: InvokeType) -> None:
    event = captured(invoke_type)
    ours = invoke_event(request(invoke_type), event["data"]["data"]["backwards_request_id"], event["session_id"])
    assert json.dumps(ours) == json.dumps(event)
    text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    assert event_size(request(invoke_type)) == len(text.encode())


@pytest.mark.parametrize("invoke_type", InvokeType)
def test_the_body_is_what_the_daemon_sends(invoke_type: InvokeType) -> None:
    lines = (GOLDEN / "dify" / "inner_api_requests.jsonl").read_text("utf-8").splitlines()
    bodies = {item["path"].removeprefix("/inner/api/"): item["body"] for item in map(json.loads, lines)}
    assert inner_api_body(request(invoke_type), "t-1", "u-1") == bodies[PATHS[invoke_type]]


@pytest.mark.parametrize(
    ("size", "message"),
    [(LINE_LIMIT, None), (LINE_LIMIT + 1, "dify.too_long_for_stdio"), (BODY_LIMIT + 1, "dify.too_long_for_http")],
)
def test_a_call_that_no_plugin_could_make_is_named(size: int, message: str | None) -> None:
    fault = size_fault(size)
    assert (fault and fault.id) == message
