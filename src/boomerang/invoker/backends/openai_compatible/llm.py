"""Chat and completions on a server with OpenAI's interface."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from time import perf_counter
from typing import Any

from boomerang.invoker.backends.openai_compatible.chat.completion_reader import AnswerReader
from boomerang.invoker.backends.openai_compatible.response.numbers import as_int
from boomerang.invoker.entities.llm.chunk import LLMResultChunk
from boomerang.invoker.entities.llm.request import LLMMode, RequestInvokeLLM
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
"""Beginnings of JSON in UTF-16 or UTF-32; no stream has these."""
LONGEST_KEPT = 64 * 1024
"""Maximum characters in the record of fields that Dify's messages cannot carry."""


class LLM:
    """The server's LLMs.

    Args:
        http: Connection to the server.
    """

    def __init__(self, http: Http) -> None:
        self._http = http
        self._refusing: set[str] = set()
        """Models for which the server has refused `stream_options`; only ever added to, so no lock is needed."""

    def stream(self, request: RequestInvokeLLM, run: Run) -> Chunks[LLMResultChunk]:
        """Yield a chunk for each piece of the answer, and a last one with finish reason and, if the server reports it, usage.

        Raises:
            InvokeError: The server was not reached, refused, or broke off; chunks yielded before remain valid.
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

    def _answer(self, path: str, body: dict[str, Any], run: Run) -> AbstractContextManager[Answer]:
        """Send a request that asks for usage; without that if the server rejects it and the user did not set it."""
        if not body["stream"]:
            return self._http.post(path, run, json=body)
        if body["model"] in self._refusing:
            if OPTIONS not in body:
                run.notice("answers.no_options")
            return self._http.post(path, run, json=body)
        return self._with_options(path, body, run)

    @contextmanager
    def _with_options(self, path: str, body: dict[str, Any], run: Run) -> Iterator[Answer]:
        with ExitStack() as opened:
            try:
                answer = opened.enter_context(self._http.post(path, run, json=body | {OPTIONS: _options(body)}))
            except InvokeBadRequestError as error:
                if OPTIONS in body or OPTIONS not in (error.body or ""):
                    raise
                self._refusing.add(body["model"])
                run.notice("answers.options_refused", words=str(error))
                answer = opened.enter_context(self._http.post(path, run, json=body))
            yield answer


def _options(body: dict[str, Any]) -> Any:
    """Return the stream options: the user's, plus the request for usage."""
    typed = body.get(OPTIONS, {})
    return {"include_usage": True} | typed if isinstance(typed, dict) else typed


def path_and_body(request: RequestInvokeLLM) -> tuple[str, dict[str, Any]]:
    """Return the path and body of a request."""
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
    """Records fields of an answer that Dify's messages cannot carry, up to a size."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._left = LONGEST_KEPT

    def keep(self, name: str, value: Any) -> None:
        """Record a field and its value."""
        size = len(json.dumps(value))
        if size <= self._left:
            self._left -= size
            self._run.report(ServerField(name, value))
        elif self._left >= 0:
            self._left = -1
            self._run.notice("answers.unknown_cut", most=LONGEST_KEPT)


def _chunks(answer: Answer, reader: AnswerReader) -> Iterator[LLMResultChunk]:
    """Read an answer by its content, whatever was requested and whatever its content type.

    Some servers never stream, some always do, and some label a stream as a page or an object.
    """
    beginning = answer.peek()
    if beginning[:1] in _PAGE:
        answer.json()  # raises an error that names what came instead of JSON
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
