"""The text of an error, as a message or in the visitor's language."""

from __future__ import annotations

from boomerang.invoker.errors import ConfigError, InvokeError
from boomerang.invoker.messages.message import Message, translated
from boomerang.invoker.settings import Fault, SettingsError
from boomerang.workbench.i18n.translate import _


def error_message(error: BaseException) -> str | Message:
    """Return an error's message if it is one of ours, else its text."""
    if isinstance(error, ConfigError) and error.message is not None:
        return Message("saved.at", where=error.field, fault=error.message) if error.field else error.message
    return (isinstance(error, InvokeError) and error.message) or str(error)


def error_text(error: BaseException) -> str:
    """Return an error's text in the visitor's language; a server's or the system's text is not translated."""
    if isinstance(error, SettingsError):
        return "; ".join(map(fault_text, error.faults))
    if isinstance(error, ConfigError) and error.message is not None and error.field:
        return f"{error.field}: {translated(error.message, _)}"
    return translated(error_message(error), _)


def fault_text(fault: Fault | Message) -> str:
    """Return a setting's fault, with the setting's name untranslated: `base_url: expected an address …`."""
    return translated(fault, _) if isinstance(fault, Message) else f"{fault.path}: {translated(fault.detail, _)}"
