"""An LLM in a child process: takes OpenAI-shaped requests, returns llama.cpp's chunks, and maps its errors to ours."""

from __future__ import annotations

import http.client
import json
import os
import sys
import weakref
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from math import exp
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias
from urllib.parse import urlsplit

from boomerang.invoker.errors import InvokeBadRequestError, InvokeError, InvokeServerUnavailableError, ProtocolError
from boomerang.invoker.messages.message import Message
from boomerang.invoker.process.child_process import Process, ProcessGoneError
from boomerang.invoker.process.kill_timer import KillTimer

from . import gguf, llama_child

OBEDIENCE_SECONDS = 5.0
"""Seconds between a stop and the kill. A process stops in 0.3 s, or 2 s on a busy machine."""
GRAMMAR_SECONDS = 30.0
"""Seconds a process may take to build the grammar of a schema: 5,000 optional properties keep it busy for more than 40 s,
and with it every run that waits for the model."""
_GRAMMARS = frozenset({"response_format", "grammar"})
"""Parameters that require a grammar."""
_TOKENIZE_SECONDS = 30.0
_ENVIRONMENT = {
    # Threads that spin while waiting would slow down the other models in the app many times over.
    "OMP_WAIT_POLICY": "passive",
    # ggml would start a debugger for a backtrace; it would keep our pipes open, and stderr has the message anyway.
    "GGML_NO_BACKTRACE": "1",
}

Route = Literal["chat", "completion"]
Chunk = dict[str, Any]
Hooked: TypeAlias = Callable[[Callable[[], None]], AbstractContextManager[None]]
"""Returns a context manager that calls a hook when the block should stop, such as `WorkerChannel.on_stop`."""


class Sink(Protocol):
    """Receives chunks, such as a `WorkerChannel`; calling it and `check` raise `Abandoned` once the consumer has left."""

    def __call__(self, chunk: Chunk, /) -> None: ...  # noqa: D102
    def check(self) -> None: ...  # noqa: D102
    def on_stop(self, hook: Callable[[], None], /) -> AbstractContextManager[None]: ...  # noqa: D102


class Runtime:
    """A model loaded by llama.cpp. The caller must ensure that it gets one request at a time.

    Args:
        path: A GGUF file.
        name: The model's name in answers.
        context_size: Tokens of prompt and answer together.
        repacked: Whether llama.cpp may repack weights for this processor; see `Spec`.
        on_close: Registers a hook that aborts the load.
        obedience_seconds: How long the process may continue after a stop before it is killed.
        grammar_seconds: How long the first message of an answer with a grammar may take before the process is killed.

    Raises:
        ImportError: The child cannot import xllamacpp, or one of its dependencies.
        InvokeServerUnavailableError: The file is incomplete or not GGUF, or llama.cpp cannot load it.
    """

    def __init__(
        self,
        path: Path,
        *,
        name: str,
        context_size: int,
        repacked: bool = True,
        on_close: Hooked = lambda _hook: nullcontext(),
        obedience_seconds: float = OBEDIENCE_SECONDS,
        grammar_seconds: float = GRAMMAR_SECONDS,
    ) -> None:
        gguf.read_head(path)
        self.context_size = context_size
        self._obedience_seconds = obedience_seconds
        self._grammar_seconds = grammar_seconds
        self._requests = 0
        self._process = Process(Path(llama_child.__file__), _ENVIRONMENT)
        self._end = weakref.finalize(self, self._process.end)  # at the latest when the interpreter exits
        settings = {
            "import_path": [os.path.abspath(entry) for entry in sys.path if entry],
            "load": {"model": str(path.absolute()), "name": name, "context_size": context_size, "repacked": repacked},
        }
        try:
            with on_close(self._process.kill):
                self._process.send(_json(settings))
                status, *details = self._process.receive()
            if status == "unimportable":
                raise ImportError(*details)
            if status != "ready":
                raise InvokeServerUnavailableError(Message("embedded.not_loaded", file=path.name, fault=" ".join(details)))
        except BaseException:
            self.close()
            raise
        self.version = f"xllamacpp-{details[0]}"
        self._address, self._key = urlsplit(details[1]), details[2]

    @property
    def alive(self) -> bool:
        """Whether the process is running."""
        return self._process.alive

    @property
    def pid(self) -> int:
        """Process ID."""
        return self._process.pid

    def stream(self, route: Route, payload: Mapping[str, Any], sink: Sink) -> None:
        """Send a request and pass on each chunk of the answer; stop early once the consumer has left.

        Raises:
            InvokeBadRequestError: The runtime rejects the request; the message is its own.
            InvokeServerUnavailableError: The runtime fails.
            ProcessGoneError: The process has ended.
        """
        request = {**payload, "stream": True, "stream_options": {"include_usage": True}, "return_progress": True}
        refusals: list[Chunk] = []
        with closing(self._answer(route, request, sink)) as chunks:
            for chunk in chunks:
                if "error" in chunk:
                    refusals.append(chunk["error"])
                else:
                    sink(chunk)
        sink.check()
        for refusal in refusals:
            raise _error(refusal)

    def _answer(self, route: Route, request: Mapping[str, Any], sink: Sink) -> Generator[Chunk, None, None]:
        """Yield the chunks of an answer. If closed early, stop the answer and drain the pipe."""
        self._requests += 1
        number = self._requests
        with KillTimer(self._process, self._obedience_seconds) as timer, sink.on_stop(timer.start):
            try:
                self._process.send(f"{route} {number} ".encode() + _json(request))
                with sink.on_stop(lambda: self._process.try_send(f"stop {number}".encode())):
                    message = self._first(request)
                    while isinstance(message, dict):
                        yield message
                        message = self._process.receive()
            except GeneratorExit:
                timer.start()
                self._process.try_send(f"stop {number}".encode())
                self._drain(timer)
                raise
            except ProcessGoneError:
                if timer.fired:
                    sink.check()  # the consumer has left: the outcome no longer matters
                raise
        if message[0] == "refused":
            raise InvokeBadRequestError(message[1])
        if message[0] == "failed":
            raise InvokeServerUnavailableError(Message("embedded.failed", fault=str(message[1])))

    def _first(self, request: Mapping[str, Any]) -> Any:
        """Receive the first message of an answer, with a time limit if a grammar is built before it."""
        if not request.keys() & _GRAMMARS:
            return self._process.receive()
        with KillTimer(self._process, self._grammar_seconds) as timer:
            timer.start()
            try:
                return self._process.receive()
            except ProcessGoneError as error:
                if not timer.fired:
                    raise
                raise InvokeBadRequestError(Message("schemas.grammar_too_long", seconds=self._grammar_seconds)) from error

    def _drain(self, timer: KillTimer) -> None:
        try:
            while isinstance(self._process.receive(), dict):
                pass
        except ProcessGoneError:
            if not timer.fired:
                raise

    def first_token(self, route: Route, payload: Mapping[str, Any], sink: Sink) -> dict[str, float]:
        """Return the likeliest first tokens of the answer.

        Args:
            route: As for `stream`.
            payload: As for `stream`.
            sink: Receives the chunks that report how far the prompt is read.

        Returns:
            Probabilities of the 20 likeliest tokens; tokens with the same text are summed.
        """
        probe = _Probe(sink)
        likeliest = {"logprobs": True, "top_logprobs": 20} if route == "chat" else {"logprobs": 20}
        self.stream(route, {**payload, **likeliest, "max_tokens": 1, "temperature": 0}, probe)
        return probe.probabilities

    def count_tokens(self, text: str) -> int:
        """Count the tokens of a text; works while an answer is being written.

        Raises:
            InvokeServerUnavailableError: The runtime does not respond.
            ProtocolError: The response is malformed.
        """
        if not text:
            return 0
        connection = http.client.HTTPConnection(self._address.hostname or "", self._address.port, timeout=_TOKENIZE_SECONDS)
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        try:
            with closing(connection):
                connection.request("POST", "/tokenize", _json({"content": text}), headers)
                response = connection.getresponse()
                body = response.read()
        except (OSError, http.client.HTTPException) as error:
            if not self.alive:
                raise self._process.gone() from error
            raise InvokeServerUnavailableError(Message("embedded.no_count", fault=str(error))) from error
        try:
            return len(json.loads(body)["tokens"])
        except (ValueError, KeyError, TypeError) as error:
            raw_text = body.decode("utf-8", "replace")
            raise ProtocolError(Message("embedded.no_tokens"), status_code=response.status, body=raw_text) from error

    def close(self) -> None:
        """End the process and free its memory."""
        self._end()


class _Probe:
    """Collects the probabilities of the first token and passes on prompt progress."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.check = sink.check
        self.on_stop = sink.on_stop
        self.probabilities: dict[str, float] = {}

    def __call__(self, chunk: Chunk, /) -> None:
        """Read a chunk."""
        if "prompt_progress" in chunk:
            self._sink(chunk)
        for choice in chunk.get("choices", ()):
            for position in (choice.get("logprobs") or {}).get("content") or ():
                for token in position["top_logprobs"]:
                    text = token["token"]
                    self.probabilities[text] = self.probabilities.get(text, 0.0) + exp(token["logprob"])


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _error(refusal: Mapping[str, Any]) -> InvokeError:
    code, message = refusal.get("code"), str(refusal.get("message", refusal))
    if refusal.get("type") == "exceed_context_size_error":
        return InvokeBadRequestError(
            Message("prompts.too_long", tokens=refusal["n_prompt_tokens"], most=refusal["n_ctx"]),
            field="prompt_messages",
            hint=Message("prompts.too_long_hint"),
        )
    error_type = InvokeBadRequestError if isinstance(code, int) and 400 <= code < 500 else InvokeServerUnavailableError
    return error_type(message, status_code=code if isinstance(code, int) else None)
