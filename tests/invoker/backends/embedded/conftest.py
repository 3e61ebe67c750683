"""Fixtures for the embedded models, loaded once for all tests; `boomerang weights` downloads their weights."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from boomerang.invoker.backends.embedded.llama.llm_models import QWEN, SMOLLM2, Spec
from boomerang.invoker.backends.embedded.onnx.minilm import Embedder
from boomerang.invoker.backends.embedded.tasks.llm import Llama
from boomerang.invoker.backends.embedded.tasks.speech2text import Listener
from boomerang.invoker.weights.models_folder import Weights

FILES = {QWEN.model: "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", SMOLLM2.model: "smollm2-135m-instruct-q4_1.gguf"}


def opened(spec: Spec) -> Llama:
    return Llama(spec, lambda: Weights().path(FILES[spec.model]))


@cache
def embedder() -> Embedder:
    """Return the shared embedder; a function rather than a fixture, because property tests use it too."""
    return Embedder.load(Weights().path)


@pytest.fixture(scope="session")
def listener() -> Listener:
    """Return the shared speech-to-text model."""
    return Listener.load(Weights().path)


@pytest.fixture(scope="session")
def smollm2() -> Iterator[Llama]:
    """The fast model, for tests of mechanics."""
    llama = opened(SMOLLM2)
    yield llama
    llama.close()


@pytest.fixture(scope="session")
def qwen() -> Iterator[Llama]:
    """The default model, for tests of quality."""
    llama = opened(QWEN)
    yield llama
    llama.close()
