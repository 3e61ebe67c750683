"""Environment variables named in the settings of a connection."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from boomerang.invoker.errors import ConfigError
from boomerang.invoker.http.redaction.masking import SecretMask
from boomerang.invoker.messages.message import Message

NAMED_VARIABLE = re.compile(r"\$\{(\w+)\}")
"""A reference to an environment variable in a header, the query or the proxy; resolved when the connection is opened."""


class Variables:
    """The environment variables that a connection may use.

    Args:
        values: The environment.
        allowed: Names of the variables that may be used; any if `None`.
    """

    def __init__(self, values: Mapping[str, str], allowed: frozenset[str] | None) -> None:
        self._values = values
        self._allowed = allowed
        self.used: dict[str, str] = {}
        """Variables that were looked up, with their values."""

    def value(self, name: str, field: str) -> str:
        """Return the value of a variable that a field names.

        Raises:
            ConfigError: It is not allowed, unset, or not one line of ASCII characters.
        """
        if self._allowed is not None and name not in self._allowed:
            raise ConfigError(Message("connections.variable_refused", name=name), field=field)
        value = self._values.get(name, "").strip()
        if not value:
            raise ConfigError(Message("connections.variable_unset", name=name), field=field)
        if not (value.isprintable() and value.isascii()):
            raise ConfigError(Message("connections.variable_line", name=name), field=field)
        self.used[name] = value
        return value

    def filled(self, text: str, field: str) -> str:
        """Return a field's text with the variables in it replaced by their values."""
        return NAMED_VARIABLE.sub(lambda match: self.value(match[1], field), text)

    @contextmanager
    def masked_errors(self) -> Iterator[None]:
        """Mask the values in a `ConfigError` of the block: what is wrong with a setting may come from a variable."""
        try:
            yield
        except ConfigError as error:
            mask = SecretMask(self.used.values())
            if error.message is None:
                raise ConfigError(mask(str(error))) from None
            raise ConfigError(error.message.masked(mask), field=error.field) from None
