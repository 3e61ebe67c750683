"""Tests for the model catalogue: the server's list, the user's declarations, and how they are merged."""

from __future__ import annotations

from typing import Any

import pytest

from boomerang.invoker.backend import TypeFrom
from boomerang.invoker.entities.model import AIModelEntity, ModelPropertyKey, ModelType
from tests.invoker.backends.openai_compatible.desk import CONFIG, GOOD, HELLO, Desk, opened
from tests.loopback import STREAM, Asked, Script, Wire, chunked, whole

CONTEXT, MAX_CHUNKS = ModelPropertyKey.CONTEXT_SIZE, ModelPropertyKey.MAX_CHUNKS
TOOL = {"name": "look", "description": "Looks.", "parameters": {"type": "object", "properties": {}}}


def listing(*items: Any, **others: Any) -> Script:
    """Return a script that lists models, answers other GET paths by name with JSON, and anything else with a stream."""

    def script(asked: Asked, wire: Wire) -> None:
        name = asked.path.rpartition("/")[2]
        if name == "models":
            wire.send(whole({"data": items}))
        elif asked.method == "GET":
            wire.send(whole(others[name]) if name in others else whole({"error": "not found"}, 404))
        else:
            wire.send(STREAM, *chunked(GOOD))

    return script


def said(name: str, model_type: ModelType, **properties: Any) -> AIModelEntity:
    """Describe a model as a user does."""
    return AIModelEntity.model_validate({"model": name, "model_type": model_type, "model_properties": properties})


def names(desk: Desk) -> list[str]:
    """Return the names of a back end's models, in order."""
    return [model.model for model in desk.backend.models()]


@pytest.mark.parametrize(
    "told",
    [
        {"max_model_len": 2048},  # vLLM
        {"context_length": 2048},  # OpenRouter, Together
        {"context_window": 2048},  # Groq
        {"max_context_length": 2048},  # Mistral, LM Studio
        {"max_context_length": 32768, "loaded_context_length": 2048},  # LM Studio, for a model in memory
        {"meta": {"n_ctx": 2048, "n_ctx_train": 32768}},  # llama.cpp
    ],
)
def test_the_context_that_a_server_tells_is_that_of_its_model(told: dict[str, Any]) -> None:
    with opened(listing({"id": "m"} | told)) as desk:
        assert [model.model_properties[CONTEXT] for model in desk.backend.fetch_models()] == [2048]
        assert [asked.path for asked in desk.server.asked] == ["/v1/models"]


@pytest.mark.parametrize("told", [None, 0, -1, True, "32k", 1.5, 10**12, [4096]])
def test_what_is_no_number_of_tokens_is_not_taken_for_one(told: Any) -> None:
    with opened(listing({"id": "m", "context_length": told, "meta": told})) as desk:
        assert CONTEXT not in desk.backend.fetch_models()[0].model_properties


@pytest.mark.parametrize(
    ("props", "expected"),
    [({"props": {"default_generation_settings": {"n_ctx": 4096}}}, 4096), ({}, 32768), ({"props": []}, 32768)],
)
def test_an_older_llama_server_is_asked_for_the_context_that_its_list_does_not_tell(props: Any, expected: int) -> None:
    with opened(listing({"id": "m", "meta": {"n_ctx_train": 32768}}, **props)) as desk:
        assert desk.backend.fetch_models()[0].model_properties[CONTEXT] == expected
        assert [asked.path for asked in desk.server.asked] == ["/v1/models", "/props"]


def test_a_summary_is_made_in_pieces_that_fit_the_context_that_the_server_tells() -> None:
    text = "The river rose in the night and the bridge was closed. " * 220
    with opened(listing({"id": "m", "meta": {"n_ctx": 2048}})) as desk:
        desk.backend.fetch_models()
        assert desk.session.model.summary.invoke(text, "Briefly.") == "Hello."
        sent = [asked.json["messages"] for asked in desk.server.asked if asked.method == "POST"]
        assert len(sent) > 2 and all(sum(len(message["content"]) for message in messages) < 3 * 2048 for messages in sent)


def test_what_a_person_says_of_the_context_counts_more_than_what_the_server_tells() -> None:
    with opened(
        listing({"id": "a", "context_length": 100}, {"id": "b", "context_length": 100}),
        models=[said("a", ModelType.LLM, context_size=50), said("b", ModelType.TEXT_EMBEDDING)],
    ) as desk:
        desk.backend.fetch_models()
        assert {model.model: model.model_properties[CONTEXT] for model in desk.backend.models()} == {"a": 50, "b": 100}


def test_a_server_of_texts_tells_how_many_it_takes_at_a_time() -> None:
    info = {"model_id": "BAAI/bge-m3", "model_type": {"embedding": {}}, "max_client_batch_size": 2, "max_input_length": 512}

    def tei(asked: Asked, wire: Wire) -> None:
        if asked.path == "/info":
            wire.send(whole(info))
        elif asked.path == "/v1/embeddings":
            data = [{"index": place, "embedding": [1.0]} for place in range(len(asked.json["input"]))]
            wire.send(whole({"data": data, "model": "m"}))
        else:
            wire.send(whole({"error": "not found"}, 404))

    with opened(tei) as desk:
        [model] = desk.backend.fetch_models()
        assert model.type_from is TypeFrom.STATED and model.model_properties == {CONTEXT: 512, MAX_CHUNKS: 2}
        config = {"provider": "p", "model": "BAAI/bge-m3", "model_type": "text-embedding"}
        desk.session.model.text_embedding.invoke(config, list("abcde"))
        assert [len(asked.json["input"]) for asked in desk.server.asked if asked.method == "POST"] == [2, 2, 1]


def test_a_model_whose_type_was_corrected_keeps_its_place_in_the_servers_list() -> None:
    with opened(
        listing({"id": "text-embedding-3-small"}, {"id": "my-strange-vectors"}, {"id": "chatty"}, {"id": "other"}),
        models=[
            said("apart", ModelType.LLM),
            said("my-strange-vectors", ModelType.TEXT_EMBEDDING),
            said("other", ModelType.LLM, context_size=9),
        ],
    ) as desk:
        assert names(desk) == ["apart", "my-strange-vectors", "other"], "until the server has told its list"
        desk.backend.fetch_models()
        assert names(desk) == ["text-embedding-3-small", "my-strange-vectors", "chatty", "other", "apart"]
        chief = desk.backend.system_model()
        assert chief is not None and chief.model == "chatty"


def test_the_default_of_each_type_comes_first_wherever_the_server_lists_it() -> None:
    defaults = {ModelType.LLM: "b", ModelType.TEXT_EMBEDDING: "e"}
    models = [said("e", ModelType.TEXT_EMBEDDING), said("b", ModelType.LLM)]
    with opened(listing({"id": "a"}, {"id": "b"}, {"id": "c"}), models=models, defaults=defaults) as desk:
        desk.backend.fetch_models()
        assert names(desk) == ["b", "e", "a", "c"]


def test_who_says_of_which_type_a_model_is_is_known() -> None:
    items = [{"id": "boom"}, {"id": "told", "type": "embeddings"}, {"id": "corrected"}]
    with opened(listing(*items), models=[said("corrected", ModelType.RERANK)]) as desk:
        desk.backend.fetch_models()
        found = {model.model: (model.model_type.value, model.type_from.value) for model in desk.backend.models()}
        assert found == {
            "boom": ("llm", "guessed"),
            "told": ("text-embedding", "told"),
            "corrected": ("rerank", "declared"),
        }


def test_of_a_model_whose_features_nobody_declared_none_are_listed_and_tools_are_sent_all_the_same() -> None:
    with opened(listing({"id": "m"})) as desk:
        [model] = desk.backend.fetch_models()
        assert (model.features, model.features_known) == (None, False)
        desk.ask(HELLO, config=CONFIG | {"provider": model.provider}, tools=[TOOL])
        assert [tool["function"]["name"] for tool in desk.server.asked[-1].json["tools"]] == ["look"]


def test_features_that_a_person_declared_are_all_that_a_model_has() -> None:
    given = said("m", ModelType.LLM).model_copy(update={"features": []})
    with opened(listing({"id": "m"}), models=[AIModelEntity.model_validate(given.model_dump())]) as desk:
        [model] = desk.backend.models()
        assert (model.features, model.features_known) == ([], True)
        desk.ask(HELLO, config=CONFIG | {"provider": model.provider}, tools=[TOOL])
        assert "tools" not in desk.server.asked[-1].json and "Tools left out" in desk.notices[0]
