"""Property tests that hold for every entity."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.entities.content import MultiModalContent
from boomerang.invoker.entities.entity import Entity, I18nObject
from boomerang.invoker.entities.llm.chunk import LLMResultChunkWithStructuredOutput, LLMUsage
from boomerang.invoker.entities.llm.request import LLMModelConfig
from boomerang.invoker.entities.llm.result import LLMResult
from boomerang.invoker.entities.message import AssistantPromptMessage, ToolPromptMessage, UserPromptMessage
from boomerang.invoker.entities.model import PriceConfig
from boomerang.invoker.entities.moderation import ModerationResult
from boomerang.invoker.entities.parameter import ParameterRule
from boomerang.invoker.entities.rerank import RerankResult
from boomerang.invoker.entities.speech2text import Speech2TextResult
from boomerang.invoker.entities.summary import SummaryResult
from boomerang.invoker.entities.text_embedding import EmbeddingUsage, TextEmbeddingResult
from boomerang.invoker.entities.tools import ToolCall
from boomerang.invoker.entities.tts import TTSResult

short_texts = st.text(max_size=10)
maybe = st.none() | short_texts
numbers = st.floats(allow_nan=False, allow_infinity=False)
prices = st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=0, max_value=1000).map(str)
counts = st.integers(0, 10**9)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | short_texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(short_texts, inner),
)

USAGE_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")
usages = st.fixed_dictionaries(
    {
        name: counts
        if name in USAGE_COUNTS
        else short_texts
        if name == "currency"
        else numbers
        if name == "latency"
        else prices
        for name in LLMUsage.model_fields
    }
)
embedding_usages = st.fixed_dictionaries(
    {
        name: counts
        if name.endswith("tokens")
        else short_texts
        if name == "currency"
        else numbers
        if name == "latency"
        else prices
        for name in EmbeddingUsage.model_fields
    }
)
file_fields = {
    "format": short_texts,
    "mime_type": short_texts,
    "base64_data": short_texts,
    "url": short_texts,
    "filename": short_texts,
}
contents = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "data": short_texts, "opaque_body": json_values}),
    st.fixed_dictionaries({"type": st.just("image"), "detail": st.sampled_from(["low", "high"]), **file_fields}),
    st.fixed_dictionaries({"type": st.sampled_from(["audio", "video", "document"]), **file_fields}),
)
content = maybe | st.lists(contents, max_size=3)
tool_calls = st.fixed_dictionaries(
    {"id": maybe, "type": maybe, "function": st.fixed_dictionaries({"name": maybe, "arguments": maybe})}
)
assistants = st.fixed_dictionaries(
    {"content": content, "name": maybe, "tool_calls": st.lists(tool_calls, max_size=3), "opaque_body": json_values}
)
deltas = st.fixed_dictionaries({"index": counts, "message": assistants, "usage": st.none() | usages, "finish_reason": maybe})
i18n = st.fixed_dictionaries({"en_US": short_texts}, optional={"zh_Hans": maybe, "pt_BR": maybe, "ja_JP": maybe})
docs = st.fixed_dictionaries({"index": counts, "text": short_texts, "score": numbers})

INPUTS: dict[type[Entity], st.SearchStrategy[dict[str, Any]]] = {
    I18nObject: i18n,
    ParameterRule: st.fixed_dictionaries(
        {"name": short_texts, "type": st.sampled_from(["float", "int", "string", "boolean", "text"])},
        optional={"label": st.none() | i18n, "default": json_values, "min": numbers, "use_template": maybe},
    ),
    PriceConfig: st.fixed_dictionaries(
        {"input": prices, "unit": prices, "currency": short_texts, "output": st.none() | prices}
    ),
    UserPromptMessage: st.fixed_dictionaries({"content": content, "name": maybe}),
    ToolPromptMessage: st.fixed_dictionaries({"content": content, "tool_call_id": short_texts}),
    AssistantPromptMessage: assistants,
    ToolCall: tool_calls,
    LLMModelConfig: st.fixed_dictionaries(
        {
            "provider": short_texts,
            "model": short_texts,
            "mode": short_texts,
            "completion_params": st.dictionaries(short_texts, json_values),
        }
    ),
    LLMUsage: usages,
    LLMResultChunkWithStructuredOutput: st.fixed_dictionaries(
        {"model": short_texts, "delta": deltas, "structured_output": st.none() | st.dictionaries(short_texts, json_values)}
    ),
    LLMResult: st.fixed_dictionaries(
        {"model": short_texts, "message": assistants, "usage": usages, "system_fingerprint": maybe}
    ),
    SummaryResult: st.fixed_dictionaries({"summary": short_texts}),
    TextEmbeddingResult: st.fixed_dictionaries(
        {"model": short_texts, "embeddings": st.lists(st.lists(numbers, max_size=3), max_size=3), "usage": embedding_usages}
    ),
    RerankResult: st.fixed_dictionaries({"model": short_texts, "docs": st.lists(docs, max_size=3)}),
    MultiModalContent: st.fixed_dictionaries({"content": short_texts, "content_type": st.sampled_from(["text", "image"])}),
    TTSResult: st.fixed_dictionaries({"result": short_texts, "mime_type": maybe}),
    Speech2TextResult: st.fixed_dictionaries({"result": short_texts}),
    ModerationResult: st.fixed_dictionaries({"result": st.booleans()}),
}


@pytest.mark.parametrize("entity", INPUTS, ids=lambda entity: entity.__name__)
@given(data=st.data())
def test_a_dump_read_back_is_the_same_entity_and_the_same_dump(entity: type[Entity], data: st.DataObject) -> None:
    first = entity.model_validate(data.draw(INPUTS[entity]))
    written = first.model_dump_json()
    again = entity.model_validate_json(written)
    assert again == first
    assert again.model_dump_json() == written
    assert entity.model_validate(first.model_dump()) == first


@pytest.mark.parametrize("entity", INPUTS, ids=lambda entity: entity.__name__)
@given(data=st.data())
def test_unknown_keys_are_ignored_and_every_declared_key_is_written(entity: type[Entity], data: st.DataObject) -> None:
    given_input = data.draw(INPUTS[entity])
    made = entity.model_validate({**given_input, "from_a_newer_dify": 1})
    assert made == entity.model_validate(given_input)
    declared = [field.alias or name for name, field in entity.model_fields.items() if not field.exclude]
    assert list(made.model_dump(mode="json")) == declared
