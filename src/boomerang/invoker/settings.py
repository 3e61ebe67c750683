"""What every connection is made of: a name, a kind, its models. Each kind adds its own fields in its back end's folder.

What is secret is kept apart from what is not: `public()` is what may be shown, exported and stored in the clear, `secrets()` is
the rest, and `with_secrets()` brings both together again.
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
"""The kind of a connection that names none: files and saved connections had no kinds at first."""
LONGEST_NAME = 60
LARGEST_NUMBER = 10**9
"""Of tokens or of texts that a model takes."""
MOST_MODELS = 1000
"""That a connection says something of; the server's own list may be longer."""


class Fault(str):
    """What is wrong with a field, as a text: `base_url: is missing`.

    Args:
        path: The field.
        words: What is wrong with it.
    """

    path: str
    detail: str | Message

    def __new__(cls, path: str, detail: str | Message) -> Fault:
        """Make the text."""
        fault = super().__new__(cls, f"{path}: {detail}")
        fault.path, fault.detail = path, detail
        return fault


class SettingsError(ConfigError):
    """What is wrong with the fields of a connection, one sentence for each in `faults`."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class StrictModel(BaseModel):
    """A key that nobody knows is a slip of the pen, and is said."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=(), hide_input_in_errors=True)


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
    """A connection of any kind, as it stands in `connections.toml` or was made on the page."""

    SECRET_FIELDS: ClassVar[frozenset[str]] = frozenset()
    """Fields that `public()` leaves out."""
    DESCRIPTIVE_FIELDS: ClassVar[frozenset[str]] = frozenset({"name", "preset", "system_model"})
    """Fields that do not change what a test of the connection finds."""
    ADDRESS_FIELD: ClassVar[str] = ""
    """The field that holds the address that it calls; empty if it calls none."""

    name: str = Field(min_length=1, max_length=LONGEST_NAME)
    kind: str
    """Which kind of back end: each kind's class names its own."""
    preset: str = ""
    """Which preset of its kind it was made from."""
    system_model: str = ""
    """The LLM that plays Dify's workspace default; the default LLM if there is none."""

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
            where: What they are a part of, for the error, such as `connections[2]`.

        Raises:
            SettingsError: Names each field that is wrong.
        """
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            raise SettingsError(faults(error, where)) from None  # the cause holds what was typed, secrets included

    @property
    def address(self) -> str:
        """The address that it calls; empty if it calls none."""
        return str(getattr(self, self.ADDRESS_FIELD)) if self.ADDRESS_FIELD else ""

    @property
    def key_variable(self) -> str | None:
        """The environment variable that code for copying reads the key from; `None` if the connection needs none."""
        return None

    def public(self) -> dict[str, Any]:
        """Return what is not secret and not as it would be anyway, as plain values; itself a valid connection."""
        kept = {name: value for name, value in self._public_fields().items() if value not in ({}, [], "")}
        return {"name": self.name} | ({} if self.kind == DEFAULT_KIND else {"kind": self.kind}) | kept

    def _public_fields(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_defaults=True, exclude=set(self.SECRET_FIELDS))

    def secrets(self) -> dict[str, Any]:
        """Return what `public()` leaves out; empty if there is nothing secret."""
        fields = self.model_dump(mode="json", exclude_defaults=True, include=set(self.SECRET_FIELDS))
        return {name: value for name, value in fields.items() if value}

    def with_secrets(self, secrets: Mapping[str, Any]) -> Self:
        """Return the same with its secrets."""
        value = self.model_dump(mode="json")
        for name, secret in secrets.items():
            value[name] = {**value[name], **secret} if isinstance(secret, dict) else secret
        return self.checked(value)

    def changed(self, **fields: Any) -> Self:
        """Return the same with other values in some fields, checked.

        Raises:
            ConfigError: A value does not fit.
        """
        return self.checked(self.model_dump(mode="json") | fields)

    def at(self, address: str) -> Self:
        """Return the same at another address, checked."""
        return self.changed(**{self.ADDRESS_FIELD: address})

    def copied(self, *, own: bool) -> Self:
        """Return what a visitor may copy: of a connection that is not their own, nothing secret."""
        return self if own else self.checked(self.public())

    def reach(self) -> dict[str, Any]:
        """Return the fields that decide what a test of the connection finds."""
        return self.model_dump(exclude=set(self.DESCRIPTIVE_FIELDS))


class SettingsWithModels(ConnectionSettings):
    """A connection whose models a person may describe."""

    DESCRIPTIVE_FIELDS: ClassVar[frozenset[str]] = ConnectionSettings.DESCRIPTIVE_FIELDS | {"models", "defaults"}

    models: list[ConnectionModel] = Field(default_factory=list, max_length=MOST_MODELS)
    """What a person said of its models; the server's own list comes beside them."""
    defaults: dict[ModelType, str] = Field(default_factory=dict)
    """The model that a page offers first, by type."""

    def _public_fields(self) -> dict[str, Any]:
        return super()._public_fields() | {"models": [_dumped(model) for model in self.models]}


def faults(error: ValidationError, where: str = "") -> list[Fault]:
    """Say of each field what is wrong with it, without what stands in it."""
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
    """Return what a person is told, who may never have seen a program, about a kind of fault; `None` for a rarer one."""
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
