"""What an error says, as a message or in the visitor's language."""

from __future__ import annotations

from boomerang.invoker.errors import ConfigError, InvokeError
from boomerang.invoker.messages.message import Message, translated
from boomerang.invoker.settings import Fault, SettingsError
from boomerang.workbench.i18n.translate import _


def error_message(error: BaseException) -> str | Message:
    """Return what an error says: a message where it is one of ours, else its own words."""
    if isinstance(error, ConfigError) and error.message is not None:
        return Message("saved.at", where=error.field, fault=error.message) if error.field else error.message
    return (isinstance(error, InvokeError) and error.message) or str(error)


def error_text(error: BaseException) -> str:
    """Return what an error says in the visitor's language; the words of a server or of the system as they are."""
    if isinstance(error, SettingsError):
        return "; ".join(map(fault_text, error.faults))
    if isinstance(error, ConfigError) and error.message is not None and error.field:
        return f"{error.field}: {translated(error.message, _)}"
    return translated(error_message(error), _)


def fault_text(fault: Fault | Message) -> str:
    """Return what is wrong with a setting, the setting's own name as it is: `base_url: expected an address …`."""
    return translated(fault, _) if isinstance(fault, Message) else f"{fault.path}: {translated(fault.detail, _)}"
