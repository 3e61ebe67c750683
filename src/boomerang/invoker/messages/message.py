"""Messages of the library: an id with values. English is rendered here, other languages where a message is shown.

Every id has a template in one of the modules of `areas/`. Each value fills the placeholder of its name.
Rendered text is never parsed: code that needs details uses the message's id and values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, Union

from .areas import (
    answers,
    audio,
    connections,
    diagnosis,
    dify,
    embedded,
    http,
    inputs,
    lists,
    prompts,
    records,
    runs,
    saved,
    schemas,
)

Value: TypeAlias = Union[str, int, float, "Message"]

TEMPLATES: Mapping[str, str] = {
    **answers.TEMPLATES,
    **audio.TEMPLATES,
    **connections.TEMPLATES,
    **diagnosis.TEMPLATES,
    **dify.TEMPLATES,
    **embedded.TEMPLATES,
    **http.TEMPLATES,
    **inputs.TEMPLATES,
    **lists.TEMPLATES,
    **prompts.TEMPLATES,
    **records.TEMPLATES,
    **runs.TEMPLATES,
    **saved.TEMPLATES,
    **schemas.TEMPLATES,
}
"""Id → English template, with `str.format` placeholders."""


@dataclass(frozen=True, slots=True, init=False)
class Message:
    """A sentence for a person, as an id with values.

    Args:
        id: Key of `TEMPLATES`.
        **values: One for each placeholder of the template. A value may be a message itself.
    """

    id: str
    values: Mapping[str, Value]

    def __init__(self, id: str, /, **values: Value) -> None:
        object.__setattr__(self, "id", id)
        object.__setattr__(self, "values", values)

    def __str__(self) -> str:
        """Render in English."""
        return self.render(lambda template: template)

    def render(self, translate: Callable[[str], str]) -> str:
        """Render in another language.

        Args:
            translate: Translates an English template, keeping its placeholders.
        """
        values = {name: value.render(translate) if isinstance(value, Message) else value for name, value in self.values.items()}
        return translate(TEMPLATES[self.id]).format(**values)

    def masked(self, mask: Callable[[str], str]) -> Message:
        """Return the message with `mask` applied to each of its text values."""

        def safe(value: Value) -> Value:
            if isinstance(value, Message):
                return value.masked(mask)
            return mask(value) if isinstance(value, str) else value

        return Message(self.id, **{name: safe(value) for name, value in self.values.items()})

    def dump(self) -> dict[str, Any]:
        """Return the message as JSON values."""
        values = {name: value.dump() if isinstance(value, Message) else value for name, value in self.values.items()}
        return {"id": self.id, "values": values}

    @classmethod
    def load(cls, dumped: Mapping[str, Any], text: str) -> str | Message:
        """Rebuild a dumped message; return `text` if this version does not know its id.

        Args:
            dumped: The output of `dump`.
            text: The message rendered in English.
        """
        if dumped["id"] not in TEMPLATES:
            return text
        values = {name: cls.load(value, "") if isinstance(value, dict) else value for name, value in dumped["values"].items()}
        return cls(dumped["id"], **values)


def translated(text: str | Message, translate: Callable[[str], str]) -> str:
    """Render a message with `translate`; return plain text, such as a server's own, unchanged."""
    return text.render(translate) if isinstance(text, Message) else text
