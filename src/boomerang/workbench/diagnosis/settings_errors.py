"""Describe the faults of a connection with the form's labels instead of field names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from boomerang.invoker.connection_kind import Kinds
from boomerang.invoker.errors import ConfigError
from boomerang.invoker.messages.message import Message, translated
from boomerang.invoker.settings import Fault, SettingsError
from boomerang.workbench.i18n.translate import N_, _

from .error_text import error_text, fault_text

LABELS = {
    "name": N_("Name"),
    "api_key_env": N_("Environment variable"),
    "defaults": N_("Default"),
    "system_model": N_("System model"),
}
"""Labels of settings that are not fields of a kind's form."""
MOST_SHOWN = 8


def field_labels(kinds: Kinds) -> dict[str, str]:
    """Return the field labels of all forms, in English; a part of a field is `field.part`."""
    forms = [kind.form() for kind in kinds.values() if kind.form is not None]
    return LABELS | {name: label for form in forms for name, label in form.labels()}


def field_of(fault: Fault) -> str:
    """Return the field of a fault."""
    return _parts(fault.path)[0]


def spoken(fault: Fault | Message | ConfigError, labels: Mapping[str, str], models: Sequence[str] = ()) -> str:
    """Return a fault, such as `base_url: is missing`, with the label of its field.

    Args:
        fault: The fault as the library reports it.
        labels: The labels of the fields, in English.
        models: Names of the connection's models, in order.
    """
    match fault:
        case SettingsError():
            return "; ".join(spoken(part, labels, models) for part in fault.faults)
        case ConfigError(field=str() as path, message=Message() as message):
            fault = Fault(path, message)
        case ConfigError():
            return error_text(fault)
        case Message():
            return translated(fault, _)
    field, rest = _parts(fault.path)
    if field not in labels:
        return fault_text(fault)
    label, text = _(labels[field]), translated(fault.detail, _)
    if (part := field + rest) in labels and rest:
        rest = " " + _(labels[part])
    elif field == "models" and (match := re.match(r"\[(\d+)\]", rest)) and int(match[1]) < len(models):
        rest = f" {models[int(match[1])]}{rest.removeprefix(match[0])}"
    return f"{label}{rest}: {text}"


def problem_text(problem: Problem | ConfigError, labels: Mapping[str, str]) -> str:
    """Return a problem of the configuration or of saved connections in the visitor's language."""
    if isinstance(problem, ConfigError):
        return error_text(problem)
    what = error_text(problem.what) if isinstance(problem.what, ConfigError) else translated(problem.what, _)
    text = f"{problem.where}: {what}"
    faults = shortened([spoken(fault, labels) for fault in problem.faults])
    return f"{text}: {'; '.join(faults)}" if faults else text


def shortened(lines: Sequence[str]) -> list[str]:
    """Return the first lines, and how many more there are."""
    more = len(lines) - MOST_SHOWN
    return [*lines[:MOST_SHOWN], *([_("and {count} more").format(count=more)] if more > 0 else [])]


def _parts(path: str) -> tuple[str, str]:
    """Split a path into the field and the rest."""
    field = re.match(r"\w*", path)
    assert field is not None  # it also matches nothing
    return field[0], path.removeprefix(field[0])


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem with a part of the configuration or of the saved connections; the rest is used."""

    where: str
    """The file or the variable."""
    what: Message | ConfigError
    faults: tuple[Fault | Message, ...] = ()
    """Faults of individual fields, such as `base_url: is missing`."""

    def __str__(self) -> str:
        """Return the problem in English."""
        return f"{self.where}: {self.what}" + (f": {'; '.join(map(str, self.faults))}" if self.faults else "")
