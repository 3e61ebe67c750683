"""The embedded models, loaded once for all tests; their weights come from `boomerang weights`."""

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
    """Give the one embedder; a function, as what asks it is called by property tests too."""
    return Embedder.load(Weights().path)


@pytest.fixture(scope="session")
def listener() -> Listener:
    """Give the one listener."""
    return Listener.load(Weights().path)


@pytest.fixture(scope="session")
def smollm2() -> Iterator[Llama]:
    """The fast model, for how things work."""
    llama = opened(SMOLLM2)
    yield llama
    llama.close()


@pytest.fixture(scope="session")
def qwen() -> Iterator[Llama]:
    """The default model, for how good things are."""
    llama = opened(QWEN)
    yield llama
    llama.close()
