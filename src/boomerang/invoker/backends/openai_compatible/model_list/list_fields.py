"""What a server's list states of a model beside its name and type: how much it reads. OpenAI's own list states nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from boomerang.invoker.backends.openai_compatible.response.numbers import as_int
from boomerang.invoker.entities.model import ModelType

_CONTEXT = (
    "loaded_context_length",
    "max_model_len",
    "context_length",
    "context_window",
    "max_context_length",
    "max_context_window",
    "inputTokenLimit",
)
"""What servers call the tokens that a model reads and writes together, the truest first: LM Studio (of a model in memory),
vLLM, OpenRouter and Together, Groq, LM Studio and Mistral, Lemonade (of the model, not of its configuration), Google."""
_READ_ONLY = frozenset({ModelType.TEXT_EMBEDDING, ModelType.RERANK})
"""Types of models that write nothing, so that Xinference's `max_tokens` is what they read; elsewhere it limits the answer."""
_LARGEST_COUNT = 10**9
"""Of tokens or texts; a larger number is no limit."""


def context(item: Mapping[str, Any], model_type: ModelType | None = None) -> int | None:
    """Return the tokens that an entry states of its model, which llama.cpp states as `meta.n_ctx` and LiteLLM in `model_info`.

    Args:
        item: The entry.
        model_type: What the model is, where it is known.
    """
    candidates = [
        _inner(item, "meta").get("n_ctx"),
        *map(item.get, _CONTEXT),
        _inner(item, "model_info").get("max_input_tokens"),
    ]
    if model_type in _READ_ONLY:
        candidates.append(item.get("max_tokens"))
    return next((size for size in map(count, candidates) if size), None)


def trained_context(item: Mapping[str, Any]) -> int | None:
    """Return what an older llama.cpp states of its only model: the context of its training, which it may not get in use."""
    return None if context(item) else count(_inner(item, "meta").get("n_ctx_train"))


def count(value: Any) -> int | None:
    """Return a number of tokens or texts; `None` if it is none."""
    number = as_int(value)
    return number if number is not None and 0 < number <= _LARGEST_COUNT else None


def _inner(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = item.get(name)
    return value if isinstance(value, dict) else {}
