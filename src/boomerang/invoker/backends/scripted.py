"""A back end that answers from a function: for tests, documentation, or a first look without models."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from typing import Any, cast

from boomerang.invoker.backend import BuiltInModels, ListedModel
from boomerang.invoker.entities.llm.chunk import LLMResultChunk, LLMUsage
from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.errors import located
from boomerang.invoker.request import Chunks, ChunkT, Request
from boomerang.invoker.run import Run, Runs

Answer = Callable[[Request[Any], Run], Iterable[Any]]
"""Returns the chunks of an answer. It may raise, and should wait with `run.wait`, so that it can be stopped."""


class Scripted(BuiltInModels):
    """Answers each request with the chunks that a function returns.

    Args:
        answer: Called when the stream is first read.
        models: Models that `models()` lists; the first LLM is the system model.
    """

    kind = "scripted"

    def __init__(self, answer: Answer, *, models: Sequence[ListedModel] = ()) -> None:
        self._answer = answer
        self._models = tuple(models)
        self._runs = Runs()

    def models(self) -> Sequence[ListedModel]:
        """List the models passed to the constructor."""
        return self._models

    def system_model(self) -> ListedModel | None:
        """Return the first LLM."""
        return next((model for model in self._models if model.model_type is ModelType.LLM), None)

    def invoke(self, request: Request[ChunkT], run: Run) -> Chunks[ChunkT]:
        """Yield the function's chunks; close the generator if it is one."""
        provider, model = getattr(request, "provider", None), getattr(request, "model", None)
        with located(backend=self.kind, provider=provider, model=model), self._runs.holding(run):
            run.check()
            chunks = self._answer(request, run)
            if isinstance(chunks, Generator):
                with closing(chunks):
                    yield from cast(Chunks[ChunkT], chunks)
            else:
                yield from cast(Iterable[ChunkT], chunks)

    def close(self) -> None:
        """Stop all runs; their streams raise, and so does any later one."""
        self._runs.close()


def llm_chunks(
    *texts: str, model: str = "scripted", finish_reason: str = "stop", usage: LLMUsage | None = None
) -> Iterable[LLMResultChunk]:
    """Yield chunks as an LLM streams them: one per text, the last with finish reason and usage."""
    last = len(texts) - 1
    for index, text in enumerate(texts):
        yield LLMResultChunk.of_text(
            text,
            model=model,
            index=index,
            usage=(usage or LLMUsage.empty_usage()) if index == last else None,
            finish_reason=finish_reason if index == last else None,
        )
