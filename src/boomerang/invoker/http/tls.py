"""TLS settings of a connection."""

from __future__ import annotations

import ssl
from pathlib import Path

from boomerang.invoker.errors import ConfigError
from boomerang.invoker.messages.message import Message


def tls(verify: bool | str | Path, authority: str | None) -> ssl.SSLContext:
    """Return how the certificate of a server is checked.

    Args:
        verify: Whether it is checked; or the path of a CA certificate.
        authority: The CA certificate itself, as text (PEM).

    Raises:
        ConfigError: The CA certificate cannot be used.
    """
    if verify is False:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context
    if verify is True:
        context = ssl.create_default_context()
        if authority:
            try:
                context.load_verify_locations(cadata=authority)
            except (TypeError, ValueError, ssl.SSLError) as error:
                raise ConfigError(Message("connections.not_pem", fault=str(error)), field="ca") from error
        return context
    try:
        return ssl.create_default_context(cafile=str(verify))
    except (OSError, ssl.SSLError) as error:
        message = Message("connections.no_authorities", file=str(verify), fault=str(error))
        raise ConfigError(message, field="verify") from error
