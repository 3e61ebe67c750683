"""Settings of a Dify: four fields, each refused with the reason before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from boomerang.invoker.backends.dify.form import FORM
from boomerang.invoker.backends.dify.requests import full_provider
from boomerang.invoker.backends.dify.settings import DifySettings
from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.errors import ConfigError
from boomerang.invoker.settings import SettingsError
from boomerang.kinds import KINDS, connect
from boomerang.workbench.connections.environment import from_environment

from .captures import KEY, TENANT, USER

FIELDS = {"name": "Dify", "kind": "dify", "base_url": "http://localhost:5001", "inner_api_key": KEY, "tenant_id": TENANT}


def opened(**changed: Any) -> Any:
    settings = DifySettings.checked(FIELDS | changed)
    opener = KINDS["dify"].opener
    assert opener is not None
    return opener()(settings, None, {})


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("tenant_id", "xyz", "UUID"),
        ("tenant_id", "", "UUID"),
        ("user_id", "ann", "empty or a UUID"),
        ("base_url", "localhost", "address"),
        ("base_url", "http://user:secret@localhost:5001", "user or a password"),
        ("inner_api_key", "two\nlines", "one line"),
        ("provider", "a b", "organisation/plugin/provider"),
        ("nothing", "x", "no field"),
    ],
)
def test_a_field_that_cannot_be_used_is_refused_by_name(field: str, value: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"{field}.*{text}"):
        DifySettings.checked(FIELDS | {field: value})


@pytest.mark.parametrize(
    ("field", "value"), [("tenant_id", "xyz"), ("user_id", "ann"), ("inner_api_key", ""), ("base_url", "x")]
)
def test_code_is_refused_in_the_same_way(field: str, value: str) -> None:
    settings = {name: value for name, value in FIELDS.items() if name not in ("name", "kind")} | {field: value}
    with pytest.raises(ConfigError, match=field):
        connect("dify", **settings)


def test_the_secret_is_kept_apart_and_the_rest_is_a_connection_in_itself() -> None:
    settings = DifySettings.checked(FIELDS | {"user_id": USER})
    public = settings.public()
    assert KEY not in repr(settings) and KEY not in repr(public) and settings.secrets() == {"inner_api_key": KEY}
    assert DifySettings.checked(public).with_secrets(settings.secrets()) == settings
    assert settings.copied(own=False).inner_api_key == ""


@pytest.mark.parametrize(
    "address", ["http://api:5001", "http://api:5001/", "http://api:5001/inner/api", " http://api:5001/inner/api/ "]
)
def test_the_path_of_the_inner_api_may_be_in_the_address(address: str) -> None:
    assert DifySettings.checked(FIELDS | {"base_url": address}).base_url == "http://api:5001"


def test_a_key_may_come_from_a_variable() -> None:
    settings = DifySettings.checked({**FIELDS, "inner_api_key": "", "inner_api_key_env": "THE_KEY"})
    opener = KINDS["dify"].opener
    assert opener is not None
    opener()(settings, None, {"THE_KEY": KEY}).close()
    with pytest.raises(ConfigError, match="THE_KEY"):
        opener()(settings, None, {})
    with pytest.raises(ConfigError, match="THE_KEY"):
        opener()(settings, None, {"THE_KEY": KEY}, variables=["OTHER"])


def test_the_environment_configures_a_connection() -> None:
    variables = {"DIFY_INNER_API_URL": "http://api:5001", "DIFY_INNER_API_KEY": KEY, "DIFY_TENANT_ID": TENANT}
    [settings], problems = from_environment(variables, KINDS)
    assert isinstance(settings, DifySettings) and problems == []
    assert (settings.base_url, settings.tenant_id, settings.inner_api_key_env) == (
        "http://api:5001",
        TENANT,
        "DIFY_INNER_API_KEY",
    )
    result, [problem] = from_environment({"DIFY_INNER_API_KEY": KEY}, KINDS)
    assert result == [] and "tenant_id" in str(problem)


def test_models_name_their_provider_or_use_the_connections() -> None:
    models = [{"model": "a", "model_type": "llm"}, {"model": "b", "model_type": "tts", "provider": "acme/probe"}]
    backend = opened(provider="deepseek", models=models, defaults={"moderation": "c"})
    assert [(model.model, model.provider) for model in backend.models()] == [
        ("c", "langgenius/deepseek/deepseek"),
        ("a", "langgenius/deepseek/deepseek"),
        ("b", "acme/probe/probe"),
    ]
    assert backend.describe("other", ModelType.RERANK).provider == "langgenius/deepseek/deepseek"
    backend.close()


@pytest.mark.parametrize(
    ("name", "provider"),
    [("openai", "langgenius/openai/openai"), ("acme/probe", "acme/probe/probe"), ("a/b/c", "a/b/c"), ("a//c", "a//c")],
)
def test_a_provider_is_completed(name: str, provider: str) -> None:
    assert full_provider(name) == provider


def test_every_field_of_the_form_is_a_setting_and_four_are_enough() -> None:
    assert {field.name for field in FORM.fields} <= set(DifySettings.model_fields)
    assert [field.name for field in FORM.basic] == ["base_url", "inner_api_key", "tenant_id"]
    assert FORM.advanced[0].name == "user_id" and FORM.advanced[0].optional
