"""How the inspector shows long values, and each kind of chunk."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from boomerang.invoker.backends.scripted import llm_chunks
from boomerang.invoker.entities.message import UserPromptMessage
from boomerang.invoker.entities.moderation import ModerationResult
from boomerang.invoker.entities.tts import TTSResult
from boomerang.invoker.events import (
    EVENT_TYPES,
    ArgumentsNotSent,
    Event,
    FrameReceived,
    HTTPEnd,
    HTTPRequest,
    HTTPResponse,
    ModelExchange,
    ModerationScores,
    Notice,
    PhaseEntered,
    PluginEvent,
    QueuePosition,
    RequestSent,
    RerankScores,
    ServerField,
    TranscriptSegment,
    UsageEstimated,
)
from boomerang.invoker.records.record import Outcome, Record
from boomerang.invoker.records.timeline import Timeline
from boomerang.invoker.request import InvokeType
from boomerang.playground.inspector.call_trace import KINDS, lines
from boomerang.playground.inspector.chunks import ROWS_PER_PAGE, jsonl, matching, points
from boomerang.playground.inspector.json_tree import matches
from boomerang.workbench.results.chunk_descriptions import describe, fault, fragments
from boomerang.workbench.results.shortened_values import (
    LONGEST_HEX,
    LONGEST_LIST,
    LONGEST_TEXT,
    MOST_ITEMS,
    MOST_VALUES,
    shortened,
)
from tests.invoker.answers import request_of
from tests.json_values import JSON_VALUES
from tests.playground.parsed_markup import cells
from tests.scripted import USAGE, call_chunk, embedded, structured_chunks

REMARK = 64
"""Most characters of the remark after a shortened value: its length and hash."""


def longest(value: Any) -> int:
    """Return the length of the longest text in a value."""
    match value:
        case str():
            return len(value)
        case list():
            return max(map(longest, value), default=0)
        case dict():
            return max(map(longest, value.values()), default=0)
    return 0


LONG = (
    JSON_VALUES
    | st.text(max_size=2_000)
    | st.text("0123456789abcdef", max_size=2_000)
    | st.lists(st.floats(allow_nan=False) | st.integers(), max_size=60)
    | st.lists(st.lists(st.integers(), max_size=30), max_size=4)
    | st.tuples(st.integers(), st.text("x", min_size=700, max_size=800)).map(lambda pair: [pair[0], *[pair[1]] * 20])
)


@given(LONG)
@example([1, "x" * 5_000, *range(20)])
@example({"file": "ff" * 5_000_000})
@example("\ud800" * 2_000)
@example([True] * 100)
@example([10**400] * 20)
def test_no_text_is_longer_than_the_limit(value: Any) -> None:
    short = shortened(value)
    assert longest(short) <= LONGEST_TEXT + REMARK
    json.dumps(short)


@given(st.lists(st.floats(allow_nan=False) | st.integers(), min_size=LONGEST_LIST + 1, max_size=100))
def test_a_long_vector_keeps_its_first_numbers_and_says_how_many_there_are(numbers: list[float]) -> None:
    *kept, remark = shortened(numbers)
    assert kept == numbers[:LONGEST_LIST]
    assert f"{len(numbers):,} numbers, sha256 " in remark


@given(st.text("0123456789abcdef", min_size=LONGEST_HEX + 1, max_size=3_000))
def test_bytes_in_hex_are_cut_earlier_than_words(text: str) -> None:
    short = shortened(text)
    assert short.startswith(text[:LONGEST_HEX] + "…") and f"({len(text):,} characters, sha256 " in short


SMALL = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=LONGEST_HEX),
    lambda inner: st.lists(inner, max_size=LONGEST_LIST) | st.dictionaries(st.text(max_size=9), inner, max_size=5),
    max_leaves=15,
)


@given(SMALL)
def test_small_values_are_unchanged(value: Any) -> None:
    assert shortened(value) == value


def test_many_texts_stay_many_texts() -> None:
    texts = [f"document {number}" for number in range(50)]
    assert shortened(texts) == texts


@pytest.mark.parametrize(
    "make",
    [
        lambda: {f"k{number}": number for number in range(100_000)},
        lambda: [{"a": {"b": []}} for _ in range(100_000)],
        lambda: [[["x"] * 300 for _ in range(300)] for _ in range(300)],
    ],
)
def test_a_value_of_any_size_is_cut_to_what_a_browser_draws(make: Callable[[], Any]) -> None:
    value = make()
    short = shortened(value)
    assert len(json.dumps(short)) < 50 * MOST_VALUES
    assert f"({len(value):,} items)" in json.dumps(short, ensure_ascii=False)


def test_two_long_values_that_differ_at_the_end_do_not_look_the_same() -> None:
    assert shortened("x" * 1000 + "a") != shortened("x" * 1000 + "b")
    assert shortened([0.0] * 20 + [1.0]) != shortened([0.0] * 20 + [2.0])


@pytest.mark.parametrize(
    ("chunk", "kind", "text"),
    [
        (next(iter(llm_chunks("Hello", ""))), "text", "Hello"),
        (next(iter(llm_chunks("Hello", usage=USAGE))), "text", "Hello | 7 tokens in, 9 out"),
        (next(iter(llm_chunks("<think>So"))), "reasoning", "<think>So | 0 tokens in, 0 out"),
        (next(iter(llm_chunks("", usage=USAGE))), "usage", "7 tokens in, 9 out"),
        (call_chunk(finish_reason="stop"), "end", ""),
        (next(iter(llm_chunks("", "x"))), "empty", ""),
        (call_chunk({"id": "1", "name": "add", "arguments": '{"a": 1}'}), "tool call", 'add {"a": 1}'),
        (call_chunk({"arguments": "}"}), "tool call", "… }"),
        (list(structured_chunks({"city": "Köln"}))[1], "structured output", '{"city": "Köln"} | 7 tokens in, 9 out'),
        (TTSResult.of(b"x" * 2_000, "audio/mpeg"), "audio", "2,000 bytes of audio/mpeg"),
        (TTSResult.of(b"x"), "audio", "1 byte of unknown type"),
        (ModerationResult(result=True), "result", '{"result": true}'),
    ],
)
def test_each_chunk_is_reported_in_a_word_and_in_short(chunk: Any, kind: str, text: str) -> None:
    assert describe(chunk) == (kind, text)


def test_even_a_chunk_of_many_vectors_is_reported_in_short() -> None:
    kind, content = describe(embedded([[0.5] * 1024] * 200))
    assert kind == "result" and len(content) <= LONGEST_TEXT + REMARK


def test_a_search_finds_keys_and_values_wherever_they_are() -> None:
    value = {"docs": [{"text": "Köln"}, {"text": "Oslo", "score": 0.5}], "Text": None, "none": []}
    assert matches(value, "oslo") == [("$.docs[1].text", '"Oslo"')]
    assert matches(value, "TEXT") == [("$.docs[0].text", '"Köln"'), ("$.docs[1].text", '"Oslo"'), ("$.Text", "null")]
    assert matches(value, "none") == [("$.none", "[]")]
    assert matches(value, "absent") == []


@given(JSON_VALUES, st.text(max_size=3))
def test_a_search_never_raises_and_an_empty_one_finds_every_leaf(value: Any, text: str) -> None:
    assert {path for path, _ in matches(value, text)} <= {path for path, _ in matches(value, "")}


def test_encoded_bytes_are_cut_early_and_long_words_are_not() -> None:
    picture = "data:image/png;base64," + "QUJD" * 1_000
    assert shortened(picture).startswith(picture[:LONGEST_HEX] + "…")
    assert shortened("QUJD" * 1_000).startswith(("QUJD" * 1_000)[:LONGEST_HEX] + "…")
    text = "A sentence of words, " * 100
    assert shortened(text).startswith(text[:LONGEST_TEXT] + "…")


def test_of_very_many_items_the_first_are_shown_and_the_rest_is_counted() -> None:
    *kept, remark = shortened([[0.5] * 3] * 1_000)
    assert len(kept) == MOST_ITEMS and "1,000 items" in remark


def test_each_piece_of_a_tool_call_is_known_by_its_chunk_and_its_call() -> None:
    chunks = [
        (3, call_chunk({"id": "a", "name": "add", "arguments": '{"x"'}, {"id": "b", "name": "get", "arguments": "{"})),
        (4, call_chunk({"arguments": ": 1}"}, {"arguments": "}"})),
        (7, call_chunk({"id": "a", "arguments": " "})),
    ]
    pieces, calls = fragments(chunks)
    assert [(piece.chunk, piece.call) for piece in pieces] == [(3, 1), (3, 2), (4, 1), (4, 2), (7, 1)]
    assert [call.function.arguments for call in calls] == ['{"x": 1} ', "{}"]


@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(["", "a", "b"]), st.sampled_from(["", "f"]), st.text("{}x", max_size=2)), max_size=3)
    )
)
def test_the_pieces_of_a_call_are_its_arguments(stream: list[list[tuple[str, str, str]]]) -> None:
    chunks = [call_chunk(*({"id": i, "name": n, "arguments": a} for i, n, a in parts)) for parts in stream]
    pieces, calls = fragments(list(enumerate(chunks)))
    for number, call in enumerate(calls, 1):
        assert "".join(piece.arguments for piece in pieces if piece.call == number) == call.function.arguments


@pytest.mark.parametrize(
    ("arguments", "wrong"), [('{"a": 1}', None), ("", None), ('{"a":', "Expecting value"), ("[1]", "not an object")]
)
def test_joined_arguments_are_json_or_it_is_said_why_not(arguments: str, wrong: str | None) -> None:
    matches = fault(arguments)
    assert matches is None if wrong is None else wrong in (matches or "")


def streamed(texts: Sequence[str], gap: float = 0.01) -> Record[Any]:
    """Return the record of a stream."""
    record: Record[Any] = Record(request_of(InvokeType.LLM), "scripted")
    record.chunks.extend(llm_chunks(*texts, usage=USAGE))
    record.times.extend(gap * (at + 1) for at in range(len(texts)))
    record.seconds, record.outcome = gap * (len(texts) + 1), Outcome.COMPLETED
    return record


@given(st.lists(st.sampled_from(["a", "<think>", "</think>", "", "xyz"]), min_size=1, max_size=1_200), st.floats(0, 1))
def test_the_points_of_the_picture_have_every_chunk_once(texts: list[str], gap: float) -> None:
    timeline = Timeline(streamed(texts, gap))
    matches = points(timeline, in_characters=True)
    assert len(matches) <= 500
    assert matches[-1].total == sum(map(len, texts))
    ranges = [point.numbers.split("–") for point in matches]
    assert int(ranges[0][0]) == 0 and int(ranges[-1][-1]) == len(texts) - 1
    assert all(int(before[-1]) + 1 == int(after[0]) for before, after in pairwise(ranges))


def test_a_filter_lets_its_chunks_through() -> None:
    timeline = Timeline(streamed(["<think>", "a", "</think>b", "", "c"]))
    assert list(matching(timeline, [2, 4], "all")) == [0, 1, 2, 3, 4]
    assert list(matching(timeline, [2, 4], "pauses")) == [2, 4]
    assert list(matching(timeline, [], "reasoning")) == [0, 1]
    assert list(matching(timeline, [], "empty")) == [3]


def test_exchanges_are_lines_under_the_back_end_with_their_durations() -> None:
    record = streamed(["a", "b"], gap=2.0)
    record.events.extend(
        [
            PhaseEntered("loading", seconds=0.5),
            PhaseEntered("reading", seconds=1.0),
            ModelExchange("piece 1 of 2", seconds=3.0),
            ModelExchange("POST /chat", took=1.5, seconds=5.0),
            ModelExchange("unknown length", seconds=5.5),
        ]
    )
    matches = [(line, span.start, span.end) for line, span in lines(record, Timeline(record))]
    assert matches[0] == ("session.model.llm", 0.0, 6.0)
    assert [line for line, *_ in matches[1:4]] == ["back end scripted"] * 3
    assert matches[-3:] == [
        ("piece 1 of 2 · 2.00 s", 1.0, 3.0),
        ("POST /chat · 1.50 s", 3.5, 5.0),
        ("unknown length", 5.5, 5.5),
    ]


def page() -> None:
    import streamlit

    from boomerang.playground.inspector import tabs

    calls = tabs.Calls("moderation", form={"text": "print('code')"}, made={})
    tabs.draw(streamlit.session_state["record"], calls, "x.inspector")


TABS = ("Metrics", "Sent", "Received", "Chunks", "Log", "Code")


def opened(record: Record[Any] | None, tab: str) -> AppTest:
    at = AppTest.from_function(page, default_timeout=30)
    at.session_state["record"] = record
    at.session_state["x.inspector"] = tab
    at.run()
    assert not at.exception, at.exception
    assert [tab.label for tab in at.tabs] == list(TABS)
    return at


RECORDS: dict[str, Callable[[], Record[Any] | None]] = {
    "nothing yet": lambda: None,
    "under way, nothing came": lambda: Record(request_of(InvokeType.LLM), "scripted"),
    "one chunk of 5 MB": lambda: streamed(["<b>![x](http://elsewhere.example/x.png) " * 125_000]),
    "half characters": lambda: streamed(["\ud83d", "\ude00\udc00", "x"]),
    "calls": lambda: recorded(
        [call_chunk({"id": "1", "name": "\ud800", "arguments": '{"a'}), call_chunk({"arguments": '": 1}'})]
    ),
    "vectors": lambda: recorded([embedded([[0.5] * 1_024] * 700)], InvokeType.TEXT_EMBEDDING),
    "speech": lambda: recorded([TTSResult.of(b"x" * 900, None), TTSResult.of(b"y", "audio/mpeg")], InvokeType.TTS),
}


def recorded(chunks: list[Any], invoke_type: InvokeType = InvokeType.LLM) -> Record[Any]:
    record: Record[Any] = Record(request_of(invoke_type), "scripted")
    record.chunks.extend(chunks)
    record.times.extend(0.5 * (at + 1) for at in range(len(chunks)))
    record.seconds, record.outcome = 9.0, Outcome.COMPLETED
    return record


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("name", RECORDS)
def test_every_tab_can_be_drawn_of_every_record(name: str, tab: str) -> None:
    opened(RECORDS[name](), tab)


def test_a_tab_of_a_language_that_was_left_gives_way_to_the_first() -> None:
    at = AppTest.from_function(page, default_timeout=30)
    at.session_state["record"] = None
    at.session_state["x.inspector"] = "收到"
    at.run()
    assert not at.exception
    assert "Timing and token counts" in at.caption[0].value


def test_of_very_many_chunks_one_page_is_drawn_and_the_picture_is_put_together() -> None:
    at = opened(streamed(["ab "] * 20_000), "Chunks")
    assert len(at.dataframe[0].value) == ROWS_PER_PAGE
    assert "1 to 200 of 20,000" in [caption.value for caption in at.caption]
    at.session_state["x.inspector.all.page"] = 100
    at.run()
    assert at.dataframe[0].value["#"].iloc[-1] == 19_999


def test_a_record_under_way_is_read_on_from_where_it_was() -> None:
    record = streamed(["a"] * 5)
    record.seconds, record.outcome = None, Outcome.RUNNING
    at = opened(record, "Chunks")
    assert len(at.dataframe[0].value) == 5
    record.chunks.extend(llm_chunks("b", "c"))
    record.times.extend([1.0, 2.0])
    at.run()
    assert not at.exception and len(at.dataframe[0].value) == 7


def test_the_numbers_have_their_rules_and_origins_beside_them() -> None:
    at = opened(streamed(["a", "b"]), "Metrics")
    columns, *rows = cells(at.html[-1].body)
    assert columns == ["Metric", "Value", "Source", "Definition"]
    origins = {row[0]: row[2] for row in rows}
    assert origins["Tokens in"] == "reported" and origins["Total"] == "measured" and origins["Cost"] == "missing"


def test_all_chunks_can_be_downloaded_one_to_a_line() -> None:
    record = streamed(["a", "\ud83d", "b\n"])
    rows = [json.loads(line) for line in jsonl(record).splitlines()]
    assert [row["chunk"]["delta"]["message"]["content"] for row in rows] == ["a", "\ud83d", "b\n"]
    assert [row["seconds"] for row in rows] == list(record.times)


EXAMPLES: list[Event] = [
    PhaseEntered("reading"),
    QueuePosition(2),
    Notice("so it is"),
    RequestSent(None),
    ModelExchange("piece 1 of 1", (UserPromptMessage(content="c"),), "a"),
    HTTPRequest("POST", "http://x/v1/chat"),
    HTTPResponse(200),
    HTTPEnd(3),
    ModerationScores({"hate": 0.5}),
    RerankScores(((0, 0.5),)),
    TranscriptSegment(0.0, 1.0, "Hello", 2.0),
    ArgumentsNotSent(("input_type",)),
    UsageEstimated(),
    ServerField("field", {"a": 1}),
    FrameReceived(0, 2, "{}"),
    PluginEvent("{}", 2),
]


def test_every_kind_of_event_has_a_name_and_can_be_drawn() -> None:
    record = streamed(["a"])
    drawn = [event for event in EXAMPLES if not isinstance(event, RequestSent)]
    record.events.extend(EXAMPLES)
    assert set(KINDS) == set(EVENT_TYPES) - {RequestSent} and {type(event) for event in EXAMPLES} == set(EVENT_TYPES)
    at = opened(record, "Log")
    assert not at.exception
    table = at.dataframe[0].value
    assert list(table["item"]) == [KINDS[type(event)] for event in drawn] and "Prompt processing" in list(table["text"])
