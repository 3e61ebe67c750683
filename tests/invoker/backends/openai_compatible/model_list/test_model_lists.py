"""Tests for model lists in servers' formats: an odd entry is reported and hides no other, and a stated type is read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.backend import ListedModel, TypeFrom
from boomerang.invoker.backends.openai_compatible.model_list import catalogue
from boomerang.invoker.backends.openai_compatible.model_list.entries import read_entries
from boomerang.invoker.backends.openai_compatible.model_list.list_fields import context
from boomerang.invoker.backends.openai_compatible.model_list.stated_types import mode_of, model_type_of
from boomerang.invoker.entities.llm.request import LLMMode
from boomerang.invoker.entities.model import ModelPropertyKey, ModelType
from boomerang.invoker.errors import ProtocolError
from boomerang.invoker.events import Event, Notice
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run
from tests.invoker.backends.openai_compatible.desk import opened
from tests.json_values import JSON_VALUES
from tests.loopback import ClientConnection, ReceivedRequest, whole

ODD = [
    None,
    5,
    True,
    "",
    " ",
    "\ud800",
    {},
    {"object": "model"},
    {"id": 5},
    {"id": None},
    {"id": ["m"]},
    [],
    ["a", "b"],
    [None],
]


def fetched(value: Any) -> tuple[list[ListedModel], list[Message]]:
    """Fetch a list; return its models and the notices."""
    notes: list[Event] = []

    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(whole(value) if request.path.endswith("/models") else whole({"error": "not found"}, 404))

    with opened(script) as desk:
        models = list(desk.backend.fetch_models(Run(notes.append)))
    return models, [note.message for note in notes if isinstance(note, Notice) and isinstance(note.message, Message)]


def names(value: Any) -> list[str]:
    """Fetch a list without odd entries; return its names."""
    models, notices = fetched(value)
    assert notices == []
    return [model.model for model in models]


@pytest.mark.parametrize(
    "value",
    [
        {"data": None},
        {"object": "list", "data": None},
        {"models": None},
        {"data": []},
        {"object": "list", "data": {}},
        {"data": {"data": None}},
        [],
    ],
)
def test_a_list_without_models_is_empty(value: Any) -> None:
    assert names(value) == []


@pytest.mark.parametrize(
    "value",
    [
        [{"id": "a"}, {"id": "b"}],
        ["a", "b"],
        {"data": ["a", "b"]},
        {"data": None, "models": [{"name": "a"}, {"model": "b"}]},
        {"models": [{"id": None, "name": "a"}, {"id": 5, "name": "b"}]},
        {"models": {"a": {"context_length": 5}, "b": {}}},
        {"data": {"a": {"id": None}, "0": {"id": "b"}}},
        {"success": True, "data": {"object": "list", "data": [{"id": "a"}, {"id": "b"}]}},
        {"result": {"models": {"a": {}, "b": {}}}},
        {"data": [[{"id": "a"}, {"id": "b"}]]},
        {"data": [{"model_name": "a", "model_info": {"mode": "chat"}}, {"key": "b"}]},
    ],
)
def test_a_list_is_read_in_every_shape(value: Any) -> None:
    assert names(value) == ["a", "b"]


def test_a_single_model_in_place_of_a_list_is_listed() -> None:
    assert names({"data": {"id": "only", "object": "model"}}) == ["only"]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_an_odd_entry_hides_no_other_and_is_named(odd: Any) -> None:
    models, notices = fetched({"data": [{"id": "a"}, odd, {"id": "b"}]})
    assert [model.model for model in models] == ["a", "b"]
    shown = json.dumps(odd, ensure_ascii=False).replace("\ud800", "�")
    assert notices == [Message("lists.odd_models", count=1, examples=shown)]


def test_all_odd_entries_are_counted_and_some_are_quoted() -> None:
    models, [notice] = fetched({"data": [{"id": "a"}, *ODD, {"text": "x" * 10_000}]})
    assert [model.model for model in models] == ["a"] and notice.values["count"] == len(ODD) + 1
    assert str(notice).endswith("; …") and len(str(notice)) < 500


@given(st.lists(JSON_VALUES | st.sampled_from(ODD)), st.sampled_from(["data", "models"]))
def test_every_entry_is_listed_or_named(items: list[Any], field: str) -> None:
    entries = read_entries({field: [{"id": "a"}, *items, {"id": "z"}]})
    assert entries is not None and {"a", "z"} <= set(entries.named)
    nested = [
        inner for item in items if isinstance(item, list) and all(isinstance(part, dict) for part in item) for inner in item
    ]
    everything = [*items, *nested]
    assert all(name in {"a", "z"} or any(name in (item, *_values(item)) for item in everything) for name in entries.named)
    assert len(entries.odd) + len(entries.named) - 2 <= len(everything)
    assert all(item in everything for item in entries.odd)


def _values(item: Any) -> list[Any]:
    return list(item.values()) if isinstance(item, dict) else []


@pytest.mark.parametrize("value", [{"object": "list"}, {"data": "a"}, {"data": 5}, 5, None, "a", {"detail": "no list here"}])
def test_what_is_no_list_is_reported_in_the_servers_words(value: Any) -> None:
    with pytest.raises(ProtocolError, match="holds no list of models: ") as raised:
        fetched(value)
    assert raised.value.status_code == 200
    if isinstance(value, dict) and "detail" in value:
        assert str(raised.value).endswith("no list here")


def test_models_beyond_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "MOST_LISTED", 2)
    models, notices = fetched({"data": ["a", "b", "c"]})
    assert [model.model for model in models] == ["a", "b"]
    assert notices == [Message("lists.more_models", count=3, most=2)]


STATED: list[tuple[dict[str, Any], ModelType]] = [
    # LiteLLM
    *(
        ({"mode": mode}, model_type)
        for mode, model_type in {
            "chat": ModelType.LLM,
            "completion": ModelType.LLM,
            "responses": ModelType.LLM,
            "embedding": ModelType.TEXT_EMBEDDING,
            "rerank": ModelType.RERANK,
            "audio_speech": ModelType.TTS,
            "audio_transcription": ModelType.SPEECH2TEXT,
            "moderation": ModelType.MODERATION,
            "image_generation": ModelType.TEXT2IMG,
        }.items()
    ),
    ({"model_info": {"mode": "embedding"}}, ModelType.TEXT_EMBEDDING),
    # Infinity
    ({"capabilities": ["embed"]}, ModelType.TEXT_EMBEDDING),
    ({"capabilities": ["image_embed", "embed"]}, ModelType.TEXT_EMBEDDING),
    ({"capabilities": ["rerank"]}, ModelType.RERANK),
    # Xinference
    ({"model_type": "LLM", "model_ability": ["chat", "vision"]}, ModelType.LLM),
    ({"model_type": "embedding"}, ModelType.TEXT_EMBEDDING),
    ({"model_type": "audio", "model_ability": ["text2audio", "text2audio_zero_shot"]}, ModelType.TTS),
    ({"model_type": "audio", "model_ability": ["audio2text"]}, ModelType.SPEECH2TEXT),
    ({"model_type": "image", "model_ability": ["text2image"]}, ModelType.TEXT2IMG),
    # Together
    ({"type": "language"}, ModelType.LLM),
    ({"type": "moderation"}, ModelType.MODERATION),
    # Lemonade
    ({"labels": ["reranking"]}, ModelType.RERANK),
    ({"labels": ["audio", "transcription"]}, ModelType.SPEECH2TEXT),
    ({"labels": ["hot", "tts"]}, ModelType.TTS),
    # Cohere
    ({"endpoints": ["embed", "classify"]}, ModelType.TEXT_EMBEDDING),
    ({"endpoints": ["generate", "chat", "summarize"]}, ModelType.LLM),
    # Mistral
    ({"capabilities": {"completion_chat": True, "moderation": False, "vision": True}}, ModelType.LLM),
    ({"capabilities": {"completion_chat": False, "moderation": True, "classification": True}}, ModelType.MODERATION),
    ({"capabilities": {"completion_chat": False, "audio_transcription": True}}, ModelType.SPEECH2TEXT),
    # Google
    ({"supportedGenerationMethods": ["generateContent", "countTokens"]}, ModelType.LLM),
    ({"supportedGenerationMethods": ["embedContent", "countTextTokens"]}, ModelType.TEXT_EMBEDDING),
    # OpenRouter
    ({"architecture": {"modality": "text+image->text", "output_modalities": ["text"]}}, ModelType.LLM),
    ({"architecture": {"output_modalities": ["image", "text"]}}, ModelType.LLM),
    ({"architecture": {"output_modalities": ["text", "audio"]}}, ModelType.LLM),
    ({"architecture": {"output_modalities": ["embeddings"]}}, ModelType.TEXT_EMBEDDING),
    ({"architecture": {"output_modalities": ["rerank"]}}, ModelType.RERANK),
    ({"architecture": {"output_modalities": ["speech"]}}, ModelType.TTS),
    ({"architecture": {"output_modalities": ["transcription"]}}, ModelType.SPEECH2TEXT),
    ({"architecture": {"output_modalities": ["image"]}}, ModelType.TEXT2IMG),
    ({"architecture": {"modality": "text->text"}}, ModelType.LLM),
    # GitHub Models
    ({"capabilities": ["streaming", "tool-calling"], "supported_output_modalities": ["text"]}, ModelType.LLM),
    ({"supported_output_modalities": ["embeddings"]}, ModelType.TEXT_EMBEDDING),
    ({"task": "chat-completion"}, ModelType.LLM),
    ({"task": "automatic-speech-recognition"}, ModelType.SPEECH2TEXT),
]


@pytest.mark.parametrize(
    ("stated", "model_type"), STATED, ids=lambda value: json.dumps(value) if isinstance(value, dict) else value
)
def test_a_type_that_the_list_states_is_read(stated: dict[str, Any], model_type: ModelType) -> None:
    [model], notices = fetched({"data": [{"id": "a-name-that-says-nothing"} | stated]})
    assert (model.model_type, model.type_from, notices) == (model_type, TypeFrom.STATED, [])


@pytest.mark.parametrize(
    "stated",
    [
        {},
        {"object": "model"},
        {"type": "model"},
        {"capabilities": ["classify"]},
        {"capabilities": {"completion_chat": True, "audio_transcription": True}},
        {"capabilities": ["embed", "rerank"]},
        {"capabilities": {"embeddings": 1, "chat": "no"}},
        {"architecture": {"modality": "text"}},
        {"mode": None, "task": {"name": "chat"}, "labels": [["embeddings"]], "type": ["\ud800"]},
    ],
)
def test_what_is_not_certain_is_guessed_by_the_name(stated: dict[str, Any]) -> None:
    [model], _ = fetched({"data": [{"id": "bge-m3"} | stated]})
    assert (model.model_type, model.type_from) == (ModelType.TEXT_EMBEDDING, TypeFrom.GUESSED)


def test_the_mode_of_an_llm_is_read() -> None:
    items = [{"id": "a", "mode": "completion"}, {"id": "b", "mode": "chat"}, {"id": "davinci-002"}]
    models, _ = fetched({"data": items})
    assert [model.model_properties[ModelPropertyKey.MODE] for model in models] == ["completion", "chat", "completion"]
    assert mode_of({"model_ability": ["generate"]}) is LLMMode.COMPLETION
    assert mode_of({"model_ability": ["generate", "chat"]}) is LLMMode.CHAT


@pytest.mark.parametrize(
    ("stated", "tokens"),
    [
        ({"model_type": "embedding", "max_tokens": 512}, 512),
        ({"model_type": "rerank", "max_tokens": "8192"}, 8192),
        ({"model_type": "LLM", "max_tokens": 4096}, None),
        ({"max_tokens": 4096}, None),
        ({"mode": "chat", "model_info": {"max_input_tokens": 128_000, "max_tokens": 4096}}, 128_000),
        ({"labels": ["embeddings"], "context_length": 2048, "max_context_window": 8192}, 2048),
        ({"max_context_window": 8192}, 8192),
        ({"supportedGenerationMethods": ["generateContent"], "inputTokenLimit": 1_048_576}, 1_048_576),
        ({"endpoints": ["chat"], "context_length": 4096.0}, 4096),
    ],
)
def test_a_context_that_the_list_states_is_read(stated: dict[str, Any], tokens: int | None) -> None:
    [model], _ = fetched({"data": [{"id": "m"} | stated]})
    assert model.model_properties.get(ModelPropertyKey.CONTEXT_SIZE) == tokens


@given(
    st.dictionaries(
        st.sampled_from(["type", "mode", "capabilities", "architecture", "model_info", "labels", "meta"]), JSON_VALUES
    )
)
def test_fields_of_any_shape_are_read_or_left(item: dict[str, Any]) -> None:
    assert model_type_of(item) is None or isinstance(model_type_of(item), ModelType)
    assert mode_of(item) is None or isinstance(mode_of(item), LLMMode)
    assert context(item) is None or type(context(item)) is int
