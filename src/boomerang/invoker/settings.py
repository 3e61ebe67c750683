"""A connection as it is written down: a back end's kind, its address, its secrets, its models, and a name to pick it by.

What is secret is kept apart from what is not: `public()` is what may be shown, exported and stored in the clear, `secrets()` is
the rest, and `with_secrets()` brings both together again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from boomerang.invoker.entities.model import AIModelEntity, ModelPropertyKey, ModelType
from boomerang.invoker.http.field_rules import address_fault, header_fault, key_fault, proxy_fault, query_fault, without_query
from boomerang.invoker.http.redaction.credentials import looks_secret
from boomerang.invoker.messages.message import Message

from .errors import ConfigError

LONGEST_NAME = 60
LARGEST_NUMBER = 10**9
"""Of tokens or of texts that a model takes."""
MOST_MODELS = 1000
"""That a connection says something of; the server's own list may be longer."""
COMPATIBLE_PROVIDER = "langgenius/openai_api_compatible/openai_api_compatible"
"""Dify's provider for any server with OpenAI's interface."""
NAMED_VARIABLE = re.compile(r"\$\{(\w+)\}")
"""In the value of a header, of the query or of the proxy: taken from the environment when the connection is opened."""
_ONLY_VARIABLES = re.compile(r"((bearer|basic|token) )?\$\{\w+\}", re.IGNORECASE)


class Fault(str):
    """What is wrong with a field, as a text: `base_url: is missing`.

    Args:
        path: The field.
        words: What is wrong with it.
    """

    message: Message | None
    """The words as an id with values, where they are a message."""

    def __new__(cls, path: str, words: str | Message) -> Fault:
        """Make the text."""
        fault = super().__new__(cls, f"{path}: {words}")
        fault.message = words if isinstance(words, Message) else None
        return fault


class SettingsError(ConfigError):
    """What is wrong with the fields of a connection, one sentence for each in `faults`."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class _Strict(BaseModel):
    """A key that nobody knows is a slip of the pen, and is said."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=(), hide_input_in_errors=True)


class Timeouts(_Strict):
    """Seconds that each part of an exchange may take; one that is left out is the back end's own."""

    connect: float | None = Field(default=None, gt=0, le=3600)
    """Looking up the name, connecting, agreeing on keys."""
    first_byte: float | None = Field(default=None, gt=0, le=3600)
    """From the request to the first byte of the answer."""
    between_chunks: float | None = Field(default=None, gt=0, le=3600)
    """From some bytes of the answer to the next."""
    total: float | None = Field(default=None, gt=0, le=86400)


class ConnectionModel(AIModelEntity):
    """A model as a person describes it, in the words of Dify's model declarations; what is left out is guessed."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=(), hide_input_in_errors=True)

    model_properties: dict[ModelPropertyKey, Any] = Field(default_factory=dict)

    @field_validator("model_properties")
    @classmethod
    def _of_their_kinds(cls, properties: dict[ModelPropertyKey, Any]) -> dict[ModelPropertyKey, Any]:
        """Refuse what no page could draw or reckon with, and take a voice by its bare name too."""
        properties = {name: value for name, value in properties.items() if value is not None}
        for name in (ModelPropertyKey.CONTEXT_SIZE, ModelPropertyKey.MAX_CHUNKS):
            value = properties.get(name, 1)
            if type(value) is not int or not 1 <= value <= LARGEST_NUMBER:
                raise ValueError(f"{name.value}: expected a whole number from 1 to {LARGEST_NUMBER}")
        if properties.get(ModelPropertyKey.MODE, "chat") not in ("chat", "completion"):
            raise ValueError("mode: expected chat or completion")
        if not isinstance(properties.get(ModelPropertyKey.DEFAULT_VOICE, ""), str):
            raise ValueError("default_voice: expected a name")
        voices = properties.get(ModelPropertyKey.VOICES)
        if voices is None:
            return properties
        if not isinstance(voices, list):
            raise ValueError("voices: expected a list of names, or of {mode, name, language}")
        return {**properties, ModelPropertyKey.VOICES: [_voice(voice) for voice in voices]}


class ConnectionSettings(_Strict):
    """A connection to a server with OpenAI's interface, as it stands in `connections.toml` or was made on the page."""

    name: str = Field(min_length=1, max_length=LONGEST_NAME)
    preset: str = ""
    """Which of `PRESETS` it was made from."""
    base_url: str
    """Up to and with `/v1`. A query that is written behind it becomes a part of `query`."""
    api_key: str = Field(default="", repr=False)
    api_key_env: str = Field(default="", pattern=r"^\w*$")
    """Environment variable that holds the key."""
    headers: dict[str, str] = Field(default_factory=dict, repr=False)
    query: dict[str, str] = Field(default_factory=dict, repr=False)
    proxy: str = Field(default="", repr=False)
    verify: bool = True
    """Whether the server's certificate is checked."""
    ca_file: str = ""
    """File with the certificate of a private authority, on the machine that the app runs on."""
    ca: str = ""
    """The same as text (PEM)."""
    timeouts: Timeouts = Field(default_factory=Timeouts)
    provider: str = Field(default=COMPATIBLE_PROVIDER, min_length=1)
    """What a ModelConfig names: the Dify provider that would serve the same models. The server never sees it."""
    models: list[ConnectionModel] = Field(default_factory=list, max_length=MOST_MODELS)
    """What a person said of its models; the server's own list comes beside them."""
    defaults: dict[ModelType, str] = Field(default_factory=dict)
    """The model that a page offers first, by type."""
    system_model: str = ""
    """The LLM that plays Dify's workspace default; the default LLM if there is none."""

    @field_validator("name", "base_url", "api_key", "api_key_env", "proxy", "provider", mode="before")
    @classmethod
    def _trimmed(cls, value: Any) -> Any:
        return value.strip() if isinstance(value, str) else value

    @field_validator("name")
    @classmethod
    def _in_one_line(cls, name: str) -> str:
        if not name.isprintable():
            raise ValueError("must be one line of printable characters")
        return name

    @model_validator(mode="before")
    @classmethod
    def _with_its_query(cls, value: Any) -> Any:
        """Move the query of the address, as services show it for copying, to where it is sent with every request."""
        if not (isinstance(value, Mapping) and isinstance(address := value.get("base_url"), str) and "?" in address):
            return value
        query = value.get("query") or {}
        if address_fault(address.strip(), filled=False) is not None or not isinstance(query, Mapping):
            return value  # which is refused as it is
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
        names = Counter(name for name, _ in without_query(value)[1])  # they were moved, if they could be
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
    def _can_be_asked(cls, query: dict[str, str]) -> dict[str, str]:
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
            raise ValueError("give api_key or api_key_env, not both")
        if self.ca and self.ca_file:
            raise ValueError("give ca or ca_file, not both")
        return self

    def public(self) -> dict[str, Any]:
        """Return what is not secret and not as it would be anyway, as plain values; itself a valid connection."""
        found = self.model_dump(mode="json", exclude_defaults=True, exclude={"api_key", "headers", "query", "proxy"})
        found["models"] = [_said(model) for model in self.models]
        found["headers"] = {name: value for name, value in self.headers.items() if not self._is_secret(name, value)}
        found["query"] = {name: value for name, value in self.query.items() if not self._is_secret(name, value)}
        found["proxy"] = _without_user(self.proxy)
        kept = {name: value for name, value in found.items() if value not in ({}, [], "")}
        return {"name": self.name, "base_url": self.base_url} | kept

    def secrets(self) -> dict[str, Any]:
        """Return what `public()` leaves out; empty if there is nothing secret."""
        found: dict[str, Any] = {
            "api_key": self.api_key,
            "headers": {name: value for name, value in self.headers.items() if self._is_secret(name, value)},
            "query": {name: value for name, value in self.query.items() if self._is_secret(name, value)},
            "proxy": self.proxy if self.proxy != _without_user(self.proxy) else "",
        }
        return {name: value for name, value in found.items() if value}

    def with_secrets(self, secrets: Mapping[str, Any]) -> ConnectionSettings:
        """Return the same with its secrets."""
        value = self.model_dump(mode="json")
        for name, secret in secrets.items():
            value[name] = {**value[name], **secret} if isinstance(secret, dict) else secret
        return settings_of(value)

    def _is_secret(self, name: str, value: str) -> bool:
        """Return whether a value is to be kept to ourselves; one that only names a variable is not."""
        if _ONLY_VARIABLES.fullmatch(value):
            return False
        return looks_secret(name, value) or (bool(self.api_key) and self.api_key in value)

    def changed(self, **fields: Any) -> ConnectionSettings:
        """Return the same with other values in some fields, checked.

        Raises:
            ConfigError: A value does not fit.
        """
        return settings_of(self.model_dump(mode="json") | fields)


def settings_of(value: Any, where: str = "") -> ConnectionSettings:
    """Check a connection.

    Args:
        value: Its fields.
        where: What it is a part of, for the error, such as `connections[2]`.

    Raises:
        SettingsError: Names each field that is wrong.
    """
    try:
        return ConnectionSettings.model_validate(value)
    except ValidationError as error:
        raise SettingsError(faults(error, where)) from None  # the cause holds what was typed, secrets included


def faults(error: ValidationError, where: str = "") -> list[Fault]:
    """Say of each field what is wrong with it, without what stands in it."""
    found = []
    for item in error.errors(include_input=False, include_url=False):
        path = where
        for part in item["loc"]:
            path += f"[{part}]" if isinstance(part, int) else f"{'.' if path else ''}{part}"
        found.append(Fault(path or "connection", _words(item)))
    return found


def _words(item: ErrorDetails) -> str | Message:
    context = item.get("ctx", {})
    if item["type"] in _PLAINLY:
        return _PLAINLY[item["type"]].format(**{name: limit for name, limit in context.items() if name in _LIMITS})
    [words] = error.args if isinstance(error := context.get("error"), ValueError) else [item["msg"]]
    return words if isinstance(words, Message) else str(words)


_LIMITS = ("max_length", "gt", "le", "expected")
_PLAINLY = {
    "missing": "is missing",
    "extra_forbidden": "is no field that is known here",
    "string_type": "must be a text",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must be a name of letters, digits and _",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be at most {le}",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list",
    "too_long": "must have at most {max_length} entries",
    "dict_type": "must be names with values",
    "model_type": "must be names with values",
    "enum": "must be one of: {expected}",
}
"""Kind of a fault → what a person is told, who may never have seen a program."""


def _said(model: ConnectionModel) -> dict[str, Any]:
    return model.model_dump(mode="json", exclude_defaults=True, exclude={"label"}, by_alias=True)


def _voice(voice: Any) -> dict[str, Any]:
    if isinstance(voice, str) and voice.strip():
        return {"mode": voice.strip(), "name": voice.strip(), "language": []}
    named = isinstance(voice, Mapping) and all(isinstance(voice.get(field, ""), str) for field in ("mode", "name"))
    if named and voice.get("mode") and isinstance(voice.get("language", []), list):
        return {"name": voice["mode"], "language": [], **voice}
    raise ValueError("voices: expected a name, or {mode, name, language}")


def _refuse(fault: Message | None) -> None:
    if fault is not None:
        raise ValueError(fault)


def _without_user(address: str) -> str:
    parts = urlsplit(address)
    user = parts.netloc.rpartition("@")[0]
    if not user or not NAMED_VARIABLE.sub("", user).strip(":"):  # none, or one of which only the variables' names are told
        return address
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
