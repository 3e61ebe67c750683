"""Test opening a back end from settings: who may use which variables and files, and its models."""

from __future__ import annotations

from typing import Any

import pytest

from boomerang.invoker.backends.openai_compatible.model_list.catalogue import MOST_LISTED
from boomerang.invoker.backends.openai_compatible.opening import opened
from boomerang.invoker.backends.openai_compatible.server_presets import PRESETS
from boomerang.invoker.entities.model import ModelFeature, ModelPropertyKey, ModelType
from boomerang.invoker.errors import ConfigError
from boomerang.invoker.http.address_policy import Allowed, allowed
from boomerang.invoker.run import Run
from tests.connection_settings import settings_of
from tests.loopback import ClientConnection, Loopback, ReceivedRequest, whole

LEAST = {"name": "a", "base_url": "http://localhost:1/v1"}


def at(base_url: str | None = None, environment: dict[str, str] | None = None, **settings: Any) -> Any:
    """Open a connection of the operator."""
    return opened(settings_of(LEAST | settings | ({"base_url": base_url} if base_url else {})), Allowed(), environment or {})


def test_secrets_are_taken_from_the_environment_when_it_is_opened_and_sent() -> None:
    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(whole({"data": []}))

    with Loopback(script) as server:
        backend = at(
            f"{server.address}/v1",
            {"LAB": "sk-lab", "TEAM": "qa"},
            api_key_env="LAB",
            headers={"X-Team": "${TEAM}-1"},
            query={"v": "${TEAM}"},
        )
        backend.fetch_models(Run())
        backend.close()
        [request] = server.requests
    assert (
        request.headers["authorization"] == "Bearer sk-lab"
        and request.headers["x-team"] == "qa-1"
        and request.path.endswith("?v=qa")
    )


def test_the_query_of_an_address_in_a_variable_is_sent_with_every_request() -> None:
    with Loopback(lambda _request, connection: connection.send(whole({"data": []}))) as server:
        backend = at("${SERVER}", {"SERVER": f"{server.address}/v1?api-version=2026"}, query={"a": "1"})
        backend.fetch_models(Run())
        backend.close()
        assert server.requests[0].path == "/v1/models?api-version=2026&a=1"


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"headers": {"X-${IT}": "1"}}, "headers: 'X-${IT}' is no name of a header"),
        ({"base_url": "${IT}"}, "base_url: expected an address such as"),
        ({"proxy": "${IT}"}, "proxy: expected an address such as"),
    ],
)
def test_what_a_variable_fills_in_is_checked_when_it_is_opened(settings: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError) as raised:
        at(environment={"IT": "not-an-address"}, **settings)
    assert str(raised.value).startswith(text)


@pytest.mark.parametrize(
    "settings", [{"api_key_env": "SECRET"}, {"headers": {"X": "${SECRET}"}}, {"proxy": "http://${SECRET}"}]
)
def test_a_visitor_names_no_variable_that_is_not_listed(settings: dict[str, Any]) -> None:
    values = settings_of(LEAST | settings)
    with pytest.raises(ConfigError, match=r"the variable SECRET may not be named by a visitor.*CONNECTIONS_ENV"):
        opened(values, Allowed(), {"SECRET": "x:1"}, variables=[])
    opened(values, Allowed(), {"SECRET": "x:1"}, variables=["SECRET"]).close()


def test_a_visitor_names_no_file_of_the_server() -> None:
    with pytest.raises(ConfigError, match=r"ca_file: only connections\.toml may name a file"):
        opened(settings_of(LEAST | {"ca_file": "/etc/ssl/certs/ca-certificates.crt"}), Allowed(), {}, files=False)


@pytest.mark.parametrize(
    ("settings", "text"),
    [({"api_key_env": "NOT_SET"}, "NOT_SET is not set"), ({"ca": "no certificate"}, "ca: is no certificate in PEM")],
)
def test_what_cannot_be_opened_says_which_field(settings: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        at(**settings)


def test_the_default_of_each_type_comes_first_and_what_was_said_counts() -> None:
    backend = at(
        models=[
            {"model": "b", "model_type": "llm", "model_properties": {"context_size": 9}, "features": ["vision"]},
            {"model": "speaker", "model_type": "tts", "model_properties": {"voices": ["nova"]}},
        ],
        defaults={"llm": "a", "text-embedding": "e"},
        system_model="boss",
    )
    listed = backend.models()
    assert [(model.model, model.model_type) for model in listed] == [
        ("a", ModelType.LLM),
        ("e", ModelType.TEXT_EMBEDDING),
        ("b", ModelType.LLM),
        ("speaker", ModelType.TTS),
    ]
    [b] = [model for model in listed if model.model == "b"]
    assert b.features == [ModelFeature.VISION] and b.model_properties[ModelPropertyKey.CONTEXT_SIZE] == 9
    assert b.model_properties[ModelPropertyKey.MODE] == "chat" and {rule.name for rule in b.parameter_rules} > {"temperature"}
    assert all(rule.default is None for rule in b.parameter_rules), "what is not chosen is left to the server"
    assert backend.system_model().model == "boss"
    backend.close()


def test_the_servers_own_list_comes_after_what_was_said_and_does_not_undo_it() -> None:
    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(whole({"data": [{"id": "judge"}, {"id": "bge-m3"}, {"id": "plain"}]}))

    with Loopback(script) as server:
        backend = at(server.address, models=[{"model": "judge", "model_type": "rerank"}])
        assert [model.model for model in backend.models()] == ["judge"]
        backend.fetch_models(Run())
        assert [(model.model, model.model_type) for model in backend.models()] == [
            ("judge", ModelType.RERANK),
            ("bge-m3", ModelType.TEXT_EMBEDDING),
            ("plain", ModelType.LLM),
        ]
        assert backend.system_model().model == "plain"
        assert backend.describe("judge", ModelType.LLM).model_type is ModelType.LLM, "any name may be asked as any type"
        backend.close()


def test_what_a_server_reports_of_a_models_type_counts_more_than_its_name() -> None:
    listed = [
        {"id": "whisperer", "model_type": "LLM"},
        {"id": "plain-1", "type": "embeddings"},
        {"id": "plain-2", "capabilities": ["completion"]},
        {"id": "bge-m3", "capabilities": {"any": "shape"}, "type": 7},
        {"id": "judge", "type": "reranker"},
        {"id": "object", "object": "model", "type": "model"},
    ]
    with Loopback(lambda _request, connection: connection.send(whole({"data": listed}))) as server:
        backend = at(server.address)
        result = [model.model_type for model in backend.fetch_models(Run())]
        backend.close()
    assert result == [
        ModelType.LLM,
        ModelType.TEXT_EMBEDDING,
        ModelType.LLM,
        ModelType.TEXT_EMBEDDING,
        ModelType.RERANK,
        ModelType.LLM,
    ]


def test_a_server_of_one_model_without_a_list_reports_which_it_is() -> None:
    def tei(request: ReceivedRequest, connection: ClientConnection) -> None:
        info = {"model_id": "BAAI/bge-reranker-base", "model_type": {"reranker": {"id2label": {"0": "x"}}}}
        connection.send(whole(info) if request.path == "/info" else whole({"error": "not found"}, 404))

    with Loopback(tei) as server:
        backend = at(f"{server.address}/v1")
        [model] = backend.fetch_models(Run())
        assert (model.model, model.model_type) == ("BAAI/bge-reranker-base", ModelType.RERANK)
        backend.close()


def test_a_service_that_lists_nothing_has_the_models_of_its_preset() -> None:
    backend = at(preset="jina")
    assert {model.model for model in backend.models()} == {name for name, _type in PRESETS["jina"].models}
    backend.close()


def test_names_of_models_that_no_page_can_show_are_left_out() -> None:
    with Loopback(
        lambda _request, connection: connection.send(whole({"data": [{"id": "good"}, {"id": "\ud800"}, {"id": " "}]}))
    ) as server:
        backend = at(server.address)
        assert [model.model for model in backend.fetch_models(Run())] == ["good"]
        backend.close()


@pytest.mark.parametrize("host", ["internal.example", "internal.example:8080", "169.254.169.254", "api.example:80"])
def test_a_header_does_not_name_a_server_that_may_not_be_called(host: str) -> None:
    settings = settings_of(LEAST | {"headers": {"host": host}})
    with pytest.raises(ConfigError, match=r"^headers\.host: "):
        opened(settings, allowed("localhost, api.example:443"), {})


def test_a_header_may_name_a_server_that_may_be_called() -> None:
    settings = settings_of(LEAST | {"headers": {"Host": "api.example"}})
    opened(settings, allowed("localhost, api.example:443"), {}).close()  # type: ignore[attr-defined]
    opened(settings, Allowed(), {}).close()  # type: ignore[attr-defined]


def test_a_list_of_models_without_an_end_is_cut() -> None:
    listed = {"data": [{"id": f"m{number}"} for number in range(MOST_LISTED + 9)]}
    with Loopback(lambda _request, connection: connection.send(whole(listed))) as server:
        backend = at(server.address)
        assert len(backend.fetch_models(Run())) == MOST_LISTED
        backend.close()
