"""llama.cpp in this process, by way of xllamacpp: OpenAI-shaped requests in, chunks out; its errors become ours here.

What the runtime does, measured on xllamacpp 2026.10.11549:

- Loading holds Python's interpreter lock to its end. Without a warm-up and without fitting parameters to the memory (a second,
  empty load) that is 0.45 s instead of 1.3 s for the default model, on pages that are in the file cache.
- A prompt is read in batches; between two of them a callback comes, and a request can be cancelled. The smaller the batch,
  the sooner. On the default model, batches of 512 tokens: 197 tokens a second, and the model is free 1.5 to 5 s after a stop;
  of 64 tokens: 177, and 0.3 s; of 32 tokens: 74 to 145, and 0.15 s.
- It opens a port on the loopback interface. A random key locks it; we use it to count tokens, which has no call of its own.
"""

from __future__ import annotations

import ctypes
import os
import secrets
from collections.abc import Mapping
from math import exp
from pathlib import Path
from threading import Lock
from typing import Any, Literal, Protocol

import httpx

from ...errors import InvokeBadRequestError, InvokeError, InvokeServerUnavailableError, ProtocolError
from . import gguf
from .worker import Abandoned

BATCH_TOKENS = 64
PROMPT_CACHE_MEBIBYTES = 64
"""Memory for the state of prompts read before; the runtime's own default is 8 GiB."""
_TOKENIZE_SECONDS = 30.0

Route = Literal["chat", "completion"]
Chunk = dict[str, Any]


class Sink(Protocol):
    """Where chunks go, such as an `Emit`; both methods raise `Abandoned` when nobody listens any more."""

    def __call__(self, chunk: Chunk, /) -> None: ...  # noqa: D102
    def check(self) -> None: ...  # noqa: D102


class Runtime:
    """A model loaded by llama.cpp. One request at a time; the caller sees to that.

    Args:
        path: A GGUF file.
        name: What answers call the model.
        context_size: Tokens of prompt and answer together.

    Raises:
        InvokeServerUnavailableError: The file is no whole GGUF file, or llama.cpp cannot load it.
    """

    def __init__(self, path: Path, *, name: str, context_size: int) -> None:
        gguf.read_head(path)
        _read_ahead(path)
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before the first import of a library with OpenMP
        import xllamacpp

        key = secrets.token_hex(16)
        self.version = f"xllamacpp-{xllamacpp.__version__}"
        self.context_size = context_size
        try:
            self._server: Any = xllamacpp.Server(_parameters(xllamacpp, path, name, context_size, key))
        except RuntimeError as error:
            raise InvokeServerUnavailableError(f"llama.cpp cannot load {path.name}: {error}") from error
        self._client = httpx.Client(
            base_url=self._server.listening_address,
            headers={"Authorization": f"Bearer {key}"},
            timeout=_TOKENIZE_SECONDS,
            trust_env=False,  # no proxy for the loopback interface
        )
        self._lock = Lock()

    @property
    def server(self) -> Any:
        """The bare runtime, `xllamacpp.Server`; None once closed."""
        return self._server

    def stream(self, route: Route, payload: Mapping[str, Any], sink: Sink) -> None:
        """Send a request and pass on each chunk of the answer; ends early when nobody listens any more.

        Raises:
            InvokeBadRequestError: The runtime refuses the request, with its words.
            InvokeServerUnavailableError: It fails.
        """
        server = self._server
        if server is None:
            raise InvokeServerUnavailableError("The model was closed.")
        refusals: list[Chunk] = []

        def on_chunk(chunk: Chunk) -> bool:
            # Native code calls this: no exception may leave it, and True ends the generation.
            if "error" in chunk:
                refusals.append(chunk["error"])
                return True
            try:
                sink(chunk)
            except Abandoned:
                return True
            return False

        call = server.handle_chat_completions if route == "chat" else server.handle_completions
        request = {**payload, "stream": True, "stream_options": {"include_usage": True}, "return_progress": True}
        try:
            call(request, on_chunk)
        except ValueError as error:
            raise InvokeBadRequestError(str(error)) from error
        except RuntimeError as error:
            raise InvokeServerUnavailableError(f"llama.cpp failed: {error}") from error
        sink.check()
        for refusal in refusals:
            raise _error(refusal)

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
        """Count the tokens of a text.

        Raises:
            InvokeServerUnavailableError: The runtime does not answer.
            ProtocolError: It answers something else.
        """
        if not text:
            return 0
        if self._server is None:
            raise InvokeServerUnavailableError("The model was closed.")
        try:
            with self._lock:
                response = self._client.post("/tokenize", json={"content": text})
            response.raise_for_status()
            return len(response.json()["tokens"])
        except httpx.HTTPError as error:
            raise InvokeServerUnavailableError(f"llama.cpp does not count tokens: {error}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ProtocolError(f"llama.cpp's answer to /tokenize has no tokens: {response.text[:200]}") from error

    def close(self) -> None:
        """Free the model and hand its memory back to the system."""
        self._client.close()
        self._server = None
        _trim()


class _Probe:
    """Keeps the first token's alternatives and passes on how far the prompt is read."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.check = sink.check
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


def _parameters(xllamacpp: Any, path: Path, name: str, context_size: int, key: str) -> Any:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.model_alias = {name}
    parameters.n_ctx = context_size
    parameters.n_parallel = 1
    parameters.n_batch = parameters.n_ubatch = BATCH_TOKENS
    parameters.cache_ram_mib = PROMPT_CACHE_MEBIBYTES
    parameters.fit_params = parameters.warmup = False
    parameters.verbosity = -1
    parameters.ui = False
    parameters.api_keys = [key]
    # Half the cores write: with as many threads as busy cores the threads wait for each other (36 → 4 tokens a second).
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    parameters.cpuparams.n_threads = max(1, min(cores // 2, 8))
    parameters.cpuparams_batch.n_threads = max(1, min(cores, 16))
    return parameters


def _read_ahead(path: Path) -> None:
    """Bring the file into the system's cache: llama.cpp would read it with Python's interpreter lock held."""
    buffer = bytearray(4 * 2**20)
    try:
        with path.open("rb", buffering=0) as file:
            while file.readinto(buffer):
                pass
    except OSError as error:
        raise InvokeServerUnavailableError(f"The model file {path.name} cannot be read: {error.strerror or error}") from error


def _error(refusal: Mapping[str, Any]) -> InvokeError:
    code, message = refusal.get("code"), str(refusal.get("message", refusal))
    if refusal.get("type") == "exceed_context_size_error":
        return InvokeBadRequestError(
            f"The prompt has {refusal['n_prompt_tokens']:,} tokens, the model's context holds {refusal['n_ctx']:,}.",
            field="prompt_messages",
            hint="Shorten the prompt: the context must hold the prompt and the answer.",
        )
    error_type = InvokeBadRequestError if isinstance(code, int) and 400 <= code < 500 else InvokeServerUnavailableError
    return error_type(message, status_code=code if isinstance(code, int) else None)


def _trim() -> None:
    # glibc keeps freed memory for itself; other C libraries have no such function, and no such habit.
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
