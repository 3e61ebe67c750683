"""Any split and any changed byte of an answer: no crash, no hang, bounded memory, and only typed errors."""

from __future__ import annotations

import json
import struct
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.backends.dify.error_text import unfold
from boomerang.invoker.backends.dify.frames import HEADER, MOST_BYTES, split
from boomerang.invoker.errors import InvokeError, ProtocolError
from boomerang.invoker.request import InvokeType
from boomerang.invoker.run import Run

from .captures import VERSIONS, Capture, capture, captures
from .replay import replaying
from .test_captures import outcome

STREAMED = [item for item in captures() if item.streamed]
streamed = st.sampled_from(STREAMED)


def framed(data: bytes) -> bytes:
    return struct.pack("<BBHI6s", 15, 0, 10, len(data), bytes(6)) + data


def pieces(body: bytes, cuts: list[int]) -> list[bytes]:
    ends = sorted({cut % (len(body) + 1) for cut in cuts} | {len(body)})
    return [body[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@given(streamed, st.lists(st.integers(0, 10_000), max_size=20))
def test_any_split_is_read_the_same(item: Capture, cuts: list[int]) -> None:
    assert outcome(pieces(item.body, cuts), item) == outcome([item.body], item)


@given(
    streamed, st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4), st.integers(0, 10_000)
)
def test_any_changed_byte_is_an_answer_or_a_typed_error(item: Capture, changed: list[tuple[int, int]], cut: int) -> None:
    body = bytearray(item.body)
    for at, value in changed:
        body[at % len(body)] = value
    outcome(pieces(bytes(body), [cut]), item)  # raises nothing but an InvokeError, which it returns


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_a_typed_error(body: bytes) -> None:
    outcome([body], STREAMED[0])


KEYS = ["data", "error", "delta", "message", "model", "usage", "tool_calls", "content", "index", "function"]
leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
json_values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(KEYS), inner), max_leaves=20)


@given(json_values)
def test_any_json_in_a_frame_is_an_answer_or_a_typed_error(value: object) -> None:
    outcome([framed(json.dumps(value).encode())], STREAMED[0])


@given(st.text(max_size=300) | st.text(max_size=50).map(lambda text: "PluginInvokeError: {" + text))
def test_any_error_text_can_be_unfolded(text: str) -> None:
    unfolded = unfold(text)
    assert unfolded.speakers and str(unfolded.message)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (struct.pack("<BBHI6s", 15, 0, 10, MOST_BYTES + 1, bytes(6)), "announces"),
        (struct.pack("<BBHI6s", 15, 0, 11, 5, bytes(6)), "header length is 11"),
        (struct.pack("<BBHI6s", 15, 1, 10, 5, bytes(6)), "reserved"),
        (struct.pack("<BBHI6s", 15, 0, 10, 5, b"\0\0\0\0\0\1"), "reserved"),
        (framed(b"{}")[:-1], "cut off"),
        (b"\x0f", "cut off"),
        (framed(b'{"data":null,"error":""}') + b"x", "neither data nor an error|byte 120"),
        (b"\x10abc", "byte 16"),
        (b'{"data":{"x"', "cut off"),
        (framed(b"no json"), "JSON"),
        (framed(b""), "JSON"),
        (framed(b"\xff\xfe"), "JSON"),
    ],
)
def test_a_broken_stream_says_what_is_wrong(body: bytes, text: str) -> None:
    import re

    _, error = outcome([body], STREAMED[0])
    assert re.search(text, error), error


def test_a_frame_at_the_limit_is_announced_without_taking_memory() -> None:
    tracemalloc.start()
    with pytest.raises(ProtocolError, match="cut off"):
        list(split(iter([struct.pack("<BBHI6s", 15, 0, 10, MOST_BYTES, bytes(6)), b"{"])))
    assert tracemalloc.get_traced_memory()[1] < 100_000
    tracemalloc.stop()


def test_a_large_frame_takes_at_most_three_times_its_size() -> None:
    text = "x" * (4 * 2**20)
    body = framed(
        json.dumps({"data": {"model": "m", "delta": {"index": 0, "message": {"content": text}}}, "error": ""}).encode()
    )

    def arriving() -> Iterator[bytes]:
        for at in range(0, len(body), 65_536):
            yield body[at : at + 65_536]

    from boomerang.invoker.backends.dify.envelopes import EnvelopeReader

    reader = EnvelopeReader(InvokeType.LLM, "m", 200, lambda *_, **__: None)
    tracemalloc.start()
    chunks = [reader.read(frame.data) for frame in split(arriving())]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(chunks) == 1 and peak < 3 * len(body)
    assert HEADER == 14


def test_values_nested_in_a_frame_are_limited_in_memory() -> None:
    hostile = b'{"data":{"structured_output":{"a":[' + b"[]," * 3_500_000 + b"[]]}}}"
    item = Capture("1.16.0-rc1", "hostile", "/invoke/llm", "{}", 200, "text/event-stream", framed(hostile))
    request = capture(VERSIONS[0], "llm_stream").request()
    assert request is not None
    with replaying(item, 2**20) as (backend, _), pytest.raises(InvokeError, match="memory"):
        list(backend.invoke(request, Run()))


@pytest.mark.parametrize(
    ("chunk", "content"),
    [
        ({"model": "m", "delta": {"index": 0, "message": {"role": "assistant", "content": []}}}, []),
        ({"model": "m", "delta": {"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": None}}}, None),
        ({"model": "m", "delta": {"index": 0, "message": {"content": "a"}, "usage": {"prompt_tokens": 3}}}, "a"),
        ({"delta": {"message": {"content": "a", "name": None, "tool_calls": [{"function": {"arguments": "{}"}}]}}}, "a"),
    ],
)  # fmt: skip
def test_fields_that_are_missing_are_filled(chunk: dict[str, object], content: object) -> None:
    [read], error = outcome([framed(json.dumps({"data": chunk, "error": ""}).encode())], STREAMED[0])
    assert (read.delta.message.content, error) == (content, "")
