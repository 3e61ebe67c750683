"""Errors and excerpts for responses with missing or unexpected fields."""

from __future__ import annotations

import json
from typing import Any

from boomerang.invoker.errors import ProtocolError
from boomerang.invoker.http.errors import error_text
from boomerang.invoker.http.response import Answer
from boomerang.invoker.messages.message import Message

LONGEST_SHOWN = 80
"""Maximum characters of a value that a message quotes."""


def missing(answer: Answer, field: str) -> ProtocolError:
    """Return the error for a response without a field, with the server's own message.

    Args:
        answer: The response, read and still open.
        field: In readable notation, such as `results[].flagged`.
    """
    return refused(answer, Message("lists.no_field", field=field, words=error_text(body_of(answer))))


def refused(answer: Answer, message: Message, hint: Message | None = None) -> ProtocolError:
    """Return an error about a response that was read, with its beginning as the body."""
    return ProtocolError(message, status_code=answer.status, body=body_of(answer), hint=hint)


def body_of(answer: Answer) -> str:
    """Return the beginning of a response that was read, as text with keys masked."""
    return answer.text(bytes(answer.beginning))


def shown(value: Any) -> str:
    """Return a value of a response as short JSON, for a message."""
    text = displayable(json.dumps(_shortened(value), ensure_ascii=False))
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"


def _shortened(value: Any, depth: int = 3) -> Any:
    """Truncate a value to what a message can quote, so that quoting megabytes costs nothing."""
    if isinstance(value, str):
        return value[: LONGEST_SHOWN + 1]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**LONGEST_SHOWN:
        return "…"  # Python refuses to format very long integers
    if isinstance(value, list):
        return [_shortened(item, depth - 1) for item in value[: LONGEST_SHOWN // 2]] if depth else "…"
    if isinstance(value, dict):
        kept = list(value.items())[: LONGEST_SHOWN // 4]
        return {name[:LONGEST_SHOWN]: _shortened(item, depth - 1) for name, item in kept} if depth else "…"
    return value


def displayable(text: str) -> str:
    """Replace lone surrogates, which JSON can encode and no page can show, by U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
