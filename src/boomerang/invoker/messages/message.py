"""Messages of the library: an id with values. English is rendered here, other languages where a message is shown.

Every id has a template in one of the modules of this folder, one module per area. A value fills the placeholder of its name.
Nothing parses a rendered sentence: what shows a message takes its id and values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, Union

from . import answers, audio, connections, diagnosis, embedded, http, inputs, lists, prompts, records, runs, saved, schemas

Value: TypeAlias = Union[str, int, float, "Message"]

TEMPLATES: Mapping[str, str] = {
    **answers.TEMPLATES,
    **audio.TEMPLATES,
    **connections.TEMPLATES,
    **diagnosis.TEMPLATES,
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
            translate: Takes an English template and returns it in that language, with the same placeholders.
        """
        values = {name: value.render(translate) if isinstance(value, Message) else value for name, value in self.values.items()}
        return translate(TEMPLATES[self.id]).format(**values)

    def masked(self, mask: Callable[[str], str]) -> Message:
        """Return the message with `mask` applied to each text among its values."""

        def safe(value: Value) -> Value:
            if isinstance(value, Message):
                return value.masked(mask)
            return mask(value) if isinstance(value, str) else value

        return Message(self.id, **{name: safe(value) for name, value in self.values.items()})

    def dump(self) -> dict[str, Any]:
        """Return JSON values."""
        values = {name: value.dump() if isinstance(value, Message) else value for name, value in self.values.items()}
        return {"id": self.id, "values": values}

    @classmethod
    def load(cls, dumped: Mapping[str, Any], text: str) -> str | Message:
        """Return a dumped message; `text` instead if this version does not know its id.

        Args:
            dumped: As `dump` returned it.
            text: The message as it was rendered in English.
        """
        if dumped["id"] not in TEMPLATES:
            return text
        values = {name: cls.load(value, "") if isinstance(value, dict) else value for name, value in dumped["values"].items()}
        return cls(dumped["id"], **values)


def translated(text: str | Message, translate: Callable[[str], str]) -> str:
    """Render a message by `translate`; return a plain text, such as a server's own words, unchanged."""
    return text.render(translate) if isinstance(text, Message) else text
