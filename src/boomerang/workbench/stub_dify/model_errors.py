"""Texts of model errors as each version of Dify reports them (dify-protocol 3.4.3 and 5.6)."""

from __future__ import annotations

import json
import secrets
import traceback
from collections.abc import Mapping

from boomerang.invoker.errors import (
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeConnectionError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
)

from .faults import Faults
from .profiles import Profile

LABELS: Mapping[type[InvokeError], str] = {
    InvokeConnectionError: "Connection Error",
    InvokeServerUnavailableError: "Server Unavailable Error",
    InvokeRateLimitError: "Rate Limit Error",
    InvokeBadRequestError: "Bad Request Error",
}
"""Classes that the SDK maps → its text for each."""


class DifyError(Exception):
    """An error of Dify itself, reported with its text as it is."""


def error_text(error: Exception, provider: str, profile: Profile, faults: Faults) -> str:
    """Return the text for an exception of a model.

    Args:
        error: What the back end raised.
        provider: The full provider.
        profile: The version.
        faults: The switches.
    """
    if isinstance(error, DifyError):
        return str(error)
    short = provider.rpartition("/")[2]
    if isinstance(error, InvokeAuthorizationError):
        return f"[{short}] Incorrect model credentials provided, please check and try again."
    kind = next((kind for kind in LABELS if isinstance(error, kind)), None)
    if kind is not None:
        text = str(error)
        message = text if text.startswith("[") else f"[models] {LABELS[kind]}, {text}"
        return kind.__name__ if faults.class_names and not profile.full_messages else message
    trace = "".join(traceback.format_exception(error))
    value = {"args": {"traceback": trace}, "error_type": type(error).__name__, "message": str(error)}
    prefix = f"[{short}] Error: " if profile.error_prefix else ""
    request_id = f"req_id: {secrets.token_hex(5)} " if profile.request_ids else ""
    return f"{prefix}{request_id}PluginInvokeError: {json.dumps(value)}"
