"""The embedded back end as a subject of the contract: the small LLM for mechanics, and each of the other models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from boomerang.invoker.backend import Backend
from boomerang.invoker.backends.embedded.backend import EmbeddedBackend
from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.request import InvokeType
from boomerang.invoker.session import Session
from tests.invoker.backends.contract.subject import MODEL_TYPES, call

SMALL = "smollm2-135m-instruct"
MODELS = {
    ModelType.LLM: SMALL,
    ModelType.TEXT_EMBEDDING: "all-minilm-l6-v2",
    ModelType.RERANK: "all-minilm-l6-v2-cosine",
    ModelType.TTS: "hibari",
    ModelType.SPEECH2TEXT: "moonshine-tiny-en",
    ModelType.MODERATION: "minilm-moderation-heads",
}
SAMPLES = Path(__file__).parents[3] / "src" / "boomerang" / "workbench" / "samples" / "assets" / "samples"
SENTENCES = [f"The number {number} follows {number - 1}." for number in range(1, 331)]
LONG = " ".join(SENTENCES)
"""About 3,400 tokens: seconds of prompt processing for the LLM."""


class EmbeddedSubject:
    """The embedded back end, bare or wrapped."""

    recording = (SAMPLES / "quick-test.mp3").read_bytes()
    unsupported: Mapping[InvokeType, str] = {}
    any_name = ""
    configs: Mapping[InvokeType, Mapping[str, Any]] = {
        invoke_type: {
            "provider": "embedded",
            "model": MODELS[model_type],
            "mode": "chat",
            "completion_params": {"temperature": 0, "seed": 1, "max_tokens": 16 if invoke_type is InvokeType.LLM else 64},
            "voice": "heart",
            "tenant_id": "t-1",
            "score_threshold": -1.0,
            "top_n": 2,
        }
        for invoke_type, model_type in MODEL_TYPES.items()
    }

    def __init__(self, backend: Backend, wrap: Callable[[Backend], Backend] = lambda backend: backend) -> None:
        self.backend = wrap(backend)
        self._wrap = wrap

    def fresh(self) -> Backend:
        return self._wrap(EmbeddedBackend(system_model=SMALL))

    def lengthy(self, invoke_type: InvokeType) -> dict[str, Any]:
        messages = [{"role": "user", "content": LONG[: len(LONG) * 2 // 5]}]  # about 1,500 tokens; the context size is 2,048
        paragraphs = [LONG[at : at + 900] for at in range(0, 9000, 30)]
        contents = [{"content": text, "content_type": "text"} for text in paragraphs]
        table: dict[InvokeType, dict[str, Any]] = {
            InvokeType.LLM: {"prompt_messages": messages},
            InvokeType.LLM_STRUCTURED_OUTPUT: {"prompt_messages": messages},
            InvokeType.SYSTEM_SUMMARY: {"text": LONG},
            InvokeType.TEXT_EMBEDDING: {"texts": paragraphs},
            InvokeType.MULTIMODAL_EMBEDDING: {"documents": contents},
            InvokeType.RERANK: {"docs": paragraphs},
            InvokeType.MULTIMODAL_RERANK: {"docs": contents},
            InvokeType.TTS: {"content_text": LONG},
            InvokeType.SPEECH2TEXT: {"file": self.recording * 60},
            InvokeType.MODERATION: {"text": " ".join(SENTENCES * 10)},
        }
        return table[invoke_type]

    def endless(self) -> dict[str, Any]:
        config = {**self.configs[InvokeType.LLM], "completion_params": {"max_tokens": 2000}}
        return {"model_config": config, "prompt_messages": [{"role": "user", "content": "Tell a very long story."}]}

    @contextmanager
    def silence(self, phase: str) -> Iterator[tuple[Backend, dict[str, Any]]]:
        if phase == "loading":
            backend = self.fresh()
            yield backend, {}
            backend.close()
        elif phase == "reading":
            yield self.backend, self.lengthy(InvokeType.LLM)
        else:
            with closing(call(Session(self.backend), self, InvokeType.LLM, **self.endless())) as other:
                next(other)
                yield self.backend, {}
                assert next(other), "the run that was there first goes on"
