"""Settings of a connection to a server with OpenAI's interface: its address, secrets and time limits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import Field, field_validator, model_validator

from boomerang.invoker.http.field_rules import address_fault, header_fault, key_fault, proxy_fault, query_fault, without_query
from boomerang.invoker.http.redaction.credentials import looks_secret
from boomerang.invoker.http.variables import NAMED_VARIABLE
from boomerang.invoker.messages.message import Message
from boomerang.invoker.settings import SettingsWithModels, Timeouts

from .server_presets import COMPATIBLE_PROVIDER, PRESETS

_ONLY_VARIABLES = re.compile(r"((bearer|basic|token) )?\$\{\w+\}", re.IGNORECASE)


class OpenAICompatibleSettings(SettingsWithModels):
    """A connection to a server with OpenAI's interface."""

    SECRET_FIELDS: ClassVar[frozenset[str]] = frozenset({"api_key", "headers", "query", "proxy"})
    """Of the last three, only secret-looking values."""
    DESCRIPTIVE_FIELDS: ClassVar[frozenset[str]] = SettingsWithModels.DESCRIPTIVE_FIELDS | {"provider"}
    ADDRESS_FIELD: ClassVar[str] = "base_url"

    kind: Literal["openai_compatible"] = "openai_compatible"
    base_url: str
    """Including `/v1`. A query in it is moved to `query`."""
    api_key: str = Field(default="", repr=False)
    api_key_env: str = Field(default="", pattern=r"^\w*$")
    """Environment variable with the key."""
    headers: dict[str, str] = Field(default_factory=dict, repr=False)
    query: dict[str, str] = Field(default_factory=dict, repr=False)
    proxy: str = Field(default="", repr=False)
    verify: bool = True
    """Whether the server's certificate is checked."""
    ca_file: str = ""
    """Path of a private CA certificate on the app's machine."""
    ca: str = ""
    """The same as text (PEM)."""
    timeouts: Timeouts = Field(default_factory=Timeouts)
    provider: str = Field(default=COMPATIBLE_PROVIDER, min_length=1)
    """Provider in a ModelConfig: the Dify provider that would serve the same models. The server never sees it."""

    @field_validator("base_url", "api_key", "api_key_env", "proxy", "provider", mode="before")
    @classmethod
    def _trimmed(cls, value: Any) -> Any:
        return value.strip() if isinstance(value, str) else value

    @model_validator(mode="before")
    @classmethod
    def _with_its_query(cls, value: Any) -> Any:
        """Move the query of the address, as services show it for copying, to `query`, which is sent with every request."""
        if not (isinstance(value, Mapping) and isinstance(address := value.get("base_url"), str) and "?" in address):
            return value
        query = value.get("query") or {}
        if address_fault(address.strip(), filled=False) is not None or not isinstance(query, Mapping):
            return value  # rejected by a later validator
        before, fields = without_query(address.strip())
        if len(dict(fields)) < len(fields):
            return value
        return {**value, "base_url": before, "query": {**dict(fields), **query}}

    @field_validator("base_url")
    @classmethod
    def _an_address(cls, value: str) -> str:
        _refuse(address_fault(value, filled=NAMED_VARIABLE.search(value) is None))
        if "@" in urlsplit(value).netloc:
            raise ValueError(Message("connections.user"))
        names = Counter(name for name, _ in without_query(value)[1])  # already moved, unless that was not possible
        if twice := [name for name, count in names.items() if count > 1]:
            raise ValueError(Message("connections.query_twice", name=twice[0]))
        return value.rstrip("/")

    @field_validator("proxy")
    @classmethod
    def _a_proxy(cls, value: str) -> str:
        _refuse(proxy_fault(value, filled=NAMED_VARIABLE.search(value) is None) if value else None)
        return value

    @field_validator("headers")
    @classmethod
    def _can_be_sent(cls, headers: dict[str, str]) -> dict[str, str]:
        names: set[str] = set()
        for name, value in headers.items():
            _refuse(header_fault(name, value))
            _refuse(Message("connections.header_twice", name=name) if name.lower() in names else None)
            names.add(name.lower())
        return headers

    @field_validator("query")
    @classmethod
    def _valid_query(cls, query: dict[str, str]) -> dict[str, str]:
        for name, value in query.items():
            _refuse(query_fault(name, value))
        return query

    @field_validator("api_key")
    @classmethod
    def _one_word(cls, key: str) -> str:
        _refuse(key_fault(key))
        return key

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if self.api_key and self.api_key_env:
            raise ValueError(Message("connections.one_key"))
        if self.ca and self.ca_file:
            raise ValueError(Message("connections.one_authority"))
        return self

    @property
    def key_variable(self) -> str:
        """Environment variable for its key; by default, the usual one of its preset."""
        preset = PRESETS.get(self.preset)
        usual = preset.key_variables[0] if preset and preset.key_variables else "API_KEY"
        return self.api_key_env or usual

    def public(self) -> dict[str, Any]:
        """Return values that are neither secret nor defaults, as plain values; itself a valid connection."""
        return {"name": self.name, "base_url": self.base_url} | super().public()

    def _public_fields(self) -> dict[str, Any]:
        fields = super()._public_fields()
        fields["headers"] = {name: value for name, value in self.headers.items() if not self._is_secret(name, value)}
        fields["query"] = {name: value for name, value in self.query.items() if not self._is_secret(name, value)}
        fields["proxy"] = _without_user(self.proxy)
        return fields

    def secrets(self) -> dict[str, Any]:
        """Return what `public()` leaves out; empty if there are no secrets."""
        fields: dict[str, Any] = {
            "api_key": self.api_key,
            "headers": {name: value for name, value in self.headers.items() if self._is_secret(name, value)},
            "query": {name: value for name, value in self.query.items() if self._is_secret(name, value)},
            "proxy": self.proxy if self.proxy != _without_user(self.proxy) else "",
        }
        return {name: value for name, value in fields.items() if value}

    def copied(self, *, own: bool) -> Self:
        """Return a copy for a visitor; only `connections.toml` may name a file of the server."""
        copy = self if own else self.checked(self.public() | {"api_key_env": ""})
        return copy.changed(ca_file="")

    def _is_secret(self, name: str, value: str) -> bool:
        """Return whether a value is secret; a mere reference to a variable is not."""
        if _ONLY_VARIABLES.fullmatch(value):
            return False
        return looks_secret(name, value) or (bool(self.api_key) and self.api_key in value)


def _refuse(fault: Message | None) -> None:
    if fault is not None:
        raise ValueError(fault)


def _without_user(address: str) -> str:
    parts = urlsplit(address)
    user = parts.netloc.rpartition("@")[0]
    if not user or not NAMED_VARIABLE.sub("", user).strip(":"):  # no user, or only references to variables
        return address
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
