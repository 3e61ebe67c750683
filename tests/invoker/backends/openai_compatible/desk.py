"""A back end on a loopback server, for the tests of this folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from boomerang.invoker.backends.openai_compatible.backend import OpenAICompatibleBackend
from boomerang.invoker.entities.llm.result import LLMFold, LLMResult
from boomerang.invoker.events import Event
from boomerang.invoker.records.record import Record
from boomerang.invoker.session import Session
from boomerang.kinds import connect
from tests.loopback import STREAM, ClientConnection, Loopback, ReceivedRequest, Script, chunked

KEY = "sk-not-for-anybodys-eyes"
CONFIG = {"provider": "any/any/any", "model": "m", "mode": "chat", "completion_params": {"temperature": 0.5}}
HELLO = [{"role": "user", "content": "Hello?"}]


def event(delta: dict[str, Any] | None = None, finish_reason: str | None = None, **more: Any) -> bytes:
    """Return an event of a streamed chat completion."""
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish_reason}]
    value = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m-1", "choices": choices, **more}
    return b"data: " + json.dumps(value).encode() + b"\n\n"


USAGE = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
GOOD = [
    event({"role": "assistant", "content": ""}),
    event({"content": "Hel"}),
    event({"content": "lo."}),
    event({}, "stop"),
    event(usage=USAGE),
    b"data: [DONE]\n\n",
]


def streaming(events: Sequence[bytes]) -> Script:
    """Return a script that answers with a stream of events."""

    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(STREAM, *chunked(events))

    return script


EventT = TypeVar("EventT", bound=Event)


class Desk:
    """A back end on a loopback server, with the records of its calls."""

    def __init__(self, server: Loopback, backend: OpenAICompatibleBackend) -> None:
        self.server = server
        self.backend = backend
        self.records: list[Record[Any]] = []
        self.session = Session(backend, record=self.records.append)

    def ask(self, messages: Any = HELLO, *, config: dict[str, Any] = CONFIG, **more: Any) -> LLMResult:
        """Call the LLM and fold the chunks."""
        return LLMFold().extend(self.session.model.llm.invoke(config, messages, **more)).result()

    @property
    def record(self) -> Record[Any]:
        """The last record."""
        return self.records[-1]

    @property
    def notices(self) -> list[str]:
        """The notices of the last record, in English."""
        return [str(notice) for notice in self.record.notices()]

    def of_type(self, event_type: type[EventT]) -> list[EventT]:
        """Return the events of a type in the last record."""
        return [event for event in self.record.events if isinstance(event, event_type)]


@contextmanager
def opened(script: Script, *, server: Mapping[str, Any] | None = None, **settings: Any) -> Iterator[Desk]:
    """Open a back end on a server with a script.

    Args:
        script: Handles each request of the server.
        server: Further arguments of `Loopback`.
        settings: Arguments of the back end.
    """
    with Loopback(script, **(server or {})) as listening:
        settings = {"base_url": f"{listening.address}/v1", "api_key": KEY} | settings
        backend = connect("openai_compatible", **settings)
        assert isinstance(backend, OpenAICompatibleBackend)
        try:
            yield Desk(listening, backend)
        finally:
            backend.close()
