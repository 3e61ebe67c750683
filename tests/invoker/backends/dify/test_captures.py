"""The captured answers of two real servers, all calls: what they are read as, at every split point."""

from __future__ import annotations

import json
from typing import Any

import pytest

from boomerang.invoker.backends.dify.envelopes import EnvelopeReader
from boomerang.invoker.backends.dify.frames import split
from boomerang.invoker.entities.llm.result import LLMResult
from boomerang.invoker.errors import (
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
    ProtocolError,
    UnsupportedRequestError,
)
from boomerang.invoker.events import Event, FrameReceived, HTTPRequest, Notice, PluginEvent
from boomerang.invoker.request import InvokeType
from boomerang.invoker.run import Run

from .captures import FOLDER, KEY, TENANT, VERSIONS, Capture, capture, captures, envelopes, label
from .replay import replaying

STREAMED = [item for item in captures() if item.streamed]
CALLS = [item for item in captures() if item.request() is not None]
EXTRA = frozenset({"time_to_first_token", "time_to_generate"})
"""Keys of newer servers that Dify's SDK does not have."""


def outcome(body: list[bytes], item: Capture) -> tuple[list[Any], str]:
    """Return the chunks and the error of a streamed body."""
    assert item.invoke_type is not None
    reader = EnvelopeReader(item.invoke_type, "m", 200, lambda *_, **__: None)
    chunks = []
    try:
        for frame in split(iter(body)):
            chunks.append(reader.read(frame.data))
    except InvokeError as error:
        return chunks, str(error)
    return chunks, ""


def stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: stripped(inner) for name, inner in value.items() if name not in EXTRA}
    return value


@pytest.mark.parametrize("item", STREAMED, ids=label)
def test_a_stream_is_read_the_same_at_every_split_point(item: Capture) -> None:
    whole = outcome([item.body], item)
    for at in range(len(item.body) + 1):
        assert outcome([item.body[:at], item.body[at:]], item) == whole
    assert outcome([bytes([byte]) for byte in item.body], item) == whole


@pytest.mark.parametrize("item", STREAMED, ids=label)
def test_a_stream_is_read_as_it_is(item: Capture) -> None:
    chunks, error = outcome([item.body], item)
    expected = [envelope["data"] for envelope in envelopes(item) if envelope["data"] is not None]
    assert len(chunks) == len(expected)
    for chunk, data in zip(chunks, expected, strict=True):
        dump = chunk.model_dump(mode="json")
        for key, value in stripped(data).items():
            if key != "delta":
                assert dump[key] == value
                continue
            assert dump["delta"]["message"].items() >= value["message"].items()
            assert {name: dump["delta"][name] for name in value if name != "message"} == {
                name: inner for name, inner in value.items() if name != "message"
            }
    assert bool(error) == any(envelope["error"] for envelope in envelopes(item))


@pytest.mark.parametrize("item", STREAMED, ids=label)
def test_a_body_that_is_cut_off_is_an_error_and_what_came_before_is_kept(item: Capture) -> None:
    chunks, _ = outcome([item.body], item)
    for at in range(1, len(item.body)):
        came, error = outcome([item.body[:at]], item)
        assert came == chunks[: len(came)]
        inside = item.body[:at].rstrip(b"\n")
        is_boundary = at in boundaries(item) or (item.version == "1.4.1" and inside.endswith(b'"error":""}'))
        assert is_boundary or error


def boundaries(item: Capture) -> set[int]:
    """Return the offsets at which a frame or line ends."""
    ends, at = set(), 0
    for frame in split(iter([item.body])):
        at = frame.offset + frame.size + (0 if item.version == "1.4.1" else 14)
        ends |= {at, at + 1} if item.version == "1.4.1" else {at}
    return ends


def read(item: Capture, size: int, **settings: object) -> tuple[list[Any], InvokeError | None, list[Event], dict[str, Any]]:
    """Return chunks, error, events, and the request that arrived, of a capture over a socket."""
    request, events = item.request(), list[Event]()
    assert request is not None
    chunks: list[Any] = []
    with replaying(item, size, **settings) as (backend, server):
        try:
            for chunk in backend.invoke(request, Run(events.append)):
                chunks.append(chunk)
        except InvokeError as error:
            return chunks, error, events, server.requests[0].json
        return chunks, None, events, server.requests[0].json


@pytest.mark.parametrize("item", CALLS, ids=label)
def test_every_call_is_answered_or_fails_with_a_typed_error(item: Capture) -> None:
    whole = read(item, 10_000)
    dripped = read(item, 1 if len(item.body) < 300 else 97 if len(item.body) < 2_000 else 4_999)
    assert (whole[0], str(whole[1])) == (dripped[0], str(dripped[1]))
    chunks, error, events, _ = whole
    assert chunks or error is not None
    if error is not None:
        assert error.description
        assert (error.backend, error.status_code) == ("dify", item.status)
        assert KEY not in f"{error}{error.body}{error.hint}{error.trace}"
    assert KEY not in repr(events)
    frames = [event for event in events if isinstance(event, FrameReceived)]
    if item.streamed:
        assert [json.loads(frame.text) for frame in frames] == envelopes(item)
        assert frames[0].offset == 0 and not any(frame.cut for frame in frames)
    assert [type(event) for event in events if isinstance(event, PluginEvent | HTTPRequest)] == [PluginEvent, HTTPRequest]


@pytest.mark.parametrize("item", CALLS, ids=label)
def test_our_request_means_the_same_as_the_captured_one(item: Capture) -> None:
    *_, sent = read(item, 10_000, as_plugin=True)
    captured = item.fields | {"tenant_id": TENANT, "user_id": ""}
    captured.pop("tool_choice", None)  # the SDK has no such field
    for name, value in captured.items():
        if name == "prompt_messages":
            for ours, theirs in zip(sent[name], value, strict=True):
                assert ours.items() >= {key: inner for key, inner in theirs.items() if key != "content"}.items()
        elif name == "type":
            assert sent[name] == item.invoke_type
        else:
            assert sent[name] == value
    assert set(sent) - set(captured) <= {"type", "stream", "input_type"}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("llm_fail_first_stream", InvokeRateLimitError),
        ("llm_fail_first_nonstream", InvokeRateLimitError),
        ("llm_fail_mid_stream", InvokeServerUnavailableError),
        ("llm_fail_unmapped_stream", InvokeError),
        ("llm_fail_unmapped_nonstream", InvokeError),
        ("llm_unknown_provider_stream", InvokeBadRequestError),
        ("embed_fail", InvokeBadRequestError),
        ("asr", InvokeError),
        ("bad_key", InvokeAuthorizationError),
        ("no_key", InvokeAuthorizationError),
        ("bad_tenant", InvokeBadRequestError),
        ("empty_tenant", InvokeBadRequestError),
        ("mm_embed", UnsupportedRequestError),
        ("mm_rerank", UnsupportedRequestError),
    ],
)
def test_an_error_has_its_type(version: str, name: str, kind: type[InvokeError]) -> None:
    item = capture(version, name)
    if item.request() is None:
        pytest.skip("the captured request has no query")
    _, error, *_ = read(item, 10_000)
    assert type(error) is kind


@pytest.mark.parametrize("version", VERSIONS)
def test_a_plugin_error_is_unfolded_and_its_traceback_kept_out_of_sight(version: str) -> None:
    _, error, *_ = read(capture(version, "llm_fail_unmapped_stream"), 10_000)
    assert error is not None
    assert error.speakers[-1] == ("plugin", "KeyError: 'x'") and error.speakers[0][0] == "dify"
    assert error.trace == "tb" and "tb" not in str(error) and not error.type_inferred


def test_a_mapped_error_names_plugin_and_provider_and_says_that_its_type_is_inferred() -> None:
    _, error, *_ = read(capture("1.16.0-rc1", "llm_fail_mid_stream"), 10_000)
    assert error is not None
    assert error.speakers == (("plugin", "[models] Server Unavailable Error"), ("provider", "gone"))
    assert error.type_inferred and "inferred" in str(error.hint)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_error_names_the_field_and_what_to_do(version: str) -> None:
    expected = {
        "bad_tenant": ("tenant_id", "SELECT"),
        "empty_tenant": ("tenant_id", "SELECT"),
        "bad_key": ("inner_api_key", "PLUGIN_DIFY_INNER_API_KEY"),
        "llm_unknown_provider_stream": ("provider", "organisation/plugin/provider"),
        "llm_short_provider_stream": ("provider", "organisation/plugin/provider"),
        "asr": (None, "any known version"),
        "embed_fail": (None, "inferred"),
    }
    for name, (field, hint) in expected.items():
        _, error, *_ = read(capture(version, name), 10_000)
        assert error is not None and error.field == field and hint in str(error.hint), name


@pytest.mark.parametrize("version", VERSIONS)
def test_the_text_before_an_error_stays(version: str) -> None:
    chunks, error, *_ = read(capture(version, "llm_fail_mid_stream"), 10_000)
    assert [chunk.delta.message.content for chunk in chunks] == ["Hé"] and error is not None


@pytest.mark.parametrize("version", VERSIONS)
def test_a_call_without_streaming_is_sent_as_a_stream_and_merged_here(version: str) -> None:
    request = capture(version, "llm_nonstream").request()
    with replaying(capture(version, "llm_stream")) as (backend, server):
        events: list[Event] = []
        assert request is not None
        result = LLMResult.of(backend.invoke(request, Run(events.append)))
        assert server.requests[0].json["stream"] is True
    assert (result.message.content, result.usage.total_tokens, result.finish_reason) == ("Héllo", 9, "stop")
    assert "dify.streamed" in [event.message.id for event in events if isinstance(event, Notice)]  # type: ignore[union-attr]


def test_as_a_plugin_sends_it_an_old_version_cuts_the_answer() -> None:
    chunks, error, events, sent = read(capture("1.4.1", "llm_nonstream"), 10_000, as_plugin=True)
    assert sent["stream"] is False and error is None
    assert LLMResult.of(chunks).message.content == "Hé"
    assert "dify.not_streamed" in [event.message.id for event in events if isinstance(event, Notice)]  # type: ignore[union-attr]


def test_the_version_is_known_after_the_first_answer() -> None:
    request = capture("1.4.1", "llm_stream").request()
    with replaying(capture("1.4.1", "llm_stream")) as (backend, _):
        assert (backend.version, InvokeType.LLM_STRUCTURED_OUTPUT in backend.known_limits()) == ("", False)
        assert request is not None
        list(backend.invoke(request, Run()))
        assert (backend.version, InvokeType.LLM_STRUCTURED_OUTPUT in backend.known_limits()) == ("1.4.1", True)


@pytest.mark.parametrize("name", ["llm_stream", "llm_stream_error", "llm_error_first", "llm_nonstream"])
def test_the_built_files_are_read_too(name: str) -> None:
    item = capture(VERSIONS[0], "llm_stream")
    chunks, error = outcome([(FOLDER / f"{name}.bin").read_bytes()], item)
    assert chunks or error
    assert "ProtocolError" not in error


def test_a_page_instead_of_a_stream_is_named() -> None:
    page = Capture("1.16.0-rc1", "page", "/invoke/llm", "{}", 200, "text/html", b"<html><title>Dify</title></html>")
    request = capture("1.4.1", "llm_stream").request()
    with replaying(page) as (backend, _), pytest.raises(ProtocolError, match="Dify"):
        assert request is not None
        list(backend.invoke(request, Run()))
