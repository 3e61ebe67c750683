"""The app of most browser tests: its default connection answers from a script, at once or endlessly.

Two more connections answer with markup (`markup`) and with audio in pieces (`sound`).
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from typing import Any

import streamlit as st

from boomerang.invoker.backend import Backend
from boomerang.invoker.backends.scripted import Scripted, llm_chunks
from boomerang.invoker.connection_kind import Kinds
from boomerang.invoker.entities.llm.chunk import LLMResultChunk, LLMResultChunkDelta
from boomerang.invoker.entities.llm.request import RequestInvokeLLM
from boomerang.invoker.entities.message import AssistantPromptMessage, UserPromptMessage
from boomerang.invoker.entities.moderation import ModerationResult, RequestInvokeModeration
from boomerang.invoker.entities.speech2text import RequestInvokeSpeech2Text, Speech2TextResult
from boomerang.invoker.entities.summary import RequestInvokeSummary
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.events import ModelExchange
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.kinds import KINDS
from boomerang.playground.server.audio_route import ROUTES
from boomerang.playground.server.security_headers import middleware, watch_media
from boomerang.playground.server.session_cleanup import let_go
from boomerang.playground.server.startup import send_at_once
from boomerang.playground.session import app_state
from boomerang.workbench.connections.registry import EMBEDDED, from_process
from boomerang.workbench.store.app_folder import app_folder
from tests.browser import markup, spoken_wav
from tests.scripted import MODELS, USAGE, good_answer

PACE_SECONDS = 0.1
"""Interval between chunks of an endless answer; a shorter one would starve a page that loads on a busy machine."""


def answer(request: Request[Any], run: Run) -> Iterable[Any]:
    """Answer any call; a long answer continues until it is stopped, and a keyword selects what the model does."""
    match request:
        case RequestInvokeLLM():
            return _llm(request, run)
        case RequestInvokeModeration():
            return [ModerationResult(result="hurt you" in request.text)]
        case RequestInvokeSpeech2Text():
            return [Speech2TextResult(result="The quick test begins at seven, and ends before noon.")]
        case RequestInvokeSummary():
            requests = UserPromptMessage(content=f"{request.instruction}\n\n{request.text}")
            run.report(ModelExchange("piece 1 of 1", (requests,), "In short: a bridge."))
    return good_answer(request, run)


def _llm(request: RequestInvokeLLM, run: Run) -> Iterator[LLMResultChunk]:
    content = request.prompt_messages[-1].content
    if not isinstance(content, str):
        raise InvokeBadRequestError("this model reads text only", field="prompt_messages")
    if "1 to 500" in content or content.endswith("12,"):
        for number in count(13):
            message = AssistantPromptMessage(content=f" {number},")
            yield LLMResultChunk(model=request.model, delta=LLMResultChunkDelta(index=number, message=message))
            run.wait(PACE_SECONDS)
    text = ("Paris", " is", " the", " capital.") if "France" in content else ("Hello", " there", ", my", " friend", ".")
    yield from llm_chunks(*text, model=request.model, usage=USAGE)


def opened(*_arguments: Any, **_more: Any) -> Backend:
    """Return the scripted back end in place of the embedded one."""
    return Scripted(answer, models=MODELS)


WITH_SCRIPT: Kinds = {**KINDS, EMBEDDED: replace(KINDS[EMBEDDED], opener=lambda: opened)}
app_state.start(from_process(WITH_SCRIPT, app_folder()))
app_state.connections().add("markup", markup.backend)
app_state.connections().add("sound", spoken_wav.backend)


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[None]:
    """Do the same as `app.py` while the server runs."""
    send_at_once()
    watch_media()
    letting_go = asyncio.create_task(let_go())
    yield
    letting_go.cancel()
    app_state.close_all()


app = st.App(
    app_folder() / "src/boomerang/playground/shell/shell.py",
    lifespan=lifespan,
    routes=ROUTES,
    middleware=middleware(app_state.connections().owns),
)
