"""Tests for structured output: constrained to the schema by the runtime, validated, and refused where that is impossible."""

from __future__ import annotations

from typing import Any

import pytest

from boomerang.invoker.backends.embedded.tasks.llm import Llama
from boomerang.invoker.backends.embedded.tasks.structured_output import stream_structured
from boomerang.invoker.entities.llm.chunk import LLMResultChunkWithStructuredOutput
from boomerang.invoker.entities.llm.result import LLMResultWithStructuredOutput
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.events import Event, Notice
from boomerang.invoker.run import Run
from tests.invoker.backends.embedded.asking import TOOLS, structured_request

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "born": {"type": "integer"}, "city": {"type": "string"}},
    "required": ["name", "born", "city"],
}


@pytest.mark.slow
def test_the_default_model_fills_a_schema(qwen: Llama) -> None:
    request = structured_request(qwen, "Ada Lovelace, born 1815 in London, was a mathematician.", PERSON)
    chunks = list(stream_structured(qwen, request, Run()))
    *pieces, last = chunks
    assert all(chunk.structured_output is None and chunk.delta.message.content for chunk in pieces)
    assert last.structured_output == {"name": "Ada Lovelace", "born": 1815, "city": "London"}
    assert last.delta.message.content == ""
    assert last.delta.finish_reason == "stop"
    assert last.delta.usage is not None
    assert LLMResultWithStructuredOutput.of(chunks).structured_output == last.structured_output


def refused(llama: Llama, schema: dict[str, Any], *, stop: list[str] | None = None, **params: Any) -> tuple[Any, list[Any]]:
    chunks: list[LLMResultChunkWithStructuredOutput] = []
    with pytest.raises(InvokeBadRequestError) as caught:
        chunks.extend(stream_structured(llama, structured_request(llama, "Bob is 30.", schema, stop, **params), Run()))
    return caught.value, chunks


def field_of(name: str, rule: object) -> dict[str, Any]:
    return {"type": "object", "properties": {name: rule}, "required": [name]}


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({}, "empty"),
        ({"type": "array"}, 'its type is "array"'),
        (field_of("a", {"type": "wurst"}), "at $.properties.a.type: "),
        (field_of("a", {"$ref": "#/$defs/gone"}), "cannot resolve $ref #/$defs/gone"),
    ],
)
def test_a_schema_that_cannot_be_kept_to_is_refused(smollm2: Llama, schema: dict[str, Any], text: str) -> None:
    error, _ = refused(smollm2, schema)
    assert error.field == "structured_output_schema"
    assert text in str(error)


def test_an_answer_that_is_cut_says_so_and_keeps_its_text(smollm2: Llama) -> None:
    chunks: list[LLMResultChunkWithStructuredOutput] = []
    with pytest.raises(InvokeBadRequestError, match="cut after 5 tokens") as caught:
        for chunk in stream_structured(smollm2, structured_request(smollm2, "Bob is 30.", PERSON, max_tokens=5), Run()):
            chunks.append(chunk)
    assert caught.value.field == "max_tokens"
    assert "".join(chunk.delta.message.get_text_content() for chunk in chunks).lstrip().startswith("{")
    assert chunks[-1].delta.usage is not None


def test_a_stop_word_that_cuts_the_answer_is_named(smollm2: Llama) -> None:
    error, _ = refused(smollm2, PERSON, stop=["born"])
    assert error.field == "stop"


def test_tools_are_left_out_with_a_notice(smollm2: Llama) -> None:
    notes: list[Event] = []
    request = structured_request(smollm2, "Bob is 30.", field_of("ok", {"type": "boolean"}))
    request = request.model_copy(update={"tools": type(request).model_validate(request.model_dump() | {"tools": TOOLS}).tools})
    assert list(stream_structured(smollm2, request, Run(notes.append)))[-1].structured_output is not None
    assert [str(note.message) for note in notes if isinstance(note, Notice)] == [
        "Tools left out (get_weather, add): the schema leaves the answer no room for calls."
    ]


def test_where_the_runtime_cannot_keep_to_the_schema_a_notice_says_so(smollm2: Llama) -> None:
    notes: list[Event] = []
    schema = field_of("a", {"type": "integer", "multipleOf": 1_000_003})
    list(stream_structured(smollm2, structured_request(smollm2, "Bob is 30.", schema, seed=1), Run(notes.append)))
    (notice,) = [str(note.message) for note in notes if isinstance(note, Notice)]
    assert "$.a: expected multipleOf: 1000003, found " in notice
