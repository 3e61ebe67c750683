"""When a failed request is sent again, and after how long."""

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
"""Statuses by which a limit or a gateway answers in the model's place, so that asking again is taken to be safe."""
MOST_ATTEMPTS = 3
LONGEST_WAIT = 30.0
"""Seconds that a server may have us wait before we ask again; if it wants more, that is for a person to decide."""
STALE_SECONDS = 0.3
"""Behind a request, within which the end of a kept connection was on its way before the request was read."""


def is_stale(error: InvokeError, call: Call) -> bool:
    """Return whether a kept connection was closed by the server, as it may at any time, just when we used it again.

    Nothing of an answer came, and the end came at once, so nothing was done with the request; curl takes it so too, for any
    method. A server that ends later may have worked on it, and what it worked may have a price.
    """
    broken = isinstance(error, InvokeConnectionError) and not isinstance(error, InvokeTimeoutError)
    unused = call.sent and not call.connect_started and not call.answered and not call.aborted
    return broken and unused and monotonic() - call.waiting_since < STALE_SECONDS


def pause(error: InvokeError, call: Call, attempt: int, total: float | None) -> float | None:
    """Return the seconds until it is safe and sensible to ask again; `None` if it is not."""
    refused = not call.sent and error.__cause__ is not None and isinstance(origin(error.__cause__), ConnectionRefusedError)
    if attempt >= MOST_ATTEMPTS or not (refused or error.status_code in RETRIED):
        return None
    retry_after: float | None = getattr(error, "retry_after", None)
    pause = 0.4 * 2 ** (attempt - 1) if retry_after is None else retry_after
    in_time = total is None or monotonic() - call.began + pause < total
    return pause if in_time and pause <= LONGEST_WAIT else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a server asks to wait: as a number or as a date (RFC 9110, 10.2.3); `None` if it does not.

    OpenAI and Azure name milliseconds too, of which the seconds are rounded.
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
