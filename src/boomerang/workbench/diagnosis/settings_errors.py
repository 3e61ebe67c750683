"""What is wrong with a connection, said by the labels of the form and not by the names of its fields."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from boomerang.invoker.errors import ConfigError
from boomerang.invoker.messages.message import Message
from boomerang.invoker.settings import Fault
from boomerang.workbench.i18n import library_words
from boomerang.workbench.i18n.translate import N_, _

TIMEOUTS = {
    "connect": N_("to connect"),
    "first_byte": N_("to the first byte"),
    "between_chunks": N_("between chunks"),
    "total": N_("in total"),
}
LABELS = {
    "name": N_("Name"),
    "base_url": N_("Base address"),
    "provider": N_("Dify provider"),
    "api_key": N_("API key"),
    "api_key_env": N_("Environment variable"),
    "headers": N_("Headers"),
    "query": N_("Query"),
    "proxy": N_("Proxy"),
    "ca": N_("Certificate of a private authority (PEM)"),
    "timeouts": N_("Time limits"),
    "models": N_("Models"),
    "defaults": N_("Default"),
    "system_model": N_("System model"),
}
MOST_SHOWN = 8
FOLDED = ("headers", "query", "proxy", "ca", "timeouts", "verify")


def widget_of(fault: str) -> str:
    """Return the field of the form under which a fault is said."""
    field = _parts(fault)[0]
    return "more" if field in FOLDED else field


def spoken(fault: str | ConfigError, models: Sequence[str] = ()) -> str:
    """Say a fault, such as `base_url: is missing`, by the label of its field.

    Args:
        fault: As the library reports it.
        models: Names of the connection's models, in order.
    """
    field, rest, words = _parts(str(fault))
    message = fault.message if isinstance(fault, ConfigError | Fault) else None
    if field not in LABELS:
        return library_words.error_text(fault) if isinstance(fault, ConfigError) else library_words.told_of_field(fault)
    label, words = _(LABELS[field]), library_words.told_of_field(words) if message is None else library_words.told(message)
    if field == "timeouts" and rest.lstrip(".") in TIMEOUTS:
        rest = " " + _(TIMEOUTS[rest.lstrip(".")])
    elif field == "models" and (found := re.match(r"\[(\d+)\]", rest)) and int(found[1]) < len(models):
        rest = f" {models[int(found[1])]}{rest.removeprefix(found[0])}"
    return f"{label}{rest}: {words}"


def problem_text(problem: str | Problem | ConfigError) -> str:
    """Write what is wrong with what was configured or saved, in the visitor's language."""
    match problem:
        case Problem():
            text = f"{problem.where}: {library_words.told(problem.what)}"
            return f"{text}: {'; '.join(shortened([spoken(fault) for fault in problem.faults]))}" if problem.faults else text
        case ConfigError():
            return library_words.error_text(problem)
    return library_words.told_of_field(problem)


def shortened(lines: Sequence[str]) -> list[str]:
    """Return the first lines of many, and how many more there are."""
    more = len(lines) - MOST_SHOWN
    return [*lines[:MOST_SHOWN], *([_("and {count} more").format(count=more)] if more > 0 else [])]


def _parts(fault: str) -> tuple[str, str, str]:
    """Split into the field, what of it, and what is wrong."""
    path, _colon, words = fault.partition(": ")
    field = re.match(r"\w*", path)
    assert field is not None  # it matches nothing too
    return field[0], path.removeprefix(field[0]), words


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a part of what was configured or saved, beside which the rest is used."""

    where: str
    """The file."""
    what: Message
    faults: tuple[str, ...] = ()
    """What is wrong with each field, such as `base_url: is missing`."""

    def __str__(self) -> str:
        """Write it in English."""
        return f"{self.where}: {self.what}" + (f": {'; '.join(self.faults)}" if self.faults else "")
