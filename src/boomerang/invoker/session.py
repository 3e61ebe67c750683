"""`Session(backend).model.<name>.invoke(...)`: Dify's reverse-invocation interface over any back end."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextlib import closing
from types import TracebackType
from typing import Any

from boomerang.invoker.invocations.llm import LLMInvocation
from boomerang.invoker.invocations.llm_structured_output import LLMStructuredOutputInvocation
from boomerang.invoker.invocations.moderation import ModerationInvocation
from boomerang.invoker.invocations.rerank import RerankInvocation
from boomerang.invoker.invocations.speech2text import Speech2TextInvocation
from boomerang.invoker.invocations.summary import SummaryInvocation
from boomerang.invoker.invocations.text_embedding import TextEmbeddingInvocation
from boomerang.invoker.invocations.tts import TTSInvocation
from boomerang.invoker.records.record import Record
from boomerang.invoker.records.recorder import Recorded

from .backend import Backend
from .client_rules import ClientRules
from .request import Chunks, ChunkT, Request
from .run import Run, Runs


class ModelInvocations:
    """`session.model`: one attribute for each invocation, named as in Dify's SDK."""

    def __init__(self, session: Session, system_model: str | None) -> None:
        self.llm = LLMInvocation(session.open)
        self.llm_structured_output = LLMStructuredOutputInvocation(session.open)
        self.summary = SummaryInvocation(session.open, system_model)
        self.text_embedding = TextEmbeddingInvocation(session.open)
        self.rerank = RerankInvocation(session.open)
        self.tts = TTSInvocation(session.open)
        self.speech2text = Speech2TextInvocation(session.open)
        self.moderation = ModerationInvocation(session.open)


class Session:
    """The models part of a plugin's `self.session`.

    A session is cheap; its back end is shared and stays open when the session closes.

    Args:
        backend: How models are reached, from `connect`.
        record: Called with the `Record` of each invocation when it starts; the record grows during the invocation.
        system_model: The LLM that plays Dify's workspace default, used by `summary`; the back end's own by default.
        unchecked: Whether to skip the back end's own input checks, to see how its server responds.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        record: Callable[[Record[Any]], None] | None = None,
        system_model: str | None = None,
        unchecked: bool = False,
    ) -> None:
        self._unchecked = unchecked
        ruled = ClientRules(backend)
        self._backend: Backend = ruled if record is None else Recorded(ruled, record)
        self._runs = Runs()
        self._streams: weakref.WeakSet[Chunks[Any]] = weakref.WeakSet()
        self.model = ModelInvocations(self, system_model)

    def open(self, request: Request[ChunkT]) -> Chunks[ChunkT]:
        """Open a request as a lazy stream of its chunks.

        Raises:
            InvokeError: While iterating; `ProtocolError` when the back end ends without a single chunk.
            RunStoppedError: While iterating, after `stop`.
        """
        stream = self._stream(request)
        self._streams.add(stream)
        return stream

    def stop(self, cause: Exception | None = None) -> None:
        """Stop all invocations in progress; their streams raise `cause` or `RunStoppedError`. Thread-safe."""
        self._runs.stop(cause)

    def close(self) -> None:
        """Stop all invocations and close open streams; call this from the thread that reads them."""
        self.stop()
        for stream in tuple(self._streams):
            stream.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _stream(self, request: Request[ChunkT]) -> Chunks[ChunkT]:
        run = Run(unchecked=self._unchecked)
        with self._runs.holding(run), closing(self._backend.invoke(request, run)) as chunks:
            yield from chunks
