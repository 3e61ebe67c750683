"""What is readable is read: one odd event, label, byte or field never costs an answer, and nothing is dropped without a notice.

The shapes are those of public bug reports on clients of such servers.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.backends.openai_compatible.chat.completion_reader import AnswerReader
from boomerang.invoker.entities.llm import LLMFold, LLMResult
from boomerang.invoker.errors import InvokeError, ProtocolError
from boomerang.invoker.events import NoteKind
from boomerang.invoker.http.body.sse import Event
from boomerang.invoker.http.limits import Limits
from boomerang.invoker.http.redaction.masking import Hiding
from tests.invoker.backends.openai_compatible.chat.test_completion_reader import sending
from tests.invoker.backends.openai_compatible.chat.test_message_fields import DONE, line
from tests.json_values import JSON_VALUES
from tests.loopback import STREAM, Asked, Wire, chunked, head, whole

from .desk import CONFIG, HELLO, USAGE, Desk, event, opened, streaming

STOP = event({}, "stop")


def piece(text: str, index: Any = 0) -> bytes:
    """Give an event with a piece of text under an index."""
    return line({"choices": [{"index": index, "delta": {"content": text}, "finish_reason": None}]})


def answer_to(events: Sequence[bytes], **more: Any) -> tuple[LLMResult, list[str]]:
    """Ask a server that streams events; give what comes, and the notices."""
    with opened(streaming(events)) as desk:
        return desk.ask(**more), desk.notices


# A. One odd byte, line or label.


@pytest.mark.parametrize("indexes", [(1, 1, 1), (0, 1, 2), ("0", "0", "0"), (None, None, None), (0.0, 0.0, 0.0), (7, 3, 0)])
def test_the_only_choice_of_each_event_is_the_answer_whatever_its_index(indexes: Any) -> None:
    events = [piece(text, index) for text, index in zip(("Hel", "l", "o."), indexes, strict=True)]
    result, notices = answer_to([*events, STOP, DONE])
    assert result.message.content == "Hello." and notices == []


def test_of_several_choices_in_one_event_the_lowest_index_counts_with_a_notice() -> None:
    both = line({"choices": [{"index": 1, "delta": {"content": "B"}}, {"index": "0", "delta": {"content": "A"}}]})
    result, notices = answer_to([both, STOP, DONE])
    assert result.message.content == "A" and len(notices) == 1 and "more than one choice" in notices[0]


@pytest.mark.parametrize(
    "idle",
    [
        b": keepalive",
        b"ping",
        b"null",
        b'""',
        b"[]",
        b"{}",
        b"keep-alive",
        b"[HEARTBEAT]",
        b'"ping"',
        b"false",
        b": OPENROUTER",
    ],
)
def test_events_that_keep_the_connection_open_are_skipped_and_counted(idle: bytes) -> None:
    events = [piece("Hel"), b"data: " + idle + b"\n\n", b"data: " + idle + b"\n\n", piece("lo."), STOP, DONE]
    result, notices = answer_to(events)
    assert result.message.content == "Hello."
    assert notices == ["Skipped events without content: 2."]


def test_an_event_that_is_cut_stays_an_error() -> None:
    with opened(streaming([piece("Hel"), b'data: {"choices": [{"ind\n\n', STOP, DONE])) as desk:
        with pytest.raises(ProtocolError, match="broken or cut off"):
            desk.ask()
        assert [chunk.delta.message.content for chunk in desk.record.chunks] == ["Hel"]


def test_raw_control_characters_in_strings_are_read_with_one_notice() -> None:
    raw = b'data: {"choices":[{"index":0,"delta":{"content":"a\tb\x1b[0m"}}]}\n\n'
    result, notices = answer_to([raw, raw, STOP, DONE])
    assert result.message.content == "a\tb\x1b[0m" * 2
    assert len(notices) == 1 and "control characters" in notices[0]


def test_raw_line_breaks_in_the_strings_of_a_whole_answer_are_read() -> None:
    body = b'{"choices": [{"index": 0, "message": {"content": "one\ntwo"}, "finish_reason": "stop"}]}'
    with opened(sending(whole(body))) as desk:
        assert desk.ask().message.content == "one\ntwo"
        assert [notice for notice in desk.notices if "control characters" in notice]


@given(st.text(alphabet="aé語😀", min_size=1, max_size=8), st.data())
def test_a_character_that_is_cut_between_two_events_is_joined(text: str, data: st.DataObject) -> None:
    octets = text.encode()
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(octets) - 1)), max_size=4)))
    pieces = [octets[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(octets)], strict=True)]
    reader, fold = AnswerReader("m"), LLMFold()
    for part in pieces:
        fold.extend(reader.read(Event(b'{"choices":[{"delta":{"content":"' + part + b'"}}]}')))
    fold.extend(reader.read(Event(b'{"choices":[{"delta":{},"finish_reason":"stop"}]}')))
    assert fold.add(reader.last(0.0)).text == text


def test_a_character_that_stays_cut_is_replaced_with_a_notice() -> None:
    raw = b'data: {"choices":[{"index":0,"delta":{"content":"caf\xc3"}}]}\n\n'
    result, notices = answer_to([raw, piece("!"), STOP, DONE])
    assert result.message.content == "caf�!"
    assert len(notices) == 1 and "not UTF-8" in notices[0]


@pytest.mark.parametrize(
    "both",
    [
        lambda first, second: b"data: " + first + second + b"\n\n",
        lambda first, second: b"data: " + first + b" " + second + b"\n\n",
        lambda first, second: b"data: data: " + first + b"\n\ndata:data: data: " + second + b"\n\n",
        lambda first, second: b"data: [" + first + b"," + second + b"]\n\n",
        lambda first, second: b"data: " + first + b"data: " + second + b"data: [DONE]\n\n",
    ],
)
def test_two_objects_in_one_line_and_a_doubled_field_are_read(both: Any) -> None:
    first, second = piece("Hel").strip()[6:], piece("lo.").strip()[6:]
    result, _notices = answer_to([both(first, second), STOP, DONE])
    assert result.message.content == "Hello."


@pytest.mark.parametrize("media_type", ["application/json", "text/event-stream", "text/plain", "application/x-ndjson"])
@pytest.mark.parametrize("behind", [b"\ndata: [DONE]\n\n", b"", b"\n\n", b"\0\0", b"\nbye"])
def test_a_whole_object_is_read_with_whatever_follows_and_however_it_is_called(media_type: str, behind: bytes) -> None:
    value = {"choices": [{"index": 0, "message": {"content": "Hello."}, "finish_reason": "stop"}]}
    with opened(sending(head(media_type=media_type), json.dumps(value).encode() + behind)) as desk:
        assert desk.ask().message.content == "Hello."


@pytest.mark.parametrize("media_type", ["application/json", "text/event-stream"])
def test_a_whole_object_over_several_lines_is_read(media_type: str) -> None:
    value = {"choices": [{"index": 0, "message": {"content": "Hello."}, "finish_reason": "stop"}]}
    with opened(sending(head(media_type=media_type), json.dumps(value, indent=1).encode())) as desk:
        assert desk.ask().message.content == "Hello."


def test_objects_line_by_line_without_the_field_data_are_read() -> None:
    lines = b"".join(found.strip()[6:] + b"\n" for found in (piece("Hel"), piece("lo."), STOP))
    for media_type in ("application/x-ndjson", "application/json", "text/event-stream"):
        with opened(sending(head(media_type=media_type), lines)) as desk:
            assert desk.ask().message.content == "Hello."


# B. Nothing is dropped.


@pytest.mark.parametrize(
    "delta",
    [
        {"reasoning_content": "hmm"},
        {"reasoning": "hmm"},
        {"reasoning_text": "hmm"},
        {"thinking": "hmm"},
        {"reasoning": {"content": "hmm"}},
        {"reasoning": {"summary": [{"type": "summary_text", "text": "hmm"}]}},
        {"reasoning_details": [{"type": "reasoning.text", "text": "hmm", "index": 0}]},
        {"thinking_blocks": [{"type": "thinking", "thinking": "hmm", "signature": "s"}]},
        {"content": [{"type": "reasoning", "text": "hmm"}]},
        {"content": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "hmm"}]}]},
        {"content": [{"type": "thinking", "thinking": "hmm"}]},
        {"reasoning": "hmm", "reasoning_details": [{"type": "reasoning.text", "text": "hmm"}]},
        {"reasoning_content": "hmm", "thinking_blocks": [{"type": "thinking", "thinking": "hmm"}]},
        {"reasoning": "hmm", "reasoning_content": "hmm"},
    ],
)
def test_reasoning_is_reasoning_in_every_field_and_once(delta: dict[str, Any]) -> None:
    result, notices = answer_to([event(delta), event({"content": "yes"}), STOP, DONE])
    assert result.message.content == "<think>\nhmm\n</think>yes" and notices == []


@pytest.mark.parametrize(
    "delta",
    [
        {"content": ["Q"]},
        {"content": {"text": "Q"}},
        {"content": [{"type": "text", "text": {"value": "Q"}}]},
        {"content": [{"type": "output_text", "text": "Q"}]},
        {"content": [{"type": "text", "content": "Q"}]},
        "Q",
        ["Q"],
    ],
)
def test_text_is_text_in_every_shape(delta: Any) -> None:
    result, notices = answer_to([line({"choices": [{"index": 0, "delta": delta}]}), STOP, DONE])
    assert result.message.content == "Q" and notices == []


@pytest.mark.parametrize(
    ("delta", "field"),
    [
        ({"content": "Q", "citations": ["https://a.example"]}, "citations"),
        ({"content": [{"type": "video", "url": "https://a.example"}, "Q"]}, "content[].video"),
        ({"content": "Q", "mood": 7}, "mood"),
    ],
)
def test_a_field_of_an_unknown_shape_is_named_and_kept_in_the_record(delta: dict[str, Any], field: str) -> None:
    with opened(streaming([event(delta), event(delta), STOP, DONE])) as desk:
        assert desk.ask().message.content == "QQ"
        assert desk.notices == [
            f"The answer has the field {field}, which Dify's messages cannot carry. Its value is in the log."
        ]
        kept = [note for note in desk.record.notes if note.kind is NoteKind.DETAIL and note.text == field]
        assert len(kept) == 2 and kept[0].data["value"]


def test_a_message_that_repeats_what_its_pieces_said_is_not_text_again() -> None:
    end = line({"choices": [{"index": 0, "delta": {}, "message": {"content": "Hello."}, "finish_reason": "stop"}]})
    result, _notices = answer_to([piece("Hel"), piece("lo."), end, DONE])
    assert result.message.content == "Hello."


@pytest.mark.parametrize(
    ("usages", "expected"),
    [
        ([USAGE, {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}], (5, 2, 7)),
        ([USAGE, {"prompt_tokens": None, "completion_tokens": None, "total_tokens": None}], (5, 2, 7)),
        ([USAGE, None], (5, 2, 7)),
        ([{"prompt_tokens": "5", "completion_tokens": "2", "total_tokens": "7"}], (5, 2, 7)),
        ([{"prompt_tokens": 5.0, "completion_tokens": 2.0}], (5, 2, 7)),
        ([{"input_tokens": 5}, {"output_tokens": 2}], (5, 2, 7)),
        ([{"prompt_tokens": 5, "completion_tokens": 1}, {"prompt_tokens": 5, "completion_tokens": 2}], (5, 2, 7)),
    ],
)
def test_a_usage_is_the_real_numbers_wherever_they_came(usages: list[Any], expected: tuple[int, int, int]) -> None:
    events = [event({"content": "Hi"}, usage=usage) for usage in usages]
    result, _notices = answer_to([*events, STOP, DONE])
    usage = result.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == expected


@pytest.mark.parametrize("usage", [None, {}, [], "many", {"prompt_tokens": None}, {"prompt_tokens": "none"}])
def test_a_usage_without_a_number_is_none(usage: Any) -> None:
    with opened(streaming([event({"content": "Hi"}, usage=usage), STOP, DONE])) as desk:
        assert LLMFold().extend(desk.session.model.llm.invoke(CONFIG, HELLO, stream=True)).usage is None


def calls(*fragments: Any, notices: int | None = 0) -> list[tuple[str, str]]:
    """Give name and arguments of the calls that a stream of `tool_calls` comes to."""
    with opened(
        streaming([*(event({"tool_calls": fragment}) for fragment in fragments), event({}, "tool_calls"), DONE])
    ) as desk:
        found = [(call.function.name, call.function.arguments) for call in desk.ask().message.tool_calls]
        assert notices is None or len(desk.notices) == notices
        return found


def test_interleaved_fragments_without_an_index_go_to_the_call_of_their_id() -> None:
    first = {"id": "a1", "function": {"name": "f", "arguments": '{"p"'}}
    other = {"id": "a2", "function": {"name": "g", "arguments": '{"q":1}'}}
    more = {"id": "a1", "function": {"arguments": ":2}"}}
    expected = [("f", '{"p":2}'), ("g", '{"q":1}')]
    assert calls([first], [other], [more]) == expected
    for index in (0, 1):  # or all under one index, or each under its own
        fragments = [first | {"index": 0}, other | {"index": index}, more | {"index": 0}]
        assert calls(*([fragment] for fragment in fragments)) == expected


def test_a_fragment_with_a_new_id_and_no_index_that_goes_on_is_more_of_its_call() -> None:
    torn = [{"id": f"x{n}", "function": {"name": "f", "arguments": part}} for n, part in enumerate(('{"p"', ":", "2}"))]
    assert calls(*([fragment] for fragment in torn)) == [("f", '{"p":2}')]


@pytest.mark.parametrize(
    "value",
    [
        {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}},
        {"0": {"id": "c", "function": {"name": "f", "arguments": '{"a": 1}'}}},
        [{"id": "c", "function": {"name": "f", "parameters": {"a": 1}}}],
        [{"id": "c", "name": "f", "arguments": {"a": 1}}],
        [{"id": "c", "name": "f", "input": {"a": 1}}],
        [{"id": 5, "function": {"name": "f", "arguments": {"a": 1}}}],
        [{"id": "c", "index": "0", "function": {"name": "f", "arguments": '{"a": 1}'}}],
        [{"id": "c", "index": 0.0, "type": None, "function": {"name": "f", "arguments": '{"a": 1}'}}],
        [None, {"id": "c", "function": {"name": "f", "arguments": '{"a": 1}'}}],
    ],
)
def test_a_call_of_any_shape_is_a_call_with_its_arguments(value: Any) -> None:
    assert calls(value) == [("f", '{"a": 1}')]


def test_what_is_no_call_is_named() -> None:
    assert calls(["f(1)"], notices=1) == []


# E. Never Python's words.

FIELDS = "choices delta message content tool_calls function arguments name index id usage text prompt_tokens type error model"
NAMES = [*FIELDS.split(), "reasoning_content", "reasoning_details", "finish_reason", "x_groq"]
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(ODD | JSON_VALUES, max_size=4), ODD)
def test_events_of_any_shape_are_an_answer_or_an_error_in_plain_words(values: list[Any], delta: Any) -> None:
    reader, fold = AnswerReader("m", hiding=Hiding(["sk-not-for-anybodys-eyes"])), LLMFold()
    events = [*values, {"choices": [{"delta": delta}]}, {"choices": [{"message": delta}]}, {"choices": [delta]}]
    try:
        for value in events:
            fold.extend(reader.read(Event(json.dumps(value).encode())))
        fold.add(reader.last(0.0))
    except InvokeError as error:
        for words in ("NoneType", "object has no attribute", "validation error", "unhashable", "indices must be"):
            assert words not in str(error)
    json.dumps(fold.text).encode()


@pytest.mark.parametrize("levels", [150, 900])
@pytest.mark.parametrize(
    "event",
    [
        '{"choices": [{"delta": {"extra": DEEP, "reasoning_details": DEEP, "content": DEEP}}]}',
        '{"choices": [{"delta": {"tool_calls": [{"id": "c", "x": DEEP, "function": {"name": "f", "arguments": DEEP}}]}}]}',
        '{"fault": DEEP}',
        "DEEP",
        '{"error": DEEP}',
        '{"choices": [{"delta": {}, "finish_reason": DEEP}]}',
    ],
)
def test_nesting_without_an_end_breaks_nothing(event: str, levels: int) -> None:
    data = event.replace("DEEP", "[" * levels + "]" * levels).encode()
    with opened(streaming([b"data: " + data + b"\n\n", piece("Hi"), STOP, DONE])) as desk:
        with suppress(InvokeError):
            desk.ask()
        json.dumps(desk.record.dump())


@given(st.binary(max_size=40))
def test_bytes_of_any_kind_are_an_answer_or_an_error(data: bytes) -> None:
    reader = AnswerReader("m")
    try:
        list(reader.read(Event(data)))
        reader.last(0.0)
    except InvokeError:
        pass


# H. An event that is not understood is never dropped.

STRANGE = {"status": "failed", "reason": "quota exhausted", "errcode": 1234}


@pytest.mark.parametrize(
    "value", [STRANGE, {"choices": [], "error_msg": "quota exhausted"}, {"fault": {"text": "quota exhausted"}}]
)
@pytest.mark.parametrize("before", [[], [piece("Hel")]])
def test_an_error_in_an_unknown_shape_is_an_error_in_its_words_if_nothing_else_ends_the_stream(
    value: dict[str, Any], before: list[bytes]
) -> None:
    with opened(streaming([*before, line(value), DONE])) as desk, pytest.raises(InvokeError, match="quota exhausted"):
        desk.ask()


def test_an_event_that_is_not_understood_is_a_notice_if_the_answer_is_complete() -> None:
    with opened(streaming([piece("Hel"), line(STRANGE), piece("lo."), STOP, DONE])) as desk:
        assert desk.ask().message.content == "Hello."
        assert len(desk.notices) == 1 and "quota exhausted" in desk.notices[0]
        assert any(note.data.get("value") == STRANGE for note in desk.record.notes)


def test_words_in_the_stream_are_a_notice_if_the_answer_is_complete() -> None:
    result, notices = answer_to([piece("Hello."), b"data: warning: context almost full\n\n", STOP, DONE])
    assert result.message.content == "Hello." and "context almost full" in notices[0]


# C. What goes back.

TOOL = {"name": "weather", "description": "Weather of a city", "parameters": {"type": "object", "properties": {}}}


def two_turns(first: Sequence[bytes], accepts: Any) -> tuple[Desk, LLMResult]:
    """Ask a server that calls a tool, and send the result: it answers 400 to a second turn that it does not accept."""

    def script(request: Asked, wire: Wire) -> None:
        if len(request.json["messages"]) == 1:
            streaming(first)(request, wire)
        elif wrong := accepts(request.json["messages"][1]):
            wire.send(whole({"error": {"message": wrong}}, 400))
        else:
            streaming([piece("Mild."), STOP, DONE])(request, wire)

    with opened(script) as desk:
        turn = desk.ask(tools=[TOOL])
        (call,) = turn.message.tool_calls
        result = {"role": "tool", "content": "18 °C", "tool_call_id": call.id, "name": call.function.name}
        sent = json.loads(json.dumps(turn.message.model_dump(mode="json")))  # as it travels through Dify's interface
        return desk, desk.ask([*HELLO, sent, result], tools=[TOOL])


def test_a_conversation_with_tools_goes_on_at_a_server_like_deepseek() -> None:
    first = [
        event({"reasoning_content": "I need "}),
        event({"reasoning_content": "the weather."}),
        event({"tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": {"name": "weather", "arguments": ""}}]}),
        event({}, "tool_calls"),
        DONE,
    ]

    def accepts(message: dict[str, Any]) -> str:
        if message.get("reasoning_content") != "I need the weather.":
            return "Missing `reasoning_content` field in the assistant message"
        if "<think>" in (message["content"] or ""):
            return "content must not hold reasoning"
        return "" if message["tool_calls"][0]["function"]["arguments"] == "{}" else "arguments: invalid JSON"

    _desk, result = two_turns(first, accepts)
    assert result.message.content == "Mild."


def test_a_conversation_with_tools_goes_on_at_a_server_like_gemini() -> None:
    signature = {"google": {"thought_signature": "c2lnbmF0dXJl"}}
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}, "extra_content": signature}
    first = [event({"tool_calls": [call]}), event({}, "tool_calls"), DONE]

    def accepts(message: dict[str, Any]) -> str:
        is_signed = message["tool_calls"][0].get("extra_content") == signature
        return "" if is_signed else "Function call is missing a thought_signature"

    _desk, result = two_turns(first, accepts)
    assert result.message.content == "Mild."


def test_reasoning_details_go_back_whole() -> None:
    details = [
        [{"type": "reasoning.text", "text": "I ", "index": 0}],
        [{"type": "reasoning.text", "text": "see.", "signature": "s", "index": 0}],
        [{"type": "reasoning.encrypted", "data": "xyz", "index": 1}],
    ]
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    first = [*(event({"reasoning_details": part}) for part in details), event({"tool_calls": [call]}, "tool_calls"), DONE]
    wanted = [
        {"type": "reasoning.text", "text": "I see.", "signature": "s", "index": 0},
        {"type": "reasoning.encrypted", "data": "xyz", "index": 1},
    ]
    _desk, result = two_turns(first, lambda message: "" if message.get("reasoning_details") == wanted else "missing details")
    assert result.message.content == "Mild."


def test_reasoning_does_not_go_back_where_no_tool_was_called() -> None:
    result, _notices = answer_to([event({"reasoning_content": "hmm"}), piece("Hi."), STOP, DONE])
    assert result.message.opaque_body is None


@pytest.mark.parametrize("opaque", ["text", [1], {"plugin_state": 1}])
def test_an_opaque_body_of_somebody_else_is_not_sent_and_named(opaque: Any) -> None:
    said = {"role": "assistant", "content": "Hi.", "opaque_body": opaque}
    with opened(streaming([piece("Hello."), STOP, DONE])) as desk:
        desk.ask([*HELLO, said, *HELLO])
        assert desk.server.asked[0].json["messages"][1] == {"role": "assistant", "content": "Hi."}
        assert len(desk.notices) == 1 and "prompt_messages[1].opaque_body" in desk.notices[0]


# Credentials that come in pieces.

SECRET = "sk-not-for-anybodys-eyes"


@pytest.mark.parametrize("size", [1, 3, 7])
@pytest.mark.parametrize("where", ["content", "reasoning_content", "arguments"])
def test_a_credential_in_pieces_reaches_neither_the_answer_nor_the_record(where: str, size: int) -> None:
    parts = [SECRET[at : at + size] for at in range(0, len(SECRET), size)]
    if where == "arguments":
        shown = ['{"key": "', *parts, '"}']
        events = [
            event({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": text}}]}) for text in shown
        ]
    else:
        events = [event({where: text}) for text in ["It is ", *parts, "."]]
    with opened(streaming([*events, STOP, DONE])) as desk:
        result = desk.ask()
        chunks = json.dumps([chunk.model_dump(mode="json") for chunk in desk.record.chunks], ensure_ascii=False)
        assert "•••" in chunks and SECRET not in "".join(
            [str(result.message.content), *(call.function.arguments for call in result.message.tool_calls)]
        )


def test_a_token_that_is_no_credential_is_not_delayed() -> None:
    with opened(streaming([piece("sky"), piece(" is blue"), STOP, DONE])) as desk:
        stream = desk.session.model.llm.invoke(CONFIG, HELLO, stream=True)
        assert next(stream).delta.message.content == "sky"
        list(stream)


def test_what_was_held_back_is_not_lost_when_the_answer_breaks_off() -> None:
    """`sk-n` begins the credential, and may still go on."""
    whole_stream = list(chunked([piece("It is sk-n")]))
    for pieces in (whole_stream, whole_stream[:-1]):  # without a finish reason, and cut
        with opened(sending(STREAM, *pieces)) as desk:
            with pytest.raises(InvokeError):
                desk.ask()
            assert "".join(chunk.delta.message.content for chunk in desk.record.chunks) == "It is sk-n"


@pytest.mark.parametrize(
    "delta",
    [
        lambda n: {"reasoning_content": "x" * 40},
        lambda n: {"reasoning_details": [{"type": "reasoning.text", "text": "x" * 20, "index": n}]},
        lambda n: {"reasoning_details": [{"type": "reasoning.text", "text": "x" * 20, "index": 0}]},
        lambda n: {"extra_content": {f"k{n}": "v"}},
        lambda n: {f"field{n}": "v"},
        lambda n: {"tool_calls": [{"index": 0, "id": "c", f"k{n}": "v", "function": {"name": "f", "arguments": "}"}}]},
        lambda n: {"tool_calls": [{"index": n, "id": f"c{n}", "function": {"name": "f", "arguments": "{}"}}]},
    ],
)
def test_a_long_stream_costs_linear_work_whatever_its_field(delta: Any) -> None:
    """With work by the square of the events these would take many minutes."""
    notices: list[str] = []
    reader = AnswerReader("m", notice=lambda id, **_values: notices.append(id))
    for number in range(20_000):
        reader.read(Event(json.dumps({"choices": [{"delta": delta(number)}]}).encode()))
    reader.read(Event(b'{"choices":[{"delta":{},"finish_reason":"stop"}]}'))
    reader.last(0.0)
    assert len(notices) < 40


def test_a_stream_of_too_many_events_ends_at_the_limit_and_keeps_what_came() -> None:
    with opened(streaming([piece("a")] * 200 + [STOP, DONE]), limits=Limits(events=50)) as desk:
        with pytest.raises(ProtocolError, match="BOOMERANG_MAX_EVENTS"):
            desk.ask()
        assert len(desk.record.chunks) == 50


def test_a_bomb_in_a_stream_ends_at_the_limit_and_keeps_what_came() -> None:
    bomb = b"data: " + b" " * 2**24 + b"\n\n"
    body = gzip.compress(piece("a") + bomb * 4)
    answer = head(media_type="text/event-stream", Content_Encoding="gzip", Content_Length=str(len(body)))
    with opened(sending(answer, body), limits=Limits(answer_bytes=2**23)) as desk:
        with pytest.raises(ProtocolError, match="BOOMERANG_MAX_ANSWER_MB"):
            desk.ask()
        assert [chunk.delta.message.content for chunk in desk.record.chunks] == ["a"]


def test_a_whole_answer_of_very_many_small_values_is_refused_before_it_is_parsed() -> None:
    body = b'{"choices": [' + b"{}," * 2**20 + b"{}]}"
    limits, told = Limits(answer_bytes=2**23), pytest.raises(ProtocolError, match="BOOMERANG_MAX_ANSWER_MB")
    with opened(sending(whole(body)), limits=limits) as desk, told:
        desk.ask()
