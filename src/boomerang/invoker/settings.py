"""Settings common to all connections: name, kind, models. Each kind adds its own fields in its back end's folder.

Secret fields are kept apart: `public()` returns what may be shown, exported and stored in the clear, `secrets()` the rest, and
`with_secrets()` combines the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

from boomerang.invoker.entities.model import AIModelEntity, ModelPropertyKey, ModelType
from boomerang.invoker.messages.message import Message

from .errors import ConfigError

DEFAULT_KIND = "openai_compatible"
"""Default kind: early files and saved connections do not name one."""
LONGEST_NAME = 60
LARGEST_NUMBER = 10**9
"""Limit for a model's number of tokens or texts."""
MOST_MODELS = 1000
"""Maximum number of models a connection may describe; the server's own list may be longer."""


class Fault(str):
    """An error in a field, as text: `base_url: is missing`.

    Args:
        path: The field.
        words: What is wrong with it.
    """

    path: str
    detail: str | Message

    def __new__(cls, path: str, detail: str | Message) -> Fault:
        """Create the text from its parts."""
        fault = super().__new__(cls, f"{path}: {detail}")
        fault.path, fault.detail = path, detail
        return fault


class SettingsError(ConfigError):
    """Invalid fields of a connection, one message each in `faults`."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class StrictModel(BaseModel):
    """Base of models that reject unknown keys, which are usually typos."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=(), hide_input_in_errors=True)


class Timeouts(StrictModel):
    """Seconds that each part of an exchange may take; the back end's defaults if omitted."""

    connect: float | None = Field(default=None, gt=0, le=3600)
    """Name lookup, connection and TLS handshake."""
    first_byte: float | None = Field(default=None, gt=0, le=3600)
    """From the request to the first byte of the response."""
    between_chunks: float | None = Field(default=None, gt=0, le=3600)
    """Between consecutive pieces of the response."""
    total: float | None = Field(default=None, gt=0, le=86400)


class ConnectionModel(AIModelEntity):
    """A model described by the user, in the terms of Dify's model declarations; omitted fields are guessed."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=(), hide_input_in_errors=True)

    model_properties: dict[ModelPropertyKey, Any] = Field(default_factory=dict)

    @field_validator("model_properties")
    @classmethod
    def _of_their_kinds(cls, properties: dict[ModelPropertyKey, Any]) -> dict[ModelPropertyKey, Any]:
        """Reject values that no page could show or calculate with; also accept a voice by name only."""
        properties = {name: value for name, value in properties.items() if value is not None}
        for name in (ModelPropertyKey.CONTEXT_SIZE, ModelPropertyKey.MAX_CHUNKS):
            value = properties.get(name, 1)
            if type(value) is not int or not 1 <= value <= LARGEST_NUMBER:
                raise ValueError(Message("connections.whole_number", name=name.value, most=LARGEST_NUMBER))
        if properties.get(ModelPropertyKey.MODE, "chat") not in ("chat", "completion"):
            raise ValueError(Message("connections.mode"))
        if not isinstance(properties.get(ModelPropertyKey.DEFAULT_VOICE, ""), str):
            raise ValueError(Message("connections.default_voice"))
        voices = properties.get(ModelPropertyKey.VOICES)
        if voices is None:
            return properties
        if not isinstance(voices, list):
            raise ValueError(Message("connections.voices"))
        return {**properties, ModelPropertyKey.VOICES: [_voice(voice) for voice in voices]}


class ConnectionSettings(StrictModel):
    """Settings of a connection of any kind, from `connections.toml` or the Connections page."""

    SECRET_FIELDS: ClassVar[frozenset[str]] = frozenset()
    """Fields that `public()` omits."""
    DESCRIPTIVE_FIELDS: ClassVar[frozenset[str]] = frozenset({"name", "preset", "system_model"})
    """Fields that do not affect the result of a test."""
    ADDRESS_FIELD: ClassVar[str] = ""
    """The field with the address that it calls; empty if it calls none."""

    name: str = Field(min_length=1, max_length=LONGEST_NAME)
    kind: str
    """Kind of back end; each kind's class sets its own."""
    preset: str = ""
    """The preset of its kind that it was created from."""
    system_model: str = ""
    """The LLM that plays Dify's workspace default; the default LLM if empty."""

    @field_validator("name", mode="before")
    @classmethod
    def _trimmed_name(cls, name: Any) -> Any:
        return name.strip() if isinstance(name, str) else name

    @field_validator("name")
    @classmethod
    def _in_one_line(cls, name: str) -> str:
        if not name.isprintable():
            raise ValueError(Message("connections.address_line"))
        return name

    @classmethod
    def checked(cls, value: Any, where: str = "") -> Self:
        """Check the fields of a connection of this kind.

        Args:
            value: The fields.
            where: Path prefix for errors, such as `connections[2]`.

        Raises:
            SettingsError: Names each invalid field.
        """
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            raise SettingsError(faults(error, where)) from None  # the cause contains the input, secrets included

    @property
    def address(self) -> str:
        """The address that it calls; empty if it calls none."""
        return str(getattr(self, self.ADDRESS_FIELD)) if self.ADDRESS_FIELD else ""

    @property
    def key_variable(self) -> str | None:
        """The environment variable that generated code reads the key from; `None` if no key is needed."""
        return None

    def public(self) -> dict[str, Any]:
        """Return the non-secret fields that differ from their defaults, as plain values; a valid connection in itself."""
        kept = {name: value for name, value in self._public_fields().items() if value not in ({}, [], "")}
        return {"name": self.name} | ({} if self.kind == DEFAULT_KIND else {"kind": self.kind}) | kept

    def _public_fields(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_defaults=True, exclude=set(self.SECRET_FIELDS))

    def secrets(self) -> dict[str, Any]:
        """Return the fields that `public()` omits; empty if there are no secrets."""
        fields = self.model_dump(mode="json", exclude_defaults=True, include=set(self.SECRET_FIELDS))
        return {name: value for name, value in fields.items() if value}

    def with_secrets(self, secrets: Mapping[str, Any]) -> Self:
        """Return a copy with these secrets."""
        value = self.model_dump(mode="json")
        for name, secret in secrets.items():
            value[name] = {**value[name], **secret} if isinstance(secret, dict) else secret
        return self.checked(value)

    def changed(self, **fields: Any) -> Self:
        """Return a checked copy with some fields replaced.

        Raises:
            ConfigError: A value is invalid.
        """
        return self.checked(self.model_dump(mode="json") | fields)

    def at(self, address: str) -> Self:
        """Return a checked copy with another address."""
        return self.changed(**{self.ADDRESS_FIELD: address})

    def copied(self, *, own: bool) -> Self:
        """Return the settings that a visitor may copy: without secrets unless the connection is their own."""
        return self if own else self.checked(self.public())

    def reach(self) -> dict[str, Any]:
        """Return the fields that affect the result of a test."""
        return self.model_dump(exclude=set(self.DESCRIPTIVE_FIELDS))


class SettingsWithModels(ConnectionSettings):
    """Settings of a connection whose models the user may describe."""

    DESCRIPTIVE_FIELDS: ClassVar[frozenset[str]] = ConnectionSettings.DESCRIPTIVE_FIELDS | {"models", "defaults"}

    models: list[ConnectionModel] = Field(default_factory=list, max_length=MOST_MODELS)
    """The user's model descriptions, in addition to the server's own list."""
    defaults: dict[ModelType, str] = Field(default_factory=dict)
    """The model that a page selects by default, by type."""

    def _public_fields(self) -> dict[str, Any]:
        return super()._public_fields() | {"models": [_dumped(model) for model in self.models]}


def faults(error: ValidationError, where: str = "") -> list[Fault]:
    """Return an error for each invalid field, without the field's value."""
    faults_found = []
    for item in error.errors(include_input=False, include_url=False):
        path = where
        for part in item["loc"]:
            path += f"[{part}]" if isinstance(part, int) else f"{'.' if path else ''}{part}"
        faults_found.append(Fault(path or "connection", _message(item)))
    return faults_found


def _message(item: ErrorDetails) -> str | Message:
    context = item.get("ctx", {})
    if message := _plainly(item["type"], context):
        return message
    [raw] = error.args if isinstance(error := context.get("error"), ValueError) else [item["msg"]]
    return raw if isinstance(raw, Message) else str(raw)


def _plainly(kind: str, context: Mapping[str, Any]) -> Message | None:
    """Return a message for non-programmers for a type of validation error; `None` for a rare one."""
    match kind:
        case "missing":
            return Message("connections.missing")
        case "extra_forbidden":
            return Message("connections.unknown")
        case "string_type":
            return Message("connections.text")
        case "string_too_short":
            return Message("connections.empty")
        case "string_too_long":
            return Message("connections.long", most=context["max_length"])
        case "string_pattern_mismatch":
            return Message("connections.variable")
        case "float_type" | "float_parsing" | "finite_number":
            return Message("connections.number")
        case "greater_than":
            return Message("connections.more_than", least=context["gt"])
        case "less_than_equal":
            return Message("connections.at_most", most=context["le"])
        case "bool_type" | "bool_parsing":
            return Message("connections.boolean")
        case "list_type":
            return Message("connections.list")
        case "too_long":
            return Message("connections.entries", most=context["max_length"])
        case "dict_type" | "model_type":
            return Message("connections.mapping")
        case "enum":
            return Message("connections.one_of", values=context["expected"])
    return None


def _dumped(model: ConnectionModel) -> dict[str, Any]:
    return model.model_dump(mode="json", exclude_defaults=True, exclude={"label"}, by_alias=True)


def _voice(voice: Any) -> dict[str, Any]:
    if isinstance(voice, str) and voice.strip():
        return {"mode": voice.strip(), "name": voice.strip(), "language": []}
    named = isinstance(voice, Mapping) and all(isinstance(voice.get(field, ""), str) for field in ("mode", "name"))
    if named and voice.get("mode") and isinstance(voice.get("language", []), list):
        return {"name": voice["mode"], "language": [], **voice}
    raise ValueError(Message("connections.voice"))
