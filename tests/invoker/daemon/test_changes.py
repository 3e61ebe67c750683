"""What the daemon changes in a frame on its way to a plugin."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.daemon.changes import Kind, changes
from boomerang.invoker.request import InvokeType
from tests.invoker.backends.dify.captures import capture, envelopes
from tests.json_values import JSON_VALUES


def frames(version: str, name: str) -> list[Any]:
    """Return the `data` of a captured stream."""
    return [envelope["data"] for envelope in envelopes(capture(version, name))]


def paths(data: Any, invoke_type: InvokeType = InvokeType.LLM) -> dict[str, Kind]:
    return {change.path: change.kind for change in changes(invoke_type, data)}


def test_an_old_versions_chunk_passes_but_for_the_added_id() -> None:
    first, last = frames("1.4.1", "llm_stream")
    assert paths(first) == paths(last) == {"delta.message.tool_call_id": Kind.ADDED}


def test_a_new_versions_usage_drops_its_times() -> None:
    *_, last = frames("1.16.0-rc1", "llm_stream")
    assert paths(last) == {
        "delta.message.tool_call_id": Kind.ADDED,
        "delta.usage.time_to_first_token": Kind.DROPPED,
        "delta.usage.time_to_generate": Kind.DROPPED,
    }


def test_a_structured_chunk_drops_prompt_messages_and_a_null_name_becomes_empty() -> None:
    *_, last = frames("1.16.0-rc1", "so_stream")
    result = paths(last, InvokeType.LLM_STRUCTURED_OUTPUT)
    assert result["prompt_messages"] is Kind.DROPPED and result["delta.message.name"] is Kind.CHANGED
    last["structured_output"] = {"a": [2**53 + 1]}
    assert paths(last, InvokeType.LLM_STRUCTURED_OUTPUT)["structured_output.a[0]"] is Kind.CHANGED


def chunk(**changed: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": "a", "name": "", "tool_calls": [], "tool_call_id": ""}
    delta = {"index": 0, "message": message | changed.pop("message", {}), **changed.pop("delta", {})}
    return {"model": "m", "prompt_messages": [], "system_fingerprint": "", "delta": delta, **changed}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (chunk(model=""), "dify.reason_model"),
        (chunk(delta={"index": None}), "dify.reason_index"),
        (chunk(message={"role": "developer"}), "dify.reason_role"),
        (chunk(message={"content": None}), "dify.reason_content"),
        (chunk(message={"content": [{"type": "smell"}]}), "dify.reason_item"),
        (chunk(delta={"usage": {"prompt_tokens": 1}}), "dify.reason_usage"),
        ([], "dify.reason_shape"),
    ],
)
def test_a_frame_that_the_daemon_drops_says_why(data: Any, reason: str) -> None:
    [change] = changes(InvokeType.LLM, data)
    assert change.kind is Kind.SKIPPED and change.reason is not None and change.reason.id == reason


def test_what_passes_unchanged_has_no_changes() -> None:
    assert changes(InvokeType.LLM, chunk()) == changes(InvokeType.LLM, None) == changes(InvokeType.TTS, {"result": ""}) == []


def test_opaque_bodies_and_unknown_keys_are_dropped_and_items_get_all_keys() -> None:
    item = {"type": "text", "data": "a", "opaque_body": 1}
    result = paths(chunk(message={"content": [item], "opaque_body": {}}, delta={"odd": 1}, extra=1))
    assert {path for path, kind in result.items() if kind is Kind.DROPPED} == {
        "extra",
        "delta.odd",
        "delta.message.opaque_body",
        "delta.message.content[0].opaque_body",
    }
    assert result["delta.message.content[0].url"] is Kind.ADDED


@given(JSON_VALUES, JSON_VALUES, st.sampled_from(InvokeType))
def test_any_value_has_changes_or_none(value: Any, inner: Any, invoke_type: InvokeType) -> None:
    for data in (
        value,
        chunk(message={"content": value, "name": inner}),
        chunk(delta={"usage": value}, structured_output=inner),
    ):
        assert all(change.path or change.reason for change in changes(invoke_type, data))
