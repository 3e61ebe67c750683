"""Tests for the model catalogue: the server's list, the user's declarations, and how they are merged."""

from __future__ import annotations

from typing import Any

import pytest

from boomerang.invoker.backend import TypeFrom
from boomerang.invoker.entities.model import AIModelEntity, ModelPropertyKey, ModelType
from tests.invoker.backends.openai_compatible.desk import CONFIG, GOOD, HELLO, Desk, opened
from tests.loopback import STREAM, ClientConnection, ReceivedRequest, Script, chunked, whole

CONTEXT, MAX_CHUNKS = ModelPropertyKey.CONTEXT_SIZE, ModelPropertyKey.MAX_CHUNKS
TOOL = {"name": "look", "description": "Looks.", "parameters": {"type": "object", "properties": {}}}


def listing(*items: Any, **others: Any) -> Script:
    """Return a script that lists models, answers other GET paths by name with JSON, and anything else with a stream."""

    def script(request: ReceivedRequest, connection: ClientConnection) -> None:
        name = request.path.rpartition("/")[2]
        if name == "models":
            connection.send(whole({"data": items}))
        elif request.method == "GET":
            connection.send(whole(others[name]) if name in others else whole({"error": "not found"}, 404))
        else:
            connection.send(STREAM, *chunked(GOOD))

    return script


def configured(name: str, model_type: ModelType, **properties: Any) -> AIModelEntity:
    """Describe a model as a user does."""
    return AIModelEntity.model_validate({"model": name, "model_type": model_type, "model_properties": properties})


def names(desk: Desk) -> list[str]:
    """Return the names of a back end's models, in order."""
    return [model.model for model in desk.backend.models()]


@pytest.mark.parametrize(
    "shown",
    [
        {"max_model_len": 2048},  # vLLM
        {"context_length": 2048},  # OpenRouter, Together
        {"context_window": 2048},  # Groq
        {"max_context_length": 2048},  # Mistral, LM Studio
        {"max_context_length": 32768, "loaded_context_length": 2048},  # LM Studio, for a model in memory
        {"meta": {"n_ctx": 2048, "n_ctx_train": 32768}},  # llama.cpp
    ],
)
def test_the_context_that_a_server_reports_is_that_of_its_model(shown: dict[str, Any]) -> None:
    with opened(listing({"id": "m"} | shown)) as desk:
        assert [model.model_properties[CONTEXT] for model in desk.backend.fetch_models()] == [2048]
        assert [request.path for request in desk.server.requests] == ["/v1/models"]


@pytest.mark.parametrize("shown", [None, 0, -1, True, "32k", 1.5, 10**12, [4096]])
def test_what_is_no_number_of_tokens_is_not_taken_for_one(shown: Any) -> None:
    with opened(listing({"id": "m", "context_length": shown, "meta": shown})) as desk:
        assert CONTEXT not in desk.backend.fetch_models()[0].model_properties


@pytest.mark.parametrize(
    ("props", "expected"),
    [({"props": {"default_generation_settings": {"n_ctx": 4096}}}, 4096), ({}, 32768), ({"props": []}, 32768)],
)
def test_an_older_llama_server_is_asked_for_the_context_that_its_list_does_not_state(props: Any, expected: int) -> None:
    with opened(listing({"id": "m", "meta": {"n_ctx_train": 32768}}, **props)) as desk:
        assert desk.backend.fetch_models()[0].model_properties[CONTEXT] == expected
        assert [request.path for request in desk.server.requests] == ["/v1/models", "/props"]


def test_a_summary_is_made_in_pieces_that_fit_the_context_that_the_server_reports() -> None:
    text = "The river rose in the night and the bridge was closed. " * 220
    with opened(listing({"id": "m", "meta": {"n_ctx": 2048}})) as desk:
        desk.backend.fetch_models()
        assert desk.session.model.summary.invoke(text, "Briefly.") == "Hello."
        sent = [request.json["messages"] for request in desk.server.requests if request.method == "POST"]
        assert len(sent) > 2 and all(sum(len(message["content"]) for message in messages) < 3 * 2048 for messages in sent)


def test_what_a_person_says_of_the_context_counts_more_than_what_the_server_reports() -> None:
    with opened(
        listing({"id": "a", "context_length": 100}, {"id": "b", "context_length": 100}),
        models=[configured("a", ModelType.LLM, context_size=50), configured("b", ModelType.TEXT_EMBEDDING)],
    ) as desk:
        desk.backend.fetch_models()
        assert {model.model: model.model_properties[CONTEXT] for model in desk.backend.models()} == {"a": 50, "b": 100}


def test_a_server_of_texts_reports_how_many_it_takes_at_a_time() -> None:
    info = {"model_id": "BAAI/bge-m3", "model_type": {"embedding": {}}, "max_client_batch_size": 2, "max_input_length": 512}

    def tei(request: ReceivedRequest, connection: ClientConnection) -> None:
        if request.path == "/info":
            connection.send(whole(info))
        elif request.path == "/v1/embeddings":
            data = [{"index": place, "embedding": [1.0]} for place in range(len(request.json["input"]))]
            connection.send(whole({"data": data, "model": "m"}))
        else:
            connection.send(whole({"error": "not found"}, 404))

    with opened(tei) as desk:
        [model] = desk.backend.fetch_models()
        assert model.type_from is TypeFrom.STATED and model.model_properties == {CONTEXT: 512, MAX_CHUNKS: 2}
        config = {"provider": "p", "model": "BAAI/bge-m3", "model_type": "text-embedding"}
        desk.session.model.text_embedding.invoke(config, list("abcde"))
        assert [len(request.json["input"]) for request in desk.server.requests if request.method == "POST"] == [2, 2, 1]


def test_a_model_whose_type_was_corrected_keeps_its_place_in_the_servers_list() -> None:
    with opened(
        listing({"id": "text-embedding-3-small"}, {"id": "my-strange-vectors"}, {"id": "chatty"}, {"id": "other"}),
        models=[
            configured("apart", ModelType.LLM),
            configured("my-strange-vectors", ModelType.TEXT_EMBEDDING),
            configured("other", ModelType.LLM, context_size=9),
        ],
    ) as desk:
        assert names(desk) == ["apart", "my-strange-vectors", "other"], "until the server has told its list"
        desk.backend.fetch_models()
        assert names(desk) == ["text-embedding-3-small", "my-strange-vectors", "chatty", "other", "apart"]
        chief = desk.backend.system_model()
        assert chief is not None and chief.model == "chatty"


def test_the_default_of_each_type_comes_first_wherever_the_server_lists_it() -> None:
    defaults = {ModelType.LLM: "b", ModelType.TEXT_EMBEDDING: "e"}
    models = [configured("e", ModelType.TEXT_EMBEDDING), configured("b", ModelType.LLM)]
    with opened(listing({"id": "a"}, {"id": "b"}, {"id": "c"}), models=models, defaults=defaults) as desk:
        desk.backend.fetch_models()
        assert names(desk) == ["b", "e", "a", "c"]


def test_who_says_of_which_type_a_model_is_is_known() -> None:
    items = [{"id": "boom"}, {"id": "told", "type": "embeddings"}, {"id": "corrected"}]
    with opened(listing(*items), models=[configured("corrected", ModelType.RERANK)]) as desk:
        desk.backend.fetch_models()
        result = {model.model: (model.model_type.value, model.type_from.value) for model in desk.backend.models()}
        assert result == {
            "boom": ("llm", "guessed"),
            "told": ("text-embedding", "told"),
            "corrected": ("rerank", "declared"),
        }


def test_of_a_model_whose_features_are_undeclared_none_are_listed_and_tools_are_sent_all_the_same() -> None:
    with opened(listing({"id": "m"})) as desk:
        [model] = desk.backend.fetch_models()
        assert (model.features, model.features_known) == (None, False)
        desk.ask(HELLO, config=CONFIG | {"provider": model.provider}, tools=[TOOL])
        assert [tool["function"]["name"] for tool in desk.server.requests[-1].json["tools"]] == ["look"]


def test_features_that_a_person_declared_are_all_that_a_model_has() -> None:
    settings = configured("m", ModelType.LLM).model_copy(update={"features": []})
    with opened(listing({"id": "m"}), models=[AIModelEntity.model_validate(settings.model_dump())]) as desk:
        [model] = desk.backend.models()
        assert (model.features, model.features_known) == ([], True)
        desk.ask(HELLO, config=CONFIG | {"provider": model.provider}, tools=[TOOL])
        assert "tools" not in desk.server.requests[-1].json and "Tools left out" in desk.notices[0]
