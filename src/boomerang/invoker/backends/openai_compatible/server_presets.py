"""Well-known servers, with their default addresses.

Addresses, variables and defaults are from the servers' own documentation, looked up in November 2026; providers are those of
the official Dify plugins. A server without its own plugin is served by Dify's `openai_api_compatible`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from boomerang.invoker.connection_form import N_
from boomerang.invoker.connection_kind import Preset
from boomerang.invoker.entities.model import ModelType

COMPATIBLE_PROVIDER = "langgenius/openai_api_compatible/openai_api_compatible"
"""Dify's provider for any server with OpenAI's interface."""


def _server(id: str, title: str, base_url: str, provider: str = COMPATIBLE_PROVIDER, **more: Any) -> Preset:
    return Preset(id, title, base_url, provider, **more)


PRESETS: Mapping[str, Preset] = {
    preset.id: preset
    for preset in (
        _server(
            "openai",
            "OpenAI",
            "https://api.openai.com/v1",
            "langgenius/openai/openai",
            needs_key=True,
            key_variables=("OPENAI_API_KEY",),
            url_variables=("OPENAI_BASE_URL", "OPENAI_API_BASE"),
        ),
        _server(
            "vllm",
            "vLLM",
            "http://localhost:8000/v1",
            key_variables=("VLLM_API_KEY",),
            url_variables=("VLLM_BASE_URL",),
        ),
        _server(
            "ollama",
            "Ollama",
            "http://localhost:11434/v1",
            "langgenius/ollama/ollama",
            key_variables=("OLLAMA_API_KEY",),
            url_variables=("OLLAMA_HOST", "OLLAMA_BASE_URL"),
        ),
        _server(
            "lm_studio",
            "LM Studio",
            "http://localhost:1234/v1",
            key_variables=("LM_STUDIO_API_KEY", "LM_API_TOKEN"),
            url_variables=("LM_STUDIO_BASE_URL",),
        ),
        _server(
            "localai",
            "LocalAI",
            "http://localhost:8080/v1",
            "langgenius/localai/localai",
            key_variables=("LOCALAI_API_KEY",),
            url_variables=("LOCALAI_BASE_URL",),
        ),
        _server(
            "xinference",
            "Xinference",
            "http://localhost:9997/v1",
            "langgenius/xinference/xinference",
            key_variables=("XINFERENCE_API_KEY",),
            url_variables=("XINFERENCE_ENDPOINT", "XINFERENCE_BASE_URL"),
        ),
        _server(
            "llama_cpp",
            "llama.cpp",
            "http://localhost:8080/v1",
            key_variables=("LLAMA_API_KEY",),
            url_variables=("LLAMA_CPP_BASE_URL",),
        ),
        _server(
            "tei",
            "Text Embeddings Inference",
            "http://localhost:8080/v1",
            "langgenius/huggingface_tei/huggingface_tei",
            key_variables=("TEI_API_KEY",),
            url_variables=("TEI_BASE_URL",),
        ),
        _server(
            "jina",
            "Jina",
            "https://api.jina.ai/v1",
            "langgenius/jina/jina",
            needs_key=True,
            key_variables=("JINA_API_KEY",),
            url_variables=("JINA_BASE_URL",),
            models=(
                ("jina-embeddings-v3", ModelType.TEXT_EMBEDDING),
                ("jina-reranker-v2-base-multilingual", ModelType.RERANK),
            ),
        ),
        _server(
            "cohere",
            "Cohere",
            "https://api.cohere.com/v2",
            "langgenius/cohere/cohere",
            needs_key=True,
            key_variables=("COHERE_API_KEY", "CO_API_KEY"),
            url_variables=("COHERE_BASE_URL",),
            models=(("rerank-v3.5", ModelType.RERANK),),
        ),
        _server(
            "voyage",
            "Voyage",
            "https://api.voyageai.com/v1",
            "langgenius/voyage/voyage",
            needs_key=True,
            key_variables=("VOYAGE_API_KEY",),
            url_variables=("VOYAGE_BASE_URL",),
            models=(("voyage-3.5", ModelType.TEXT_EMBEDDING), ("rerank-2.5", ModelType.RERANK)),
        ),
        _server(
            "openrouter",
            "OpenRouter",
            "https://openrouter.ai/api/v1",
            "langgenius/openrouter/openrouter",
            needs_key=True,
            key_variables=("OPENROUTER_API_KEY",),
            url_variables=("OPENROUTER_BASE_URL",),
        ),
        _server("other", N_("Another server"), "", first_name=N_("My server")),
    )
}
"""By id, in the order in which the page offers them."""
