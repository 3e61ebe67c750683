"""Settings of a connection to a real Dify: its API server, the inner API key, the tenant and the user."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from boomerang.invoker.http.field_rules import key_fault
from boomerang.invoker.http.variables import NAMED_VARIABLE
from boomerang.invoker.messages.message import Message
from boomerang.invoker.settings import MOST_MODELS, ConnectionModel, SettingsWithModels, Timeouts

from .identity import base_url_fault, provider_fault, server_address, tenant_fault, user_fault
from .requests import full_provider

DEFAULT_PROVIDER = "langgenius/openai/openai"
KEY_VARIABLE = "DIFY_INNER_API_KEY"
"""The daemon's own variable for the key."""


class DifyModel(ConnectionModel):
    """A model of the workspace, described by the user: Dify before 1.16.1 does not list them."""

    provider: str = ""
    """`organisation/plugin/provider`; the connection's own if empty."""

    @field_validator("provider", mode="before")
    @classmethod
    def _completed(cls, value: Any) -> Any:
        return _completed(value) if value else value


class DifySettings(SettingsWithModels):
    """A connection to the inner API of a real Dify."""

    SECRET_FIELDS: ClassVar[frozenset[str]] = frozenset({"inner_api_key"})
    DESCRIPTIVE_FIELDS: ClassVar[frozenset[str]] = SettingsWithModels.DESCRIPTIVE_FIELDS | {"as_plugin"}
    ADDRESS_FIELD: ClassVar[str] = "base_url"

    kind: Literal["dify"] = "dify"
    base_url: str
    """Of the API server, such as `http://localhost:5001`; a path `/inner/api` at its end is removed."""
    inner_api_key: str = Field(default="", repr=False)
    """Dify's `PLUGIN_DIFY_INNER_API_KEY`."""
    inner_api_key_env: str = Field(default="", pattern=r"^\w*$")
    """Environment variable with the key."""
    tenant_id: str
    """Id of the workspace: a UUID."""
    user_id: str = ""
    """Id of an end user, a UUID; the anonymous one if empty."""
    provider: str = DEFAULT_PROVIDER
    """Provider of models that do not name their own."""
    as_plugin: bool = False
    """Whether requests are exactly those of Dify's plugin daemon, even where Dify refuses or cuts them."""
    verify: bool = True
    """Whether the server's certificate is checked."""
    ca: str = ""
    """A private CA certificate as text (PEM)."""
    timeouts: Timeouts = Field(default_factory=Timeouts)
    models: list[DifyModel] = Field(default_factory=list, max_length=MOST_MODELS)  # type: ignore[assignment]

    @field_validator("inner_api_key", "inner_api_key_env", "tenant_id", "user_id", mode="before")
    @classmethod
    def _trimmed(cls, value: Any) -> Any:
        return value.strip() if isinstance(value, str) else value

    @field_validator("base_url", mode="before")
    @classmethod
    def _server(cls, value: Any) -> Any:
        return server_address(value) if isinstance(value, str) else value

    @field_validator("base_url")
    @classmethod
    def _an_address(cls, value: str) -> str:
        _refuse(base_url_fault(value, filled=NAMED_VARIABLE.search(value) is None))
        return value

    @field_validator("inner_api_key")
    @classmethod
    def _one_word(cls, key: str) -> str:
        _refuse(key_fault(key))
        return key

    @field_validator("tenant_id")
    @classmethod
    def _a_tenant(cls, value: str) -> str:
        _refuse(tenant_fault(value))
        return value

    @field_validator("user_id")
    @classmethod
    def _a_user(cls, value: str) -> str:
        _refuse(user_fault(value))
        return value

    @field_validator("provider", mode="before")
    @classmethod
    def _a_provider(cls, value: Any) -> Any:
        return _completed(value) if value != "" else DEFAULT_PROVIDER

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if self.inner_api_key and self.inner_api_key_env:
            raise ValueError(Message("dify.one_key"))
        return self

    @property
    def key_variable(self) -> str:
        """Environment variable that generated code reads the key from."""
        return self.inner_api_key_env or KEY_VARIABLE

    def public(self) -> dict[str, Any]:
        """Return the non-secret fields that differ from their defaults, as plain values."""
        return {"name": self.name, "base_url": self.base_url} | super().public()

    def copied(self, *, own: bool) -> Self:
        """Return a copy for a visitor, without what only the operator may name."""
        return self if own else self.checked(self.public() | {"inner_api_key_env": ""})


def _completed(value: Any) -> Any:
    if isinstance(value, str):
        value = full_provider(value.strip())
        _refuse(provider_fault(value))
    return value


def _refuse(fault: Message | None) -> None:
    if fault is not None:
        raise ValueError(fault)
