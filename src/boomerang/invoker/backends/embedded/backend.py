"""Small models on this machine: every call works offline, without a key. Models load on first use and serve all runs."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from boomerang.invoker.backend import BuiltInModels, ListedModel, ModelState
from boomerang.invoker.backends.embedded.llama.llm_models import PROVIDER
from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.errors import InvokeServerUnavailableError, UnsupportedRequestError, located
from boomerang.invoker.messages.message import Message
from boomerang.invoker.request import Chunks, ChunkT, InvokeType, Request
from boomerang.invoker.run import Run
from boomerang.invoker.weights.models_folder import Weights

from . import models as offers
from .models import Offer


class EmbeddedBackend(BuiltInModels):
    """Models embedded in this process; the LLMs run in child processes.

    Args:
        models_folder: Folder of the weights; defaults to that of `boomerang.invoker.weights`.
        system_model: The LLM that plays Dify's workspace default; defaults to the first one.
    """

    kind = "embedded"

    def __init__(self, *, models_folder: str | Path | None = None, system_model: str | None = None) -> None:
        self._weights = Weights(None if models_folder is None else Path(models_folder))
        self._system_model = system_model
        self._lock = threading.Lock()
        embedder = offers.embedder_engine(self._weights)
        llms = offers.known_llms(self._weights)
        self._foreign: dict[Path, tuple[int, Offer]] = {}
        """GGUF files that are not part of the project, each with its modification time and offer."""
        self._offers: list[Offer] = [
            *map(offers.llm, llms),
            offers.reranker(llms[0], embedder),
            offers.embedding(embedder),
            offers.cosine(embedder),
            offers.speaking(),
            offers.listening(self._weights),
            offers.moderating(embedder),
        ]

    def models(self) -> Sequence[ListedModel]:
        """List the models in their current state, the default of each type first."""
        return [offer.now(self._weights) for offer in self._all()]

    def system_model(self) -> ListedModel | None:
        """Return the LLM that `summary` uses."""
        llms = [model for model in self.models() if model.model_type is ModelType.LLM]
        return next((model for model in llms if self._system_model in (None, model.model)), None)

    def invoke(self, request: Request[ChunkT], run: Run) -> Chunks[ChunkT]:
        """Answer a request with the model that it names.

        Raises:
            UnsupportedRequestError: The provider is unknown, or has no such model of the required type.
            InvokeServerUnavailableError: The model's files are missing, truncated or altered, or its runtime is missing.
        """
        provider, name = self._named(request)
        with located(backend=self.kind, provider=provider, model=name):
            run.check()
            offer = self._offer(request.invoke_type, provider, name)
            listed = offer.now(self._weights)
            if listed.state is ModelState.UNAVAILABLE:
                reason = listed.reason or Message("embedded.unavailable", model=name)
                raise InvokeServerUnavailableError(reason, hint=Message("embedded.fetch_hint"))
            try:
                yield from offer.routes[request.invoke_type](request, run)
            except GeneratorExit:
                run.stop()  # native code watches the run, not the generator
                raise

    def close(self) -> None:
        """Stop all runs and free the memory of every model."""
        for engine in {id(engine): engine for offer in self._all() for engine in offer.engines}.values():
            engine.close()

    def _all(self) -> list[Offer]:
        """Return every offer, including GGUF files that are in the folder now or were when they were loaded."""
        with self._lock:
            for path in self._weights.extra_llms():
                changed = path.stat().st_mtime_ns if path.exists() else 0
                cached = self._foreign.get(path)
                if cached is None or (cached[1].fault is not None and cached[0] != changed):
                    self._foreign[path] = changed, offers.foreign_llm(path)
            return [*self._offers, *(offer for _, offer in self._foreign.values())]

    def _named(self, request: Request[ChunkT]) -> tuple[str, str]:
        if request.invoke_type is not InvokeType.SYSTEM_SUMMARY:
            return str(getattr(request, "provider", PROVIDER)), str(getattr(request, "model", ""))
        chosen = getattr(request, "system_model", None)
        if chosen is None:
            system_model = self.system_model()
            chosen = system_model.model if system_model else ""
        return PROVIDER, str(chosen)

    def _offer(self, invoke_type: InvokeType, provider: str, name: str) -> Offer:
        if provider != PROVIDER:
            raise UnsupportedRequestError(
                Message("embedded.no_provider", provider=repr(provider), known=repr(PROVIDER)), field="provider"
            )
        fitting = [offer for offer in self._all() if invoke_type in offer.routes]
        match = next((offer for offer in fitting if offer.listed.model == name), None)
        if match is None:
            known = ", ".join(offer.listed.model for offer in fitting) or Message("embedded.none")
            message = Message("embedded.no_model", model=repr(name), type=str(invoke_type), known=known)
            raise UnsupportedRequestError(message, field="model")
        return match


__all__ = ["EmbeddedBackend"]
