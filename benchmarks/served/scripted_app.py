"""The app with an additional connection, `streams`, whose models answer with streams of known size and rate.

A model has the name of its stream, such as `markdown-2000-at-800`. For `streamlit run`, in its own process.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import streamlit as st  # noqa: TID251

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from app import lifespan  # noqa: E402  (the real one)
from benchmarks import streams  # noqa: E402
from boomerang.invoker.backend import ListedModel  # noqa: E402
from boomerang.invoker.backends.scripted import Scripted  # noqa: E402
from boomerang.invoker.entities.llm.chunk import LLMResultChunk, LLMResultChunkDelta, LLMUsage  # noqa: E402
from boomerang.invoker.entities.message import AssistantPromptMessage  # noqa: E402
from boomerang.invoker.entities.model import ModelPropertyKey, ModelType  # noqa: E402
from boomerang.invoker.request import Request  # noqa: E402
from boomerang.invoker.run import Run  # noqa: E402
from boomerang.playground.server.audio_route import ROUTES  # noqa: E402
from boomerang.playground.server.security_headers import middleware  # noqa: E402
from boomerang.playground.session.app_state import connections  # noqa: E402

CONNECTION = "streams"


def answer(request: Request[Any], run: Run) -> Iterator[LLMResultChunk]:
    """Answer with the stream in the model's name."""
    name = str(request.payload()["model"])
    stream = streams.Stream.named(name)
    for index, text in enumerate(stream.pieces(run.wait)):
        last = index == stream.count - 1
        usage = LLMUsage.empty_usage() if last else None
        delta = LLMResultChunkDelta(
            index=index,
            message=AssistantPromptMessage(content=text),
            usage=usage,
            finish_reason="stop" if last else None,
        )
        yield LLMResultChunk(model=name, delta=delta)


def listed(stream: streams.Stream) -> ListedModel:
    """List a stream as a model."""
    properties = {ModelPropertyKey.MODE: "chat"}
    return ListedModel(model=str(stream), model_type=ModelType.LLM, provider="scripted", model_properties=properties)


connections().add(CONNECTION, lambda: Scripted(answer, models=[listed(stream) for stream in streams.USED]))

app = st.App(
    ROOT / "src" / "boomerang" / "playground" / "shell" / "shell.py",
    lifespan=lifespan,
    routes=ROUTES,
    middleware=middleware(connections().owns),
)
