"""Chat and completions of a server with OpenAI's interface."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from time import perf_counter
from typing import Any

from ...entities.llm import LLMMode, LLMResultChunk, RequestInvokeLLM
from ...errors import InvokeBadRequestError, InvokeTimeoutError
from ...request import Chunks
from ...run import NoteKind, Run
from ...wire.answer import Answer
from ...wire.http import Http
from ...wire.sse import Event, SSEDecoder
from . import messages
from .answer import AnswerReader

CHAT, COMPLETIONS = "chat/completions", "completions"
OPTIONS = "stream_options"
_WHOLE = (b"<", b"\xff", b"\xfe", b"\0")
"""What a page begins with, and JSON in UTF-16 or UTF-32; no stream does."""
NO_OPTIONS = "Asked without stream_options, which the server has refused for this model: it may tell no usage."
NO_END = "The server gave its finish reason and then kept the connection without ending its answer."


class LLM:
    """The server's LLMs.

    Args:
        http: How the server is reached.
    """

    def __init__(self, http: Http) -> None:
        self._http = http
        self._refusing: set[str] = set()
        """Models for which the server has refused `stream_options`; only ever added to, so that no lock is needed."""

    def stream(self, request: RequestInvokeLLM, run: Run) -> Chunks[LLMResultChunk]:
        """Yield a chunk for each piece of the answer, and a last one with finish reason and, if the server tells it, usage.

        Raises:
            InvokeError: The server was not reached, refused, or broke off; what was yielded before stays valid.
        """
        path, body = asked(request)
        began, answering = perf_counter(), False
        reader = AnswerReader(request.model, lambda text: run.note(NoteKind.NOTICE, text))
        run.phase("reading")
        with self._answer(path, body, run) as answer:
            try:
                for chunk in _chunks(answer, reader):
                    if not answering:
                        answering = True
                        run.phase("answering")
                    yield chunk
            except InvokeTimeoutError as error:
                if reader.finish_reason is None or error.clock != "between chunks":
                    raise
                run.note(NoteKind.NOTICE, NO_END)
        yield reader.last(perf_counter() - began)

    @contextmanager
    def _answer(self, path: str, body: dict[str, Any], run: Run) -> Iterator[Answer]:
        """Ask, with the wish for a usage; without it where the server does not take it, unless somebody asked for it."""
        model, given = body["model"], OPTIONS in body
        if body["stream"] and not given and model in self._refusing:
            run.note(NoteKind.NOTICE, NO_OPTIONS)
        wished = body if not body["stream"] or model in self._refusing else body | {OPTIONS: _options(body)}
        with ExitStack() as opened:
            try:
                answer = opened.enter_context(self._http.post(path, run, json=wished))
            except InvokeBadRequestError as error:
                if given or wished is body or OPTIONS not in (error.body or ""):
                    raise
                self._refusing.add(model)
                run.note(NoteKind.NOTICE, f"Asked again without stream_options, which the server refuses: {error}")
                answer = opened.enter_context(self._http.post(path, run, json=body))
            yield answer


def _options(body: dict[str, Any]) -> Any:
    """Give the options of a stream: what was typed, and the wish for a usage."""
    typed = body.get(OPTIONS, {})
    return {"include_usage": True} | typed if isinstance(typed, dict) else typed


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
    """Read an answer as what it is, whatever was asked for and whatever it is called.

    Some servers never stream, some always do, and some say of a stream that it is a page or an object.
    """
    first = answer.peek()[:1]
    if first in _WHOLE or (first in (b"{", b"[") and answer.media_type != "text/event-stream"):
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
