"""A connection form as data: its fields, their labels and widgets. Draws nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


def N_(text: str) -> str:
    """Mark a form text for translation; it is translated when drawn."""
    return text


class Widget(StrEnum):
    """How a field is drawn."""

    TEXT = "text"
    ADDRESS = "address"
    """Text that is completed to a web address once entered."""
    KEY = "key"
    """An API key; or none, while the field `variable` names an environment variable."""
    VARIABLE = "variable"
    """The name of an environment variable that visitors may use."""
    PAIRS = "pairs"
    """Names and values, one pair per line; secret values are masked."""
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
    """One field of a form. Texts are English, marked for translation; examples are shown verbatim."""

    name: str
    """Name of the settings field."""
    label: str
    widget: Widget = Widget.TEXT
    secret: bool = False
    """Whether the value is neither shown again nor stored in the clear."""
    help: str = ""
    """Shown on demand."""
    caption: str = ""
    """Shown under the field while it has no error."""
    placeholder: str = ""
    advanced: bool = False
    """Whether it is under Advanced; a basic field is always visible."""
    optional: bool = False
    """Whether its label says that it may stay empty."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """For a field of several numbers: part → label."""
    variable: str = ""
    """For a key: the field with the name of an environment variable."""
    query: str = ""
    """For an address: the field that its query string is moved to."""
    summary_label: str = ""
    """Label in the connection's summary; `label` if empty."""
    summary_off: str = ""
    """For a switch: the summary's text while it is off; while it is on, the summary omits it."""


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a connection, without the name field, and what the connection's summary shows."""

    fields: tuple[FormField, ...]
    summary: tuple[str, ...] = ()
    """Names of fields, in order."""

    @property
    def basic(self) -> list[FormField]:
        """The fields that are always visible. Keep them few: adding a connection should take no reading."""
        return [form_field for form_field in self.fields if not form_field.advanced]

    @property
    def advanced(self) -> list[FormField]:
        """The fields under Advanced."""
        return [form_field for form_field in self.fields if form_field.advanced]

    def labels(self) -> Iterator[tuple[str, str]]:
        """Yield the name and label of each field, and of each part as `field.part`."""
        for form_field in self.fields:
            yield form_field.name, form_field.label
            yield from ((f"{form_field.name}.{part}", label) for part, label in form_field.parts.items())


def variable_field(name: str) -> FormField:
    """Return the field for the environment variable that a server's key is read from."""
    return FormField(
        name=name,
        label=N_("Environment variable"),
        widget=Widget.VARIABLE,
        help=N_(
            "Read the key from a variable on the machine that runs this app. Its administrator lists the allowed ones in "
            "CONNECTIONS_ENV."
        ),
        advanced=True,
    )


SERVER_FIELDS = (
    FormField(
        name="verify",
        label=N_("Verify the server's certificate"),
        widget=Widget.SWITCH,
        advanced=True,
        summary_label=N_("Certificate"),
        summary_off=N_("not checked"),
    ),
    FormField(
        name="ca",
        label=N_("CA certificate (PEM)"),
        widget=Widget.LONG_TEXT,
        placeholder="-----BEGIN CERTIFICATE-----",
        advanced=True,
    ),
    FormField(
        name="timeouts",
        label=N_("Timeouts"),
        widget=Widget.SECONDS,
        parts={
            "connect": N_("to connect"),
            "first_byte": N_("to the first byte"),
            "between_chunks": N_("between chunks"),
            "total": N_("in total"),
        },
        advanced=True,
    ),
    FormField(name="models", label=N_("Models"), widget=Widget.MODELS, advanced=True),
)
"""Fields of a connection to any server: certificate, time limits and models."""
