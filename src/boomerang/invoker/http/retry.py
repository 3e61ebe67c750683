"""Decide whether and when to retry a failed request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from time import monotonic

from boomerang.invoker.errors import InvokeConnectionError, InvokeError, InvokeTimeoutError

from .cancellation import Call
from .errors import origin

RETRIED = frozenset({429, 502, 503, 504})
"""Statuses with which a rate limiter or gateway responds instead of the model, so retrying is considered safe."""
MOST_ATTEMPTS = 3
LONGEST_WAIT = 30.0
"""Maximum seconds to wait before a retry; if the server asks for more, the user decides."""
STALE_SECONDS = 0.3
"""Seconds after sending a request within which a closed connection was most likely closed before the request was read."""


def is_stale(error: InvokeError, call: Call) -> bool:
    """Return whether the server closed a kept connection, as it may at any time, just as we reused it.

    No byte of a response arrived and the close came at once, so the request was not processed; curl assumes the same, for any
    method. A server that closes later may have done billable work.
    """
    broken = isinstance(error, InvokeConnectionError) and not isinstance(error, InvokeTimeoutError)
    unused = call.sent and not call.connect_started and not call.answered and not call.aborted
    return broken and unused and monotonic() - call.waiting_since < STALE_SECONDS


def pause(error: InvokeError, call: Call, attempt: int, total: float | None) -> float | None:
    """Return the seconds until a safe and sensible retry; `None` if there is none."""
    refused = not call.sent and error.__cause__ is not None and isinstance(origin(error.__cause__), ConnectionRefusedError)
    if attempt >= MOST_ATTEMPTS or not (refused or error.status_code in RETRIED):
        return None
    retry_after: float | None = getattr(error, "retry_after", None)
    pause = 0.4 * 2 ** (attempt - 1) if retry_after is None else retry_after
    in_time = total is None or monotonic() - call.began + pause < total
    return pause if in_time and pause <= LONGEST_WAIT else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a server asks to wait: a number or a date (RFC 9110, 10.2.3); `None` if it does not.

    OpenAI and Azure also send milliseconds, from which the seconds are rounded.
    """
    if (milliseconds := _number(headers.get("retry-after-ms", ""))) is not None and isfinite(milliseconds):
        return max(0.0, milliseconds / 1000)
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if (seconds := _number(value)) is not None:
        return max(0.0, seconds) if isfinite(seconds) else None
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return max(0.0, ((when if when.tzinfo else when.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds())


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
