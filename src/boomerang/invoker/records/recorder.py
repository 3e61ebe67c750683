"""Record an invocation while it runs, as a back end that wraps another."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

from boomerang.invoker.backend import Backend, Wrapper
from boomerang.invoker.errors import RunStoppedError
from boomerang.invoker.request import Chunks, ChunkT, Request
from boomerang.invoker.run import Run

from .record import Outcome, Record


class Recorded(Wrapper):
    """A wrapper that records the invocations of a back end.

    Args:
        backend: The back end to record.
        sink: Called with each record when its stream is first read, before the back end is invoked.
    """

    def __init__(self, backend: Backend, sink: Callable[[Record[Any]], None]) -> None:
        super().__init__(backend)
        self._sink = sink

    def invoke(self, request: Request[ChunkT], run: Run) -> Chunks[ChunkT]:
        """Pass the request on; record its chunks, events, duration and outcome."""
        record: Record[ChunkT] = Record(request, self.kind)
        run.add_listener(record.events.append)
        self._sink(record)
        try:
            with closing(self._backend.invoke(request, run)) as chunks:
                for chunk in chunks:
                    record.add(chunk)
                    yield chunk
            record.end(Outcome.COMPLETED)
        except (GeneratorExit, RunStoppedError):
            record.end(Outcome.STOPPED)
            raise
        except BaseException as error:
            record.end(Outcome.FAILED, error)
            raise
