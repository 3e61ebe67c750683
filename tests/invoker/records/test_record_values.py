"""Tests that a record is the same after writing and reading it."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import fields
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.entities.content import MultiModalContent
from boomerang.invoker.entities.entity import Entity
from boomerang.invoker.entities.llm.chunk import LLMResultChunk, LLMResultChunkWithStructuredOutput
from boomerang.invoker.entities.message import AssistantPromptMessage, ToolPromptMessage, UserPromptMessage
from boomerang.invoker.entities.moderation import ModerationResult
from boomerang.invoker.entities.rerank import MultiModalRerankResult, RerankResult
from boomerang.invoker.entities.speech2text import Speech2TextResult
from boomerang.invoker.entities.summary import SummaryResult
from boomerang.invoker.entities.text_embedding import MultiModalEmbeddingResult, TextEmbeddingResult
from boomerang.invoker.entities.tts import TTSResult
from boomerang.invoker.errors import ConfigError, CredentialsValidateFailedError, InvokeError, RunStoppedError
from boomerang.invoker.events import (
    EVENT_TYPES,
    ArgumentsNotSent,
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
from boomerang.invoker.invocations.request_types import CHUNK_TYPES, REQUEST_TYPES
from boomerang.invoker.messages.message import Message
from boomerang.invoker.records.error_values import INVOKE_ERRORS, UnknownRecordedError, dump_error, load_error
from boomerang.invoker.records.record import Outcome, Record
from boomerang.invoker.records.record_values import VERSION, dump, load
from boomerang.invoker.request import InvokeType, Request
from tests.invoker.answers import request_of
from tests.invoker.entities.test_laws import (
    INPUTS,
    assistants,
    content,
    counts,
    json_values,
    maybe,
    numbers,
    short_texts,
)

texts = st.lists(short_texts, max_size=3)
media = st.binary(max_size=8) | st.binary(min_size=600, max_size=700)
files = st.fixed_dictionaries(
    {
        "type": st.just("image"),
        "format": short_texts,
        "mime_type": short_texts,
        "base64_data": media.map(lambda data: data.hex()),
    }
)
user_messages = st.fixed_dictionaries({"role": st.just("user"), "content": content | st.lists(files, max_size=2)})
assistant_messages = assistants.map(lambda fields: fields | {"role": "assistant"})
tool_messages = st.fixed_dictionaries({"role": st.just("tool"), "content": content, "tool_call_id": short_texts})
messages = st.lists(user_messages | assistant_messages | tool_messages, max_size=3)
tools = st.none() | st.lists(
    st.fixed_dictionaries(
        {"name": short_texts, "description": short_texts, "parameters": st.dictionaries(short_texts, json_values)}
    ),
    max_size=2,
)
config = {"provider": short_texts, "model": short_texts}
llm = {
    **config,
    "mode": short_texts,
    "completion_params": st.dictionaries(short_texts, json_values),
    "prompt_messages": messages,
    "tools": tools,
    "stop": st.none() | texts,
    "stream": st.booleans(),
}
input_types = st.sampled_from(["query", "document"])
multimodal = INPUTS[MultiModalContent]
REQUEST_FIELDS: dict[InvokeType, dict[str, st.SearchStrategy[Any]]] = {
    InvokeType.LLM: llm,
    InvokeType.LLM_STRUCTURED_OUTPUT: llm | {"structured_output_schema": st.dictionaries(short_texts, json_values)},
    InvokeType.SYSTEM_SUMMARY: {
        "text": short_texts,
        "instruction": short_texts,
        "min_summarize_length": counts,
        "system_model": maybe,
    },
    InvokeType.TEXT_EMBEDDING: {**config, "texts": texts, "input_type": input_types},
    InvokeType.MULTIMODAL_EMBEDDING: {
        **config,
        "tenant_id": short_texts,
        "documents": st.lists(multimodal, max_size=2),
        "input_type": input_types,
    },
    InvokeType.RERANK: {**config, "score_threshold": numbers, "top_n": counts, "docs": texts, "query": short_texts},
    InvokeType.MULTIMODAL_RERANK: {
        **config,
        "score_threshold": st.none() | numbers,
        "top_n": st.none() | counts,
        "docs": st.lists(multimodal, max_size=2),
        "query": multimodal,
    },
    InvokeType.TTS: {**config, "voice": short_texts, "content_text": short_texts},
    InvokeType.SPEECH2TEXT: {**config, "file": media},
    InvokeType.MODERATION: {**config, "text": short_texts},
}
CHUNK_FIELDS: dict[type[Entity], type[Entity]] = {
    LLMResultChunk: LLMResultChunkWithStructuredOutput,
    MultiModalEmbeddingResult: TextEmbeddingResult,
    MultiModalRerankResult: RerankResult,
    LLMResultChunkWithStructuredOutput: LLMResultChunkWithStructuredOutput,
    **{
        kind: kind
        for kind in (SummaryResult, TextEmbeddingResult, RerankResult, TTSResult, Speech2TextResult, ModerationResult)
    },
}
"""Chunk type → the entity whose input fits it."""

message_values = st.builds(
    Message,
    st.just("records.version"),
    found=short_texts | st.builds(Message, st.just("records.unreadable"), fault=short_texts),
    known=counts,
)
strings = st.dictionaries(short_texts, short_texts, max_size=3)
seconds = st.floats(0, 1e6)
requests = st.sampled_from(InvokeType).flatmap(lambda invoke_type: request_for(invoke_type))
turns = st.builds(UserPromptMessage, content=short_texts) | st.builds(
    ToolPromptMessage, content=short_texts, tool_call_id=short_texts
)
turns |= assistants.map(AssistantPromptMessage.model_validate)
EVENTS = [
    st.builds(PhaseEntered, short_texts, seconds=seconds),
    st.builds(QueuePosition, counts, seconds=seconds),
    st.builds(Notice, short_texts | message_values, st.lists(short_texts | counts).map(tuple), seconds=seconds),
    st.builds(RequestSent, st.none() | requests, seconds=seconds),
    st.builds(
        ModelExchange, short_texts, st.lists(turns, max_size=2).map(tuple), short_texts, st.none() | seconds, seconds=seconds
    ),
    st.builds(
        HTTPRequest,
        short_texts,
        short_texts,
        strings,
        strings,
        short_texts,
        st.none() | strings,
        st.dictionaries(short_texts, strings, max_size=2),
        st.none() | counts,
        seconds=seconds,
    ),
    st.builds(HTTPResponse, counts, short_texts, short_texts, strings, short_texts, st.none() | seconds, seconds=seconds),
    st.builds(HTTPEnd, counts, short_texts, st.none() | seconds, seconds=seconds),
    st.builds(
        ModerationScores,
        st.dictionaries(short_texts, numbers),
        texts.map(tuple),
        st.none() | numbers,
        short_texts,
        short_texts,
        st.none() | counts,
        seconds=seconds,
    ),
    st.builds(RerankScores, st.lists(st.tuples(counts, numbers)).map(tuple), short_texts, short_texts, seconds=seconds),
    st.builds(TranscriptSegment, seconds, seconds, short_texts, st.none() | seconds, seconds=seconds),
    st.builds(ArgumentsNotSent, texts.map(tuple), seconds=seconds),
    st.builds(UsageEstimated, seconds=seconds),
    st.builds(ServerField, short_texts, json_values, seconds=seconds),
    st.builds(FrameReceived, counts, counts, short_texts, st.booleans(), seconds=seconds),
    st.builds(PluginEvent, short_texts, counts, seconds=seconds),
]
KNOWN = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("backend", "provider", "model", "field", "body", "url", "request_id", "clock", "trace"), short_texts),
        "type_inferred": st.booleans(),
        "speakers": st.lists(st.tuples(short_texts, short_texts), max_size=2).map(tuple),
        "status_code": counts,
        "retry_after": seconds,
        "seconds": seconds,
        "answered": st.booleans(),
        "hint": short_texts | message_values,
    },
)


def request_for(invoke_type: InvokeType) -> st.SearchStrategy[Request[Any]]:
    """Draw a request of a kind."""
    return st.fixed_dictionaries(REQUEST_FIELDS[invoke_type]).map(REQUEST_TYPES[invoke_type].model_validate)


@st.composite
def errors(draw: st.DrawFn) -> BaseException:
    """Draw an error of any type."""
    if draw(st.booleans()):
        kind = draw(st.sampled_from(list(INVOKE_ERRORS.values())))
        error = kind.__new__(kind)
        InvokeError.__init__(error, draw(short_texts | message_values))
        for name, value in draw(KNOWN).items():
            setattr(error, name, value)
        return error
    config_error = st.builds(ConfigError, short_texts | message_values, field=maybe)
    credentials = st.builds(CredentialsValidateFailedError, short_texts)
    unknown = st.builds(UnknownRecordedError, short_texts, st.just("ZeroDivisionError"), maybe)
    return draw(config_error | credentials | unknown | st.builds(RunStoppedError))


@st.composite
def records(draw: st.DrawFn) -> Record[Any]:
    """Draw a record of any invocation."""
    invoke_type = draw(st.sampled_from(InvokeType))
    chunk_type: Any = CHUNK_TYPES[invoke_type]
    chunks = draw(st.lists(INPUTS[CHUNK_FIELDS[chunk_type]].map(chunk_type.model_validate), max_size=3))
    return Record(
        request=draw(request_for(invoke_type)),
        backend=draw(short_texts),
        id=draw(short_texts),
        started_at=draw(st.datetimes(timezones=st.just(UTC))),
        chunks=chunks,
        times=draw(st.lists(seconds, min_size=len(chunks), max_size=len(chunks))),
        events=draw(st.lists(st.one_of(EVENTS), max_size=4)),
        outcome=draw(st.sampled_from(Outcome)),
        error=draw(st.none() | errors()),
        seconds=draw(st.none() | seconds),
    )


def known(error: BaseException | None) -> Any:
    """Return everything that distinguishes one error from another."""
    if not isinstance(error, Exception):
        return error
    return type(error), str(error), {name: value for name, value in vars(error).items() if value not in (None, "")}


@given(records())
def test_a_record_is_read_back_without_loss(record: Record[Any]) -> None:
    written = json.loads(json.dumps(dump(record)))
    again = load(written)
    for field in fields(Record):
        if field.name not in ("error", "_clock", "_worked_out"):
            assert getattr(again, field.name) == getattr(record, field.name), field.name
    assert type(again.request) is type(record.request)
    assert [type(event) for event in again.events] == [type(event) for event in record.events]
    assert known(again.error) == known(record.error)
    assert again.sent == record.sent


def test_every_request_chunk_and_event_takes_part() -> None:
    assert set(REQUEST_FIELDS) == set(CHUNK_TYPES) == set(InvokeType)
    assert len(EVENTS) == len(EVENT_TYPES)


def test_an_error_of_a_foreign_type_keeps_its_name_and_traceback() -> None:
    try:
        raise ZeroDivisionError("ours")
    except ZeroDivisionError as error:
        written = dump_error(error)
    again = load_error(written)
    assert isinstance(again, UnknownRecordedError) and again.type_name == "ZeroDivisionError"
    assert dump_error(again) == written


def test_a_message_of_another_version_is_read_as_its_english_text() -> None:
    record: Record[Any] = Record(
        request_of(InvokeType.LLM), "scripted", events=[Notice(Message("records.version", found="a", known=1))]
    )
    written = dump(record)
    written["events"][0]["message"]["id"] = "gone.id"
    assert load(written).notices() == [str(record.notices()[0])]


@pytest.mark.parametrize("values", [{}, {"version": 1}, {"version": VERSION + 1}, [], None, "text"])
def test_another_version_is_refused(values: Any) -> None:
    with pytest.raises(ConfigError, match=f"this Boomerang reads version {VERSION}"):
        load(values)


@pytest.mark.parametrize("missing", ["id", "request", "events", "chunks", "media", "invoke_type"])
def test_what_is_no_record_is_refused(missing: str) -> None:
    written = dump(Record(request_of(InvokeType.LLM), "scripted"))
    del written[missing]
    with pytest.raises(ConfigError, match=f"not a readable record: KeyError: '{missing}'"):
        load(written)


def test_media_are_written_once() -> None:
    data = bytes(range(256)) * 40
    image = {"type": "image", "format": "png", "mime_type": "image/png", "base64_data": b64encode(data).decode()}
    request = request_of(InvokeType.LLM).model_copy()
    request = type(request).model_validate(
        request.model_dump() | {"prompt_messages": [{"role": "user", "content": [image, image]}]}
    )
    record: Record[Any] = Record(request, "scripted", events=[RequestSent(request)])
    text = json.dumps(dump(record))
    assert text.count(image["base64_data"]) == 1
    assert load(json.loads(text)).sent == request
