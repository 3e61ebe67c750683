"""What a form asks of a connection, as data: fields, labels and how each is drawn. It draws nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


def N_(text: str) -> str:
    """Mark a text of a form, which is translated where it is drawn."""
    return text


class Widget(StrEnum):
    """How a field is drawn."""

    TEXT = "text"
    ADDRESS = "address"
    """A text that is completed to a web address when it was typed."""
    KEY = "key"
    """An API key: none, typed, or the name of an environment variable in the field `variable`."""
    PAIRS = "pairs"
    """Names and values, one pair on a line; what is secret is masked."""
    PROXY = "proxy"
    """An address whose user and password are masked."""
    SWITCH = "switch"
    LONG_TEXT = "long text"
    SECONDS = "seconds"
    """Several numbers, one for each of `parts`."""
    MODELS = "models"
    """The table of models, with the defaults and the system model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One field of a form. Texts are English and marked for translation; examples are shown as they are."""

    name: str
    """The field of the settings."""
    label: str
    widget: Widget = Widget.TEXT
    secret: bool = False
    """Whether what was typed is neither shown again nor stored in the clear."""
    help: str = ""
    """Shown on demand."""
    caption: str = ""
    """Shown under the field while nothing is wrong with it."""
    placeholder: str = ""
    group: str = ""
    """Title of the fold that it is in; empty for the open part of the form."""
    right: bool = False
    """Whether it is in the right column."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """Part of a field of several numbers → its label."""
    variable: str = ""
    """For a key: the field with the name of an environment variable."""
    query: str = ""
    """For an address: the field that takes over its query."""
    summary_label: str = ""
    """What the summary of a connection calls it; empty for the label."""
    summary_off: str = ""
    """What the summary says while a switch is off; while it is on, it says nothing."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a form asks beside the name, and what the summary of a connection shows of it."""

    fields: tuple[FormField, ...]
    summary: tuple[str, ...] = ()
    """Names of fields, in order."""

    @property
    def groups(self) -> list[str]:
        """The titles of its folds, in order."""
        return list(dict.fromkeys(form_field.group for form_field in self.fields if form_field.group))

    def labels(self) -> Iterator[tuple[str, str]]:
        """Yield the name and the label of each field, and of each part as `field.part`."""
        for form_field in self.fields:
            yield form_field.name, form_field.label
            yield from ((f"{form_field.name}.{part}", label) for part, label in form_field.parts.items())
