"""Complete runs of each call on a scripted back end, without a page."""

from __future__ import annotations

import io
from typing import Any

from boomerang.invoker.backends.scripted import Scripted
from boomerang.invoker.request import InvokeType
from boomerang.invoker.session import Session
from boomerang.workbench.runs.jobs import Job

from .scripted import BOUND, MODELS, PROVIDER, Answer, good_answer

CONFIG = {"provider": PROVIDER}
MESSAGES = [{"role": "user", "content": "Hi"}]
CALLS: dict[str, dict[str, Any]] = {
    "llm": {"model_config": CONFIG | {"model": "talker", "mode": "chat"}, "prompt_messages": MESSAGES},
    "llm_structured_output": {
        "model_config": CONFIG | {"model": "talker", "mode": "chat"},
        "prompt_messages": MESSAGES,
        "structured_output_schema": {"type": "object"},
    },
    "summary": {"text": "A long text. " * 100, "instruction": "Briefly."},
    "text_embedding": {"model_config": CONFIG | {"model": "embedder"}, "texts": ["a", "b"]},
    "rerank": {
        "model_config": CONFIG | {"model": "ranker", "score_threshold": 0.0, "top_n": 2},
        "docs": ["a", "b", "c"],
        "query": "q",
    },
    "tts": {"model_config": CONFIG | {"model": "speaker", "voice": "v1"}, "content_text": "Hello."},
    "speech2text": {"model_config": CONFIG | {"model": "listener"}, "file": b"ID3"},
    "moderation": {"model_config": CONFIG | {"model": "judge"}, "text": "Hello."},
}
TYPES = {name: InvokeType.SYSTEM_SUMMARY if name == "summary" else InvokeType(name) for name in CALLS}


def job_of(name: str, answer: Answer = good_answer, **more: Any) -> Job:
    """Return the job of a call."""

    def call(session: Session) -> Any:
        arguments = CALLS[name]
        if "file" in arguments:
            arguments = arguments | {"file": io.BytesIO(arguments["file"])}
        return getattr(session.model, name).invoke(**arguments)

    return Job(call, Scripted(answer, models=MODELS), **more)


def run(name: str, answer: Answer = good_answer) -> Job:
    """Run a call to its end."""
    job = job_of(name, answer).start()
    job.join(BOUND)
    assert not job.running
    return job
