"""An LLM in a child process: OpenAI-shaped requests in, llama.cpp's chunks out; its errors become ours here."""

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
"""How long a process may go on after it was told to stop; it takes 0.3 s, and 2 s on a busy machine. Then it is killed."""
GRAMMAR_SECONDS = 30.0
"""How long a process may take to make the grammar of a schema: 5,000 optional properties keep it busy for more than 40 s,
and all who wait for the model with it."""
_GRAMMARS = frozenset({"response_format", "grammar"})
"""Parameters from which a grammar is made."""
_TOKENIZE_SECONDS = 30.0
_ENVIRONMENT = {
    # Threads that spin while they wait would slow down the other models in the app many times over.
    "OMP_WAIT_POLICY": "passive",
    # ggml would start a debugger to print where it gave up; it would keep our pipes open, and we keep the words anyway.
    "GGML_NO_BACKTRACE": "1",
}

Route = Literal["chat", "completion"]
Chunk = dict[str, Any]
Hooked: TypeAlias = Callable[[Callable[[], None]], AbstractContextManager[None]]
"""Makes a block in which a hook is called when somebody wants it to end, such as `WorkerChannel.on_stop`."""


class Sink(Protocol):
    """Where chunks go, such as a `WorkerChannel`; calling and `check` raise `Abandoned` when nobody listens any more."""

    def __call__(self, chunk: Chunk, /) -> None: ...  # noqa: D102
    def check(self) -> None: ...  # noqa: D102
    def on_stop(self, hook: Callable[[], None], /) -> AbstractContextManager[None]: ...  # noqa: D102


class Runtime:
    """A model loaded by llama.cpp. It answers one request at a time; the caller sees to that.

    Args:
        path: A GGUF file.
        name: What answers call the model.
        context_size: Tokens of prompt and answer together.
        repacked: Whether llama.cpp may lay weights out anew for this processor; see `Spec`.
        on_close: Tells that the load is not wanted any more; it ends at once then.
        obedience_seconds: How long the process may go on after it was told to stop; then it hangs and is killed.
        grammar_seconds: How long it may be silent at first where the answer has a grammar; then it is killed.

    Raises:
        ImportError: The child cannot import xllamacpp, or a library that it needs.
        InvokeServerUnavailableError: The file is no whole GGUF file, or llama.cpp cannot load it.
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
        self._end = weakref.finalize(self, self._process.end)  # at the latest when the interpreter ends
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
        """Whether its process runs."""
        return self._process.alive

    @property
    def pid(self) -> int:
        """Number of its process."""
        return self._process.pid

    def stream(self, route: Route, payload: Mapping[str, Any], sink: Sink) -> None:
        """Send a request and pass on each chunk of the answer; ends early when nobody listens any more.

        Raises:
            InvokeBadRequestError: The runtime refuses the request, with its words.
            InvokeServerUnavailableError: It fails.
            ProcessGoneError: Its process has ended.
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
        """Yield the chunks up to the end of the answer. If left early, stop it, and leave nothing of it in the pipe."""
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
                    sink.check()  # nobody waits for what became of it
                raise
        if message[0] == "refused":
            raise InvokeBadRequestError(message[1])
        if message[0] == "failed":
            raise InvokeServerUnavailableError(Message("embedded.failed", fault=str(message[1])))

    def _first(self, request: Mapping[str, Any]) -> Any:
        """Receive the first line of an answer; a grammar is made before it."""
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
        """Ask with which tokens the answer would begin.

        Args:
            route: As for `stream`.
            payload: As for `stream`.
            sink: Gets the chunks that tell how far the prompt is read.

        Returns:
            The probabilities of the 20 likeliest tokens; tokens that read the same are added up.
        """
        probe = _Probe(sink)
        likeliest = {"logprobs": True, "top_logprobs": 20} if route == "chat" else {"logprobs": 20}
        self.stream(route, {**payload, **likeliest, "max_tokens": 1, "temperature": 0}, probe)
        return probe.probabilities

    def count_tokens(self, text: str) -> int:
        """Count the tokens of a text, also while an answer is being written.

        Raises:
            InvokeServerUnavailableError: The runtime does not answer.
            ProtocolError: It answers something else.
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
        """End the process, and with it all that it holds."""
        self._end()


class _Probe:
    """Keeps the first token's alternatives and passes on how far the prompt is read."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.check = sink.check
        self.on_stop = sink.on_stop
        self.probabilities: dict[str, float] = {}

    def __call__(self, chunk: Chunk, /) -> None:
        """Take a chunk."""
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
