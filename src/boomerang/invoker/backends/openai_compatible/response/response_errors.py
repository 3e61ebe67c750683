"""Words for answers that miss a field or hold something else in it than expected."""

from __future__ import annotations

import json
from typing import Any

from boomerang.invoker.errors import ProtocolError
from boomerang.invoker.http.errors import error_text
from boomerang.invoker.http.response import Answer
from boomerang.invoker.messages.message import Message

LONGEST_SHOWN = 80
"""Characters of a value that a sentence quotes."""


def missing(answer: Answer, field: str) -> ProtocolError:
    """Return the error for an answer without a field, with the server's own words.

    Args:
        answer: The answer, read and still open.
        field: As a person looks for it, such as `results[].flagged`.
    """
    return refused(answer, Message("lists.no_field", field=field, words=error_text(body_of(answer))))


def refused(answer: Answer, message: Message, hint: Message | None = None) -> ProtocolError:
    """Return an error about an answer that was read, with the answer's beginning as its body."""
    return ProtocolError(message, status_code=answer.status, body=body_of(answer), hint=hint)


def body_of(answer: Answer) -> str:
    """Return the beginning of an answer that was read, as text without keys."""
    return answer.text(bytes(answer.beginning))


def shown(value: Any) -> str:
    """Return a value of an answer as short JSON, for a sentence."""
    text = displayable(json.dumps(_shortened(value), ensure_ascii=False))
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"


def _shortened(value: Any, depth: int = 3) -> Any:
    """Return as much of a value as a sentence can quote, so that quoting megabytes costs nothing."""
    if isinstance(value, str):
        return value[: LONGEST_SHOWN + 1]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**LONGEST_SHOWN:
        return "…"  # Python refuses to write very long numbers
    if isinstance(value, list):
        return [_shortened(item, depth - 1) for item in value[: LONGEST_SHOWN // 2]] if depth else "…"
    if isinstance(value, dict):
        kept = list(value.items())[: LONGEST_SHOWN // 4]
        return {name[:LONGEST_SHOWN]: _shortened(item, depth - 1) for name, item in kept} if depth else "…"
    return value


def displayable(text: str) -> str:
    """Return a text with U+FFFD for halves of characters, which JSON can spell and no page can show."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
