"""Models of the embedded back end: each with its files, its engine, and a route for each invoke type."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from boomerang.invoker.backend import ListedModel, ModelState
from boomerang.invoker.backends.embedded.execution.model_lifecycle import Engine
from boomerang.invoker.backends.embedded.execution.worker_thread import WorkerChannel
from boomerang.invoker.backends.embedded.llama.llm_models import PROVIDER, QWEN, SMOLLM2, Spec, foreign
from boomerang.invoker.backends.embedded.onnx.minilm import FILES as EMBEDDER_FILES
from boomerang.invoker.backends.embedded.onnx.minilm import Embedder
from boomerang.invoker.backends.embedded.onnx.moonshine import FILES as MOONSHINE_FILES
from boomerang.invoker.backends.embedded.small_models.bullet_summaries import SENTENCE, summarize_points
from boomerang.invoker.backends.embedded.tasks.llm import Llama
from boomerang.invoker.entities.model import I18nObject
from boomerang.invoker.entities.summary import RequestInvokeSummary, SummaryResult
from boomerang.invoker.errors import InvokeServerUnavailableError
from boomerang.invoker.messages.message import Message
from boomerang.invoker.request import Chunks, InvokeType, Request
from boomerang.invoker.run import Run
from boomerang.invoker.weights.models_folder import Weights

from .tasks import llm_reranker, moderation, rerank, speech2text, structured_output, text_embedding, tts

ModelT = TypeVar("ModelT")
Route: TypeAlias = Callable[[Request[Any], Run], Chunks[Any]]

LLM_FILES: Mapping[Spec, str] = {
    QWEN: "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    SMOLLM2: "smollm2-135m-instruct-q4_1.gguf",
}
"""LLMs of the project and their files, the default first."""

FETCH = "boomerang weights"


@dataclass(frozen=True, slots=True)
class Offer:
    """One model of the back end."""

    listed: ListedModel
    engines: Sequence[Engine[Any]]
    """Engines that the model needs; the first is the model itself."""
    routes: Mapping[InvokeType, Route]
    files: Sequence[str] = field(default=())
    """Required files in the models folder, by their names in the manifest."""
    fault: str | Message | None = None
    """Why the model can never be used; it is still listed."""

    def now(self, weights: Weights) -> ListedModel:
        """Return the model with its current state."""
        if self.fault is not None:
            return self.listed.model_copy(update={"state": ModelState.UNAVAILABLE, "reason": self.fault})
        problem = next((missing for missing in map(weights.problem, self.files) if missing), None)
        if problem is not None and self.engines[0].state is not ModelState.LOADED:
            missing = Message("embedded.fetchable", problem=problem, command=FETCH)
            return self.listed.model_copy(update={"state": ModelState.UNAVAILABLE, "reason": missing})
        states = [engine.state for engine in self.engines]
        reason = next((engine.reason for engine in self.engines if engine.state is ModelState.UNAVAILABLE), None)
        for state in (ModelState.LOADING, ModelState.AVAILABLE):
            if state in states:
                return self.listed.model_copy(update={"state": state})
        # A failed load may succeed the next time, so the model stays available; the reason is shown.
        state = ModelState.LOADED if reason is None else ModelState.AVAILABLE
        return self.listed.model_copy(update={"state": state, "reason": reason})


def one(engine: Engine[ModelT], answer: Callable[[Any, ModelT, Run], Any]) -> Route:
    """Return the route of a one-shot invocation: `answer(request, model, run)` runs in the engine's thread."""

    def route(request: Request[Any], run: Run) -> Chunks[Any]:
        result = engine.call(run, lambda model, _check: answer(request, model, run))
        run.phase("generating")
        yield result

    return route


def many(engine: Engine[ModelT], answer: Callable[[Any, ModelT, Run], Iterator[Any]]) -> Route:
    """Return the route of a streamed invocation."""

    def route(request: Request[Any], run: Run) -> Chunks[Any]:
        def work(model: ModelT, emit: WorkerChannel[Any]) -> None:
            for chunk in answer(request, model, run):
                emit(chunk)

        with closing(engine.stream(run, work)) as chunks:
            for number, chunk in enumerate(chunks):
                if number == 0:
                    run.phase("generating")
                yield chunk

    return route


def known_llms(weights: Weights) -> list[Llama]:
    """Return the LLMs of the manifest, the default first."""
    return [Llama(spec, partial(weights.path, file)) for spec, file in LLM_FILES.items()]


def foreign_llm(path: Path) -> Offer:
    """Offer the LLM of a GGUF file from the models folder; an unusable file is offered with its fault."""
    try:
        return llm(Llama(foreign(path), lambda: path))
    except InvokeServerUnavailableError as error:
        about = I18nObject(en_us=f"A file in the models folder: {path.name}.", zh_hans=f"模型文件夹中的文件：{path.name}。")
        spec = Spec(model=path.stem, label=path.stem, about=about)
        unusable = llm(Llama(spec, lambda: path))
        return replace(unusable, fault=error.message or str(error))


def llm(llama: Llama) -> Offer:
    """Offer an LLM: chat, structured output and, as a system model, summaries."""

    def stream(request: Any, run: Run) -> Chunks[Any]:
        return llama.stream(request, run)

    def stream_structured(request: Any, run: Run) -> Chunks[Any]:
        return structured_output.stream_structured(llama, request, run)

    def summary(request: Any, run: Run) -> Chunks[Any]:
        yield _summary(llama, request, run)

    routes = {
        InvokeType.LLM: stream,
        InvokeType.LLM_STRUCTURED_OUTPUT: stream_structured,
        InvokeType.SYSTEM_SUMMARY: summary,
    }
    files = (LLM_FILES[llama.spec],) if llama.spec in LLM_FILES else ()
    return Offer(llama.spec.listed(PROVIDER), (llama.engine,), routes, files)


def reranker(llama: Llama, embedder: Engine[Embedder]) -> Offer:
    """Offer the reranker that judges with an LLM; if there are many documents, the fast one preselects them."""

    def route(request: Any, run: Run) -> Chunks[Any]:
        ranking = rerank.ranking(request, run)

        def model_scores(query: str, docs: Sequence[str]) -> Sequence[float]:
            return llm_reranker.scores(llama, query, docs, run)

        def cosine(query: str, docs: Sequence[str]) -> Sequence[float]:
            return embedder.call(run, lambda model, _check: rerank.cosines(query, docs, model, run))

        yield rerank.result(request, ranking, rerank.best_reranked(ranking.query, ranking.docs, model_scores, cosine, run), run)

    routes = {InvokeType.RERANK: route, InvokeType.MULTIMODAL_RERANK: route}
    return Offer(rerank.listed_reranker(llama.spec.context_size), (llama.engine,), routes, (LLM_FILES[llama.spec],))


def _summary(llama: Llama, request: RequestInvokeSummary, run: Run) -> SummaryResult:
    text = summarize_points(
        request.text,
        request.instruction,
        context_size=llama.spec.context_size,
        count_tokens=lambda text: llama.count_tokens(text, run),
        complete=lambda messages, longest: llama.complete_text(messages, longest, run, SENTENCE),
        run=run,
    )
    return SummaryResult(summary=text)


def embedder_engine(weights: Weights) -> Engine[Embedder]:
    """Return the engine that embedding, the fast reranker and moderation share."""
    return Engine(lambda: Embedder.load(weights.path))


def embedding(embedder: Engine[Embedder]) -> Offer:
    """Offer text embedding."""
    routes = {
        InvokeType.TEXT_EMBEDDING: one(embedder, text_embedding.answer),
        InvokeType.MULTIMODAL_EMBEDDING: one(embedder, text_embedding.answer_multimodal),
    }
    return Offer(text_embedding.listed(), (embedder,), routes, EMBEDDER_FILES)


def cosine(embedder: Engine[Embedder]) -> Offer:
    """Offer the fast reranker."""

    def route(request: Any, run: Run) -> Chunks[Any]:
        ranking = rerank.ranking(request, run)  # before the model is loaded, so that invalid requests fail at once
        scores = embedder.call(run, lambda model, _check: rerank.cosines(ranking.query, ranking.docs, model, run))
        run.phase("generating")
        yield rerank.result(request, ranking, scores, run)

    routes = {InvokeType.RERANK: route, InvokeType.MULTIMODAL_RERANK: route}
    return Offer(rerank.listed_cosine(), (embedder,), routes, EMBEDDER_FILES)


def moderating(embedder: Engine[Embedder]) -> Offer:
    """Offer moderation: classifier heads on the embedder's vectors."""

    def answer(request: Any, model: Embedder, run: Run) -> Any:
        return moderation.answer(request, moderation.Moderator(model), run)

    return Offer(moderation.listed(), (embedder,), {InvokeType.MODERATION: one(embedder, answer)}, EMBEDDER_FILES)


def speaking() -> Offer:
    """Offer TTS; its weights are part of its package."""
    engine = Engine(tts.Speaker)
    return Offer(tts.listed(), (engine,), {InvokeType.TTS: many(engine, tts.answer)})


def listening(weights: Weights) -> Offer:
    """Offer speech2text."""
    engine = Engine(lambda: speech2text.Listener.load(weights.path))
    routes = {InvokeType.SPEECH2TEXT: one(engine, speech2text.answer)}
    return Offer(speech2text.listed(), (engine,), routes, MOONSHINE_FILES)
