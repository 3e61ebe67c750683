"""llama.cpp in its own process, through xllamacpp. Runs as a script; imports nothing from the project, so it starts fast.

Why a process: loading holds the GIL throughout, each load leaks some 30 MB, and a fatal error in native code ends the process.
Here all of that ends with the child.

::

    each message      its length in four bytes, big endian, then the message
    to it, stdin      {"import_path": […], "load": {…}}                                   once
                      chat 1 {"messages": …}      or  completion 2 {"prompt": …}          one request at a time
                      stop 1                                                              at any time
    from it, stdout   ["ready", version, address, key]      or  ["unimportable", words]  or  ["unloadable", words]
                      {"choices": …}                                                      llama.cpp's chunks as they are
                      ["end"]                               or  ["refused", words]       or  ["failed", words]

It exits when its stdin closes, which includes the death of its parent.

Measured on xllamacpp 2026.10.11549:

- Without a warm-up and without fitting parameters to the memory (a second, empty load), loading takes a third of the time.
- A prompt is read in batches. A callback between batches can cancel the request, so smaller batches stop sooner. On the
  default model, batches of 512 tokens read 197 tokens a second, and a stop takes 1.5 to 5 s; of 64 tokens: 177, and 0.3 s;
  of 32 tokens: 74 to 145, and 0.15 s.
- It opens a port on the loopback interface, protected by a random key. We use it to count tokens, for which there is no call.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterable, Iterator
from queue import SimpleQueue
from typing import Any, BinaryIO

BATCH_TOKENS = 64
LARGEST_MESSAGE = 64 << 20
"""Maximum size of a message in bytes; a longer one is not ours."""
PROMPT_CACHE_MEBIBYTES = 16
"""Memory for the state of earlier prompts; the runtime's own default is 8 GiB."""


def parameters(xllamacpp: Any, *, model: str, name: str, context_size: int, repacked: bool, key: str) -> Any:
    """Return the runtime's parameters.

    Args:
        xllamacpp: The module.
        model: Path of a GGUF file.
        name: The model's name in answers.
        context_size: Tokens of prompt and answer together.
        repacked: Whether weights may be repacked for this processor.
        key: API key of the port.
    """
    chosen = xllamacpp.CommonParams()
    chosen.model.path = model
    chosen.model_alias = {name}
    chosen.n_ctx = context_size
    chosen.n_parallel = 1
    chosen.n_batch = chosen.n_ubatch = BATCH_TOKENS
    chosen.cache_ram_mib = PROMPT_CACHE_MEBIBYTES
    chosen.no_extra_bufts = not repacked
    chosen.fit_params = chosen.warmup = False
    chosen.verbosity = -1
    chosen.ui = False
    chosen.api_keys = [key]
    # Half the cores generate: with as many threads as busy cores, the threads wait for each other (36 → 4 tokens a second).
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    chosen.cpuparams.n_threads = max(1, min(cores // 2, 8))
    chosen.cpuparams_batch.n_threads = max(1, min(cores, 16))
    return chosen


class Child:
    """One loaded model and its pipes to the parent.

    Args:
        server: The runtime, `xllamacpp.Server`.
        messages: Requests and stops.
        out: File descriptor that answers are written to.
    """

    def __init__(self, server: Any, messages: Iterable[bytes], out: int) -> None:
        self._routes = {b"chat": server.handle_chat_completions, b"completion": server.handle_completions}
        self._messages = messages
        self._out = out
        self._requests: SimpleQueue[tuple[bytes, int, bytes]] = SimpleQueue()
        self._stopped = 0

    def serve(self) -> None:
        """Answer requests; does not return."""
        threading.Thread(target=self._read_requests, daemon=True).start()
        while True:
            self._answer(*self._requests.get())

    def _read_requests(self) -> None:
        for message in self._messages:
            verb, _, rest = message.partition(b" ")
            number, _, payload = rest.partition(b" ")
            if verb == b"stop":
                self._stopped = int(number)
            else:
                self._requests.put((verb, int(number), payload))
        os._exit(0)  # from this thread: the other may be deep in native code

    def _answer(self, route: bytes, number: int, payload: bytes) -> None:
        def on_chunk(chunk: bytes) -> bool:
            # Called from native code: must not raise. True ends the answer.
            write(self._out, chunk)
            return self._stopped >= number

        try:
            self._routes[route](payload, on_chunk)
        except ValueError as error:
            report(self._out, "refused", str(error))
        except RuntimeError as error:
            report(self._out, "failed", str(error))
        else:
            report(self._out, "end")


def report(out: int, *parts: str) -> None:
    """Write one of our own messages."""
    write(out, json.dumps(parts).encode())


def write(out: int, message: bytes) -> None:
    """Write a whole message; exit if the pipe is closed."""
    rest = len(message).to_bytes(4, "big") + message
    try:
        while rest:
            rest = rest[os.write(out, rest) :]
    except BrokenPipeError:
        os._exit(0)


def read(stream: BinaryIO) -> Iterator[bytes]:
    """Yield messages until the stream ends or is malformed."""
    while len(head := stream.read(4)) == 4:
        size = int.from_bytes(head, "big")
        if size > LARGEST_MESSAGE or len(message := stream.read(size)) < size:
            return
        yield message


def main(stream: BinaryIO, out: int) -> None:
    """Load the model named in the first message, then answer requests."""
    messages = read(stream)
    head = next(messages, None)
    if head is None:
        return
    settings = json.loads(head)
    sys.path += [entry for entry in settings["import_path"] if entry not in sys.path]
    key = os.urandom(16).hex()
    try:
        import xllamacpp

        server = xllamacpp.Server(parameters(xllamacpp, key=key, **settings["load"]))
    except ImportError as error:
        report(out, "unimportable", str(error))
    except RuntimeError as error:
        report(out, "unloadable", str(error))
    else:
        report(out, "ready", xllamacpp.__version__, server.listening_address, key)
        Child(server, messages, out).serve()


if __name__ == "__main__":
    answers = os.dup(1)
    os.dup2(2, 1)  # other output goes to stderr, not among the answers
    main(sys.stdin.buffer, answers)
