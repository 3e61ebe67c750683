"""Chat and completions of a server with OpenAI's interface."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from time import perf_counter
from typing import Any

from boomerang.invoker.backends.openai_compatible.chat.completion_reader import AnswerReader
from boomerang.invoker.backends.openai_compatible.response.numbers import as_int
from boomerang.invoker.entities.llm import LLMMode, LLMResultChunk, RequestInvokeLLM
from boomerang.invoker.errors import InvokeBadRequestError, InvokeError, InvokeTimeoutError
from boomerang.invoker.events import ServerField
from boomerang.invoker.http.body.sse import Event
from boomerang.invoker.http.exchange import Http
from boomerang.invoker.http.response import Answer
from boomerang.invoker.request import Chunks
from boomerang.invoker.run import Run

from .chat import opaque_fields, request_messages

CHAT, COMPLETIONS = "chat/completions", "completions"
OPTIONS = "stream_options"
_PAGE = (b"<",)
_WIDE = (b"\xff", b"\xfe", b"\0")
"""What JSON in UTF-16 or UTF-32 begins with; no stream does."""
LONGEST_KEPT = 64 * 1024
"""Characters that the log keeps of fields that Dify's messages cannot carry."""


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
        path, body = path_and_body(request)
        began, has_chunks = perf_counter(), False
        if places := opaque_fields.not_sent(request.prompt_messages):
            run.notice("answers.opaque_not_sent", places=", ".join(places))
        run.phase("reading")
        with self._answer(path, body, run) as answer:
            reader = AnswerReader(request.model, run.notice, _Kept(run).keep, answer.hide, as_int(body.get("n")) or 1)
            try:
                for chunk in _chunks(answer, reader):
                    if not has_chunks:
                        has_chunks = True
                        run.phase("generating")
                    yield chunk
            except InvokeError as error:
                if reader.finish_reason and isinstance(error, InvokeTimeoutError) and error.clock == "between chunks":
                    run.notice("answers.no_end")
                else:
                    yield from reader.rest()
                    raise
        try:
            last = reader.last(perf_counter() - began)
        except InvokeError:
            yield from reader.rest()
            raise
        yield last

    @contextmanager
    def _answer(self, path: str, body: dict[str, Any], run: Run) -> Iterator[Answer]:
        """Ask, with the wish for a usage; without it where the server does not take it, unless somebody asked for it."""
        model, has_options = body["model"], OPTIONS in body
        if body["stream"] and not has_options and model in self._refusing:
            run.notice("answers.no_options")
        wished = body if not body["stream"] or model in self._refusing else body | {OPTIONS: _options(body)}
        with ExitStack() as opened:
            try:
                answer = opened.enter_context(self._http.post(path, run, json=wished))
            except InvokeBadRequestError as error:
                if has_options or wished is body or OPTIONS not in (error.body or ""):
                    raise
                self._refusing.add(model)
                run.notice("answers.options_refused", words=str(error))
                answer = opened.enter_context(self._http.post(path, run, json=body))
            yield answer


def _options(body: dict[str, Any]) -> Any:
    """Return the options of a stream: what was typed, and the wish for a usage."""
    typed = body.get(OPTIONS, {})
    return {"include_usage": True} | typed if isinstance(typed, dict) else typed


def path_and_body(request: RequestInvokeLLM) -> tuple[str, dict[str, Any]]:
    """Return path and body of a request."""
    body: dict[str, Any] = {"model": request.model}
    if request.mode == LLMMode.COMPLETION:
        path = COMPLETIONS
        body["prompt"] = request_messages.prompt(request.prompt_messages)
    else:
        path = CHAT
        body["messages"] = request_messages.chat(request.prompt_messages)
        if request.tools:
            body["tools"] = request_messages.tools(request.tools)
    if request.stop:
        body["stop"] = list(request.stop)
    return path, {**request_messages.parameters(request.completion_params), **body, "stream": request.stream}


class _Kept:
    """Keeps in the log what of an answer Dify's messages cannot carry, up to a size."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._left = LONGEST_KEPT

    def keep(self, name: str, value: Any) -> None:
        """Note a field and its value."""
        size = len(json.dumps(value))
        if size <= self._left:
            self._left -= size
            self._run.report(ServerField(name, value))
        elif self._left >= 0:
            self._left = -1
            self._run.notice("answers.unknown_cut", most=LONGEST_KEPT)


def _chunks(answer: Answer, reader: AnswerReader) -> Iterator[LLMResultChunk]:
    """Read an answer as what it is, whatever was asked for and whatever it is called.

    Some servers never stream, some always do, and some say of a stream that it is a page or an object.
    """
    beginning = answer.peek()
    if beginning[:1] in _PAGE:
        answer.json()  # which says what came in the place of JSON
    is_stream = answer.media_type == "text/event-stream" and beginning.partition(b"\n")[0].strip() not in (b"{", b"[")
    if (beginning[:1] in (b"{", b"[") and not is_stream) or beginning[:1] in _WIDE:
        reader.done = True
        try:
            yield from reader.read(Event(answer.json_text()))
        except InvokeError as error:
            error.status_code = answer.status
            raise
        return
    for event in answer.events():
        yield from reader.read(event)
        if reader.done:
            answer.finish()
            return
