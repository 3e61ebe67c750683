"""What is said of an answer that has not what was asked for: which field, and what the server says in its place."""

from __future__ import annotations

from ...errors import ProtocolError
from ...wire.answer import Answer
from ...wire.faults import said


def lacking(answer: Answer, field: str) -> ProtocolError:
    """Give the error for an answer whose body was read, and that has no such field.

    Args:
        answer: The answer, while its exchange lasts.
        field: As a person looks for it, such as `results[].flagged`.
    """
    body = answer.text(bytes(answer.beginning))
    return ProtocolError(f"The server's answer has no `{field}`: {said(body)}", status_code=answer.status, body=body)
