"""Helpers for all invocations: open a request, map invalid arguments to an error, read a one-shot result."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Protocol

from pydantic import ValidationError

from boomerang.invoker.errors import InvokeBadRequestError, ProtocolError
from boomerang.invoker.messages.message import Message
from boomerang.invoker.request import Chunks, ChunkT, Request


class Open(Protocol):
    """A session's `open`."""

    def __call__(self, request: Request[ChunkT]) -> Chunks[ChunkT]:
        """Open a request as a lazy stream."""
        ...


@contextmanager
def arguments() -> Iterator[None]:
    """Map invalid arguments to an `InvokeBadRequestError` that names each field, before anything is sent."""
    try:
        yield
    except ValidationError as error:
        faults = [(".".join(str(part) for part in fault["loc"]) or error.title, fault["msg"]) for fault in error.errors()]
        text = "; ".join(f"{field}: {message}" for field, message in faults)
        raise InvokeBadRequestError(text, field=faults[0][0]) from error
    except TypeError as error:  # Dify's validator raises this for a content item that is neither an entity nor a dict
        raise InvokeBadRequestError(str(error), field="prompt_messages") from error


def only(chunks: Chunks[ChunkT]) -> ChunkT:
    """Return the result of a one-shot invocation: the first chunk, as in Dify's SDK.

    The stream is read to its end, so that the invocation counts as completed and a late error is raised.

    Raises:
        ProtocolError: The stream had no chunk.
    """
    answer: ChunkT | None = None
    with closing(chunks):
        for chunk in chunks:
            answer = chunk if answer is None else answer
    if answer is None:
        raise ProtocolError(Message("runs.no_response"))
    return answer
