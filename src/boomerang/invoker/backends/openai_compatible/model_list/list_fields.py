"""Read a model's context size from its entry in a server's list. OpenAI's own list does not state it."""

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
"""Fields for the tokens of prompt and answer together, the most accurate first: LM Studio (for a loaded model), vLLM,
OpenRouter and Together, Groq, LM Studio and Mistral, Lemonade (for the model, not its configuration), Google."""
_READ_ONLY = frozenset({ModelType.TEXT_EMBEDDING, ModelType.RERANK})
"""Types of models that only read, so that Xinference's `max_tokens` is their context; elsewhere it limits the answer."""
_LARGEST_COUNT = 10**9
"""Of tokens or texts; a larger number is not a limit."""


def context(item: Mapping[str, Any], model_type: ModelType | None = None) -> int | None:
    """Return the context size in an entry; llama.cpp states it as `meta.n_ctx`, LiteLLM in `model_info`.

    Args:
        item: The entry.
        model_type: Type of the model, if known.
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
    """Return the training context that an older llama.cpp states for its only model, which may get less in use."""
    return None if context(item) else count(_inner(item, "meta").get("n_ctx_train"))


def count(value: Any) -> int | None:
    """Return a number of tokens or texts; `None` if the value is not one."""
    number = as_int(value)
    return number if number is not None and 0 < number <= _LARGEST_COUNT else None


def _inner(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = item.get(name)
    return value if isinstance(value, dict) else {}
