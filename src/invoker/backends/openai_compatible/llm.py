"""Chat and completions of a server with OpenAI's interface."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from time import perf_counter
from typing import Any

from ...entities.llm import LLMMode, LLMResultChunk, RequestInvokeLLM
from ...errors import InvokeBadRequestError
from ...request import Chunks
from ...run import NoteKind, Run
from ...wire.http import Answer, Http
from ...wire.sse import Event, SSEDecoder
from . import messages
from .answer import AnswerReader

CHAT, COMPLETIONS = "chat/completions", "completions"


class LLM:
    """The server's LLMs.

    Args:
        http: How the server is reached.
    """

    def __init__(self, http: Http) -> None:
        self._http = http
        self._refuses_options = False
        """Whether the server has refused `stream_options`; only ever set, so that no lock is needed."""

    def stream(self, request: RequestInvokeLLM, run: Run) -> Chunks[LLMResultChunk]:
        """Yield a chunk for each piece of the answer, and a last one with finish reason and, if the server tells it, usage.

        Raises:
            InvokeError: The server was not reached, refused, or broke off; what was yielded before stays valid.
        """
        path, body = asked(request)
        began, answering = perf_counter(), False
        reader = AnswerReader(request.model)
        run.phase("reading")
        with self._answer(path, body, run) as answer:
            for chunk in _chunks(answer, reader):
                if not answering:
                    answering = True
                    run.phase("answering")
                yield chunk
        yield reader.last(perf_counter() - began)

    @contextmanager
    def _answer(self, path: str, body: dict[str, Any], run: Run) -> Iterator[Answer]:
        """Ask, with the wish for a usage; without it where the server does not take it."""
        wished = {} if not body["stream"] or self._refuses_options else {"stream_options": {"include_usage": True}}
        with ExitStack() as opened:
            try:
                answer = opened.enter_context(self._http.post(path, run, json=body | wished))
            except InvokeBadRequestError as error:
                if not wished or "stream_options" not in (error.body or ""):
                    raise
                self._refuses_options = True
                run.note(NoteKind.NOTICE, f"Asked again without stream_options, which the server refuses: {error}")
                answer = opened.enter_context(self._http.post(path, run, json=body))
            yield answer


def asked(request: RequestInvokeLLM) -> tuple[str, dict[str, Any]]:
    """Give path and body of a request."""
    body: dict[str, Any] = {"model": request.model}
    if request.mode == LLMMode.COMPLETION:
        path = COMPLETIONS
        body["prompt"] = messages.prompt(request.prompt_messages)
    else:
        path = CHAT
        body["messages"] = messages.chat(request.prompt_messages)
        if request.tools:
            body["tools"] = messages.tools(request.tools)
    if request.stop:
        body["stop"] = list(request.stop)
    return path, {**messages.parameters(request.completion_params), **body, "stream": request.stream}


def _chunks(answer: Answer, reader: AnswerReader) -> Iterator[LLMResultChunk]:
    """Read an answer as what it is, whatever was asked for: some servers never stream, some always do."""
    if answer.media_type in ("application/json", "text/html"):
        reader.done = True
        yield from reader.take(answer.json())
        return
    decoder = SSEDecoder()
    for piece in answer.pieces():
        for event in decoder.feed(piece):
            yield from reader.read(_hidden(event, answer))
        if reader.done:
            answer.finish()
            return
    for event in decoder.flush():
        yield from reader.read(_hidden(event, answer))


def _hidden(event: Event, answer: Answer) -> Event:
    """Give an event without our own keys, should the server say them back; nearly always as it is."""
    data = answer.hide(event.data)
    return event if data is event.data else event._replace(data=data)
