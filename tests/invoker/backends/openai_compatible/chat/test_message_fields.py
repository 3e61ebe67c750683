"""Tests for servers that differ from OpenAI: errors in successful responses, split tool calls, own fields, wrong labels.

The shapes are documented or observed: llama.cpp before September 2025 (`error:` as a field of the stream), vLLM 0.7
(a named `tool_choice`), OpenRouter (an error in a choice, images), MiniMax and SiliconFlow (an error without `error`), Mistral
(thinking as parts), Groq and Kimi (usage in another place), relays that mislabel a stream.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.backends.openai_compatible.chat.tool_call_fragments import CallReader
from boomerang.invoker.entities.tools import ToolCallFold
from boomerang.invoker.errors import (
    InvokeBadRequestError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
    InvokeTimeoutError,
    ProtocolError,
)
from boomerang.invoker.http.cancellation import Clocks
from tests.invoker.backends.openai_compatible.desk import CONFIG, GOOD, HELLO, KEY, USAGE, event, opened, streaming
from tests.loopback import STREAM, ClientConnection, ReceivedRequest, chunked, head, whole

from .test_completion_reader import sending

SPOKEN = event({"content": "Hel"})
DONE = b"data: [DONE]\n\n"


def line(value: Any, name: str = "") -> bytes:
    """Return an event with any JSON."""
    return (f"event: {name}\n" if name else "").encode() + b"data: " + json.dumps(value).encode() + b"\n\n"


# Errors inside successful responses.


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ({"detail": "model not loaded"}, InvokeServerUnavailableError, "model not loaded"),
        ({"code": 50501, "message": "balance is not enough"}, InvokeServerUnavailableError, "balance is not enough"),
        ({"base_resp": {"status_code": 1004, "status_msg": "login fail"}}, InvokeServerUnavailableError, "login fail"),
        ({"object": "error", "message": "too long", "code": 400}, InvokeBadRequestError, "too long"),
        ([{"error": {"code": 429, "message": "slow down"}}], InvokeRateLimitError, "slow down"),
        ({}, ProtocolError, "without a choice"),
        ({"choices": []}, ProtocolError, "without a choice"),
        ({"id": "1", "choices": None}, ProtocolError, "without a choice"),
    ],
)
def test_an_answer_of_success_that_says_nothing_is_an_error(
    body: Any, kind: type[InvokeError], text: str, stream: bool
) -> None:
    with opened(sending(whole(body))) as desk, pytest.raises(kind, match=text) as raised:
        desk.ask(stream=stream)
    assert type(raised.value) is kind


def test_a_stream_of_nothing_but_its_end_is_an_error() -> None:
    with opened(streaming([DONE])) as desk, pytest.raises(ProtocolError, match="without a choice"):
        desk.ask()


@pytest.mark.parametrize("behind", [[DONE], []])
@pytest.mark.parametrize(
    ("shown", "kind", "text"),
    [
        (b'error: {"code":400,"message":"exceeds the context"}\n\n', InvokeBadRequestError, "exceeds the context"),
        (b"error: out of memory\n\n", InvokeServerUnavailableError, "out of memory"),
        (b"RuntimeError: CUDA out of memory\n\n", ProtocolError, "CUDA out of memory"),
        (line({"message": "overloaded"}, "error"), InvokeServerUnavailableError, "overloaded"),
        (b"event: error\ndata: overloaded\n\n", InvokeServerUnavailableError, "overloaded"),
        (line({"error": {"code": "429", "message": "slow down"}}), InvokeRateLimitError, "slow down"),
        (line({"object": "error", "message": "engine dead", "code": 500}), InvokeServerUnavailableError, "engine dead"),
        (
            line({"choices": [{"index": 0, "error": {"code": 502, "message": "gone"}, "finish_reason": "error"}]}),
            InvokeServerUnavailableError,
            "gone",
        ),
        (event({}, "error"), InvokeServerUnavailableError, "finish reason"),
    ],
)
def test_an_error_in_a_stream_ends_it_in_its_own_words_and_kind(
    shown: bytes, kind: type[InvokeError], text: str, behind: list[bytes]
) -> None:
    with opened(streaming([event({"content": "Hel"}, usage=USAGE), shown, *behind])) as desk:
        chunks = desk.session.model.llm.invoke(CONFIG, HELLO, stream=True)
        assert next(chunks).delta.message.content == "Hel"
        with pytest.raises(kind, match=text) as raised:
            list(chunks)
        assert type(raised.value) is kind and raised.value.body


def test_an_error_before_any_text_did_not_break_anything_off() -> None:
    with opened(streaming([b'error: {"code":400,"message":"exceeds the context"}\n\n'])) as desk:
        with pytest.raises(InvokeBadRequestError) as raised:
            desk.ask()
        assert str(raised.value) == "exceeds the context" and raised.value.status_code == 400


# Tool calls.


def calls_of(*fragments: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the calls that a stream of fragments adds up to: id, name, arguments."""
    reader, fold = CallReader(lambda _id, **_values: None), ToolCallFold()
    for fragment in fragments:
        fold.add([reader.read(0, fragment)])
    return [(call.id, call.function.name, call.function.arguments) for call in fold.calls()]


def part(
    arguments: str | None = None, name: str | None = None, call_id: str | None = None, index: int | None = 0
) -> dict[str, Any]:
    """Return a fragment in a server's format."""
    return {"index": index, "id": call_id, "function": {"name": name, "arguments": arguments}}


def test_a_name_that_is_repeated_in_each_fragment_makes_one_call() -> None:
    ids: tuple[str | None, ...]
    for ids in ((None, None, None), ("a", "b", "c"), ("a", "a", "a"), ("a", None, None)):
        pieces = zip(('{"ci', 'ty": "Par', 'is"}'), ids, strict=True)
        result = calls_of(*(part(text, "weather", call_id) for text, call_id in pieces))
        assert [call[1:] for call in result] == [("weather", '{"city": "Paris"}')]
        assert result[0][0]


def test_a_new_id_in_a_nameless_fragment_begins_no_call() -> None:
    assert calls_of(part('{"ci', "weather", "a"), part('ty": 1', None, "b"), part("}", None, "c")) == [
        ("a", "weather", '{"city": 1}')
    ]


def test_whole_calls_under_one_index_are_calls_of_their_own() -> None:
    same = calls_of(part("{}", "clock", "a"), part('{"z": {}}', "clock", "b"), part("{}", "weather", "c", None))
    assert same == [("a", "clock", "{}"), ("b", "clock", '{"z": {}}'), ("c", "weather", "{}")]
    without = calls_of(part("{}", "clock"), part('{"z": 1}', "clock"), part(None, "stop"), part(None, "stop"))
    assert [call[1:] for call in without] == [("clock", "{}"), ("clock", '{"z": 1}'), ("stop", ""), ("stop", "")]
    assert len({call[0] for call in without}) == 4


def test_fragments_without_ids_are_kept_apart_by_their_index() -> None:
    result = calls_of(part("", "a"), part("", "b", index=1), part("{A", index=0), part("{B", index=1), part("}", index=0))
    assert [call[1:] for call in result] == [("a", "{A}"), ("b", "{B")]


def test_one_id_for_two_calls_does_not_make_them_one() -> None:
    result = calls_of(part("{}", "a", "x"), part("{}", "b", "x", 1))
    assert [call[1:] for call in result] == [("a", "{}"), ("b", "{}")]
    assert len({call[0] for call in result}) == 2


def test_a_name_in_two_pieces_is_one_name() -> None:
    assert calls_of(part("", "get_", "1"), part("", "weather"), part("{}")) == [("1", "get_weather", "{}")]


def test_the_call_of_openais_older_interface_is_a_call() -> None:
    events = [
        event({"function_call": {"name": "weather", "arguments": '{"a"'}}),
        event({"function_call": {"arguments": ":1}"}}),
    ]
    with opened(streaming([*events, event({}, "function_call")])) as desk:
        (call,) = desk.ask().message.tool_calls
        assert (call.function.name, call.function.arguments) == ("weather", '{"a":1}') and call.id
        assert any("no ids" in notice for notice in desk.notices)


@given(
    st.lists(st.tuples(st.sampled_from(["clock", "weather"]), st.lists(st.text("ab", max_size=3), max_size=4)), max_size=4),
    st.booleans(),
)
def test_calls_that_keep_to_the_rules_come_back_as_they_were(written: list[tuple[str, list[str]]], ids: bool) -> None:
    fragments = []
    for index, (name, pieces) in enumerate(written):
        fragments.append(part("", name, f"id-{index}" if ids else None, index))
        fragments += [part(text, index=index) for text in pieces]
    result = calls_of(*fragments)
    assert [(name, text) for _, name, text in result] == [(name, "".join(pieces)) for name, pieces in written]
    assert not ids or [call[0] for call in result] == [f"id-{index}" for index in range(len(written))]


# Servers' own fields.


def test_a_refusal_is_text_and_is_called_one() -> None:
    with opened(streaming([event({"refusal": "I can't "}), event({"refusal": "do that."}), event({}, "stop")])) as desk:
        assert desk.ask().message.content == "I can't do that."
        assert sum("refused" in notice for notice in desk.notices) == 1


def test_thinking_in_parts_of_the_content_is_thinking() -> None:
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "hmm"}]}, {"type": "text", "text": None}]
    events = [event({"content": parts}), event({"content": [{"type": "text", "text": "yes"}]}), event({}, "stop")]
    with opened(streaming(events)) as desk:
        assert desk.ask().message.content == "<think>\nhmm\n</think>yes"


def test_what_has_no_place_in_an_answer_is_named() -> None:
    second = {"index": 1, "delta": {"content": "Salut."}}
    events = [
        event({"content": "Hello.", "images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]}),
        line({"choices": [second]}),
        line({"choices": [second]}),
        event({}, "stop"),
    ]
    with opened(streaming(events)) as desk:
        two = CONFIG | {"completion_params": {"n": 2}}
        assert desk.ask(config=two).message.content == "Hello."
        assert sum("images" in notice for notice in desk.notices) == 1
        assert sum("more than one choice" in notice for notice in desk.notices) == 1


@pytest.mark.parametrize(
    "last",
    [
        line({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "usage": USAGE | {"total_tokens": 300}}]}),
        event({}, "stop", x_groq={"id": "r", "usage": USAGE | {"total_tokens": 300}}),
        event({}, "stop") + line({"choices": [], "usage": USAGE | {"total_tokens": 300}}),
    ],
)
def test_a_usage_is_found_where_it_is_and_keeps_its_total(last: bytes) -> None:
    with opened(streaming([SPOKEN, last, DONE])) as desk:
        usage = desk.ask().usage
        assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (5, 2, 300)


# Wrong labels, and streams that end unusually.


@pytest.mark.parametrize("media_type", ["application/json", "text/html", "text/plain"])
@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\n\n", b": ping\n\n"])
def test_a_stream_is_known_by_what_it_begins_with(media_type: str, before: bytes) -> None:
    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(head(media_type=media_type))
        connection.drip(before + b"".join(GOOD))
        raise EOFError

    with opened(script) as desk:
        assert desk.ask().message.content == "Hello."


@pytest.mark.parametrize("media_type", ["text/plain", "application/json"])
def test_an_object_over_many_lines_is_known_by_what_it_begins_with(media_type: str) -> None:
    value = {"choices": [{"index": 0, "message": {"content": "Hello."}, "finish_reason": "stop"}]}
    body = b"\xef\xbb\xbf \n" + json.dumps(value, indent=2).encode()
    with opened(sending(whole(body, media_type=media_type))) as desk:
        assert desk.ask().message.content == "Hello."


def test_an_end_that_does_not_come_behind_a_finish_reason_is_no_failure() -> None:
    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(STREAM, *list(chunked(GOOD[:4]))[:-1])
        connection.wait_until_gone()

    with opened(script, clocks=Clocks(between_chunks=0.2)) as desk:
        assert desk.ask().finish_reason == "stop"
        assert any("without ending its answer" in notice for notice in desk.notices)


def test_an_answer_without_a_finish_reason_that_stops_coming_is_one() -> None:
    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(STREAM, *list(chunked(GOOD[:3]))[:-1])
        connection.wait_until_gone()

    with opened(script, clocks=Clocks(between_chunks=0.2)) as desk, pytest.raises(InvokeTimeoutError):
        desk.ask()


# The request for usage.


def test_options_of_a_stream_that_were_typed_are_kept_and_the_wish_for_a_usage_beside_them() -> None:
    config = CONFIG | {"completion_params": {"stream_options": {"continuous_usage_stats": True}}}
    with opened(streaming(GOOD)) as desk:
        desk.ask(config=config)
        assert desk.server.requests[0].json["stream_options"] == {"include_usage": True, "continuous_usage_stats": True}


def test_options_that_are_refused_are_left_out_for_that_model_only_and_each_time_it_is_said() -> None:
    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        if request.json["model"] == "m" and "stream_options" in request.json:
            connection.send(whole({"error": {"message": "stream_options: extra fields not permitted"}}, 422))
        else:
            connection.send(STREAM, *chunked(GOOD))

    with opened(script) as desk:
        for _ in range(2):
            desk.ask()
            assert any("stream_options" in notice for notice in desk.notices)
        desk.ask(config=CONFIG | {"model": "other"})
        assert not desk.notices
        assert ["stream_options" in request.json for request in desk.server.requests] == [True, False, False, True]
        typed = CONFIG | {"completion_params": {"stream_options": {"include_usage": True}}}
        with pytest.raises(InvokeBadRequestError, match="extra fields"):
            desk.ask(config=typed)


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-be", "utf-32"])
def test_a_whole_answer_in_another_spelling_of_unicode_is_read_and_holds_no_key(charset: str) -> None:
    value = {"choices": [{"index": 0, "message": {"content": f"Your key is {KEY}."}, "finish_reason": "stop"}]}
    with opened(sending(whole(json.dumps(value).encode(charset)))) as desk:
        assert desk.ask().message.content == "Your key is •••."
