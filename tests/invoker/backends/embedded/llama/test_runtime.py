"""Tests for the LLM's process, when it or the app ends at a bad moment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from boomerang.invoker.backend import ModelState
from boomerang.invoker.backends.embedded.execution.worker_thread import WorkerChannel, produce
from boomerang.invoker.backends.embedded.llama import llama_child
from boomerang.invoker.backends.embedded.llama.llm_models import SMOLLM2
from boomerang.invoker.backends.embedded.llama.runtime import Chunk, Runtime
from boomerang.invoker.backends.embedded.tasks.llm import Llama
from boomerang.invoker.backends.embedded.tasks.structured_output import stream_structured
from boomerang.invoker.errors import InvokeBadRequestError, InvokeServerUnavailableError, RunStoppedError
from boomerang.invoker.process.child_process import ProcessGoneError
from boomerang.invoker.process.frames import FrameBuffer, framed
from boomerang.invoker.run import Run
from boomerang.invoker.weights.models_folder import Weights
from tests.invoker.backends.embedded.asking import ask, request, structured_request
from tests.invoker.backends.embedded.children import children, ended
from tests.invoker.backends.embedded.conftest import FILES, opened
from tests.invoker.backends.embedded.threads import BOUND, in_thread, stops_at_once

ENDLESS = "Write a long story."
PROGRAM = """
import sys
from pathlib import Path
from boomerang.invoker.backends.embedded.tasks.llm import Llama
from boomerang.invoker.backends.embedded.llama.llm_models import SMOLLM2
from boomerang.invoker.entities.llm.request import RequestInvokeLLM
from boomerang.invoker.run import Run

llama = Llama(SMOLLM2, lambda: Path(sys.argv[1]))
config = {"provider": "", "model": "", "mode": "chat", "completion_params": {"max_tokens": 2000}}
chunks = llama.stream(RequestInvokeLLM.of(config, [{"role": "user", "content": "Write a long story."}]), Run())
next(chunks)
print(llama.engine.model(Run()).pid, flush=True)
"""
"""Starts an answer and prints the pid of the process that generates it."""


@pytest.fixture
def llama() -> Iterator[Llama]:
    llama = opened(SMOLLM2)
    yield llama
    llama.close()


def pid_of(llama: Llama) -> int:
    return llama.engine.model(Run()).pid


def test_a_process_killed_while_it_answers_is_an_error_and_the_next_run_has_a_new_one(llama: Llama) -> None:
    chunks = llama.stream(request(llama, ENDLESS, max_tokens=2000), Run())
    next(chunks)
    killed = pid_of(llama)
    os.kill(killed, signal.SIGKILL)
    with pytest.raises(ProcessGoneError, match="ended by signal SIGKILL") as caught:
        list(chunks)
    assert isinstance(caught.value, InvokeServerUnavailableError)
    assert "Run again" in str(caught.value.hint)
    assert (llama.state, llama.engine.reason) == (ModelState.AVAILABLE, None)
    assert ask(llama, request(llama, "Hi", max_tokens=2)).usage.completion_tokens == 2
    assert pid_of(llama) != killed
    assert killed not in children()


def test_a_process_killed_while_it_is_idle_is_not_noticed(llama: Llama) -> None:
    killed = pid_of(llama)
    os.kill(killed, signal.SIGKILL)
    assert ended(killed, BOUND)
    assert llama.count_tokens("Hello world", Run()) == 2
    killed = pid_of(llama)
    os.kill(killed, signal.SIGKILL)
    assert ended(killed, BOUND)
    assert ask(llama, request(llama, "Hi", max_tokens=2)).usage.completion_tokens == 2


def test_the_schema_is_not_blamed_for_a_process_that_was_killed(llama: Llama) -> None:
    schema = {"type": "object", "properties": {"story": {"type": "array", "items": {"type": "string"}, "minItems": 900}}}
    request = structured_request(llama, ENDLESS, schema | {"required": ["story"]}, max_tokens=2000)
    chunks = stream_structured(llama, request, Run())
    next(chunks)
    os.kill(pid_of(llama), signal.SIGKILL)
    with pytest.raises(ProcessGoneError):
        list(chunks)


def test_a_process_killed_while_it_loads_is_an_error_of_the_load() -> None:
    @contextmanager
    def killing(hook: Callable[[], None]) -> Iterator[None]:
        (child,) = children() - before
        os.kill(child, signal.SIGKILL)
        yield

    before = children()
    with pytest.raises(ProcessGoneError, match="SIGKILL"):
        Runtime(Weights().path(FILES[SMOLLM2.model]), name="", context_size=256, on_close=killing)
    assert children() == before


def test_a_run_stopped_while_the_model_loads_is_free_at_once(llama: Llama) -> None:
    loading = threading.Event()
    run = Run(lambda note: loading.set())
    thread, outcome = in_thread(lambda: ask(llama, request(llama, "Hi", max_tokens=2), run))
    assert loading.wait(BOUND)
    stops_at_once(run, thread, outcome)
    assert ask(llama, request(llama, "Hi", max_tokens=2)).usage.completion_tokens == 2


def test_closing_while_the_model_loads_ends_the_process_at_once(llama: Llama) -> None:
    @contextmanager
    def closing(hook: Callable[[], None]) -> Iterator[None]:
        with llama.engine.on_close(hook):
            llama.close()
            yield

    before = children()
    with pytest.raises(ProcessGoneError, match="SIGKILL"):
        Runtime(Weights().path(FILES[SMOLLM2.model]), name="", context_size=256, on_close=closing)
    assert children() == before


def test_a_run_whose_model_is_closed_while_it_loads_is_reported_so(llama: Llama) -> None:
    before, threads = children(), threading.enumerate()
    loading = threading.Event()
    run = Run(lambda note: loading.set())
    thread, outcome = in_thread(lambda: ask(llama, request(llama, "Hi", max_tokens=2000), run))
    assert loading.wait(BOUND)
    llama.close()
    thread.join(BOUND)
    assert isinstance(outcome[0], InvokeServerUnavailableError)
    assert "closed" in str(outcome[0])
    assert children() == before
    assert threading.enumerate() == threads


def test_closing_ends_process_and_threads_also_in_the_middle_of_an_answer() -> None:
    before, threads = children(), threading.enumerate()
    llama = opened(SMOLLM2)
    chunks = llama.stream(request(llama, ENDLESS, max_tokens=2000), Run())
    next(chunks)
    assert children() - before == {pid_of(llama)}
    begin = perf_counter()
    llama.close()
    assert perf_counter() - begin < 2.0
    assert children() == before
    assert threading.enumerate() == threads
    with pytest.raises(InvokeServerUnavailableError, match="closed"):
        list(chunks)


@pytest.mark.parametrize("way", ["stop", pytest.param("close", marks=pytest.mark.slow)])
def test_a_process_that_hangs_is_killed_after_a_stop_and_the_next_run_has_a_new_one(llama: Llama, way: str) -> None:
    run = Run()
    chunks = llama.stream(request(llama, ENDLESS, max_tokens=2000), run)
    next(chunks)
    frozen, before = pid_of(llama), threading.active_count()
    os.kill(frozen, signal.SIGSTOP)
    if way == "stop":
        run.stop()
        with pytest.raises(RunStoppedError):
            next(chunks)
    else:
        chunks.close()
    assert ask(llama, request(llama, "Hi", max_tokens=2)).usage.completion_tokens == 2
    assert pid_of(llama) != frozen
    assert ended(frozen, BOUND)
    assert threading.active_count() <= before


def test_a_schema_that_keeps_the_runtime_busy_before_it_answers_is_refused() -> None:
    runtime = Runtime(Weights().path(FILES[SMOLLM2.model]), name="", context_size=256, grammar_seconds=0.5)
    schema = {"type": "object", "properties": {f"p{number}": {"type": "string"} for number in range(20_000)}}
    wanted = {"type": "json_schema", "json_schema": {"schema": schema}}
    payload = {"messages": [{"role": "user", "content": "Hi"}], "response_format": wanted}
    with pytest.raises(InvokeBadRequestError, match=r"longer than 0\.5 seconds"):
        list(produce(Run(), lambda emit: runtime.stream("chat", payload, emit)))
    assert ended(runtime.pid, BOUND)
    runtime.close()


def test_a_process_that_does_not_even_read_its_request_is_killed_after_a_stop() -> None:
    runtime = Runtime(Weights().path(FILES[SMOLLM2.model]), name="", context_size=256, obedience_seconds=0.1)
    os.kill(runtime.pid, signal.SIGSTOP)
    messages = [{"role": "user", "content": "word " * 100_000}]  # more than a pipe's buffer
    run, begun = Run(), threading.Event()

    def work(emit: WorkerChannel[Chunk]) -> None:
        begun.set()
        runtime.stream("chat", {"messages": messages}, emit)

    thread, outcome = in_thread(lambda: list(produce(run, work)))
    assert begun.wait(BOUND)
    run.stop()
    thread.join(BOUND)
    assert isinstance(outcome[0], RunStoppedError)
    assert ended(runtime.pid, BOUND)
    runtime.close()


def test_a_process_that_obeys_is_not_killed(llama: Llama) -> None:
    chunks = llama.stream(request(llama, ENDLESS, max_tokens=2000), Run())
    next(chunks)
    there = pid_of(llama)
    chunks.close()
    assert ask(llama, request(llama, "Hi", max_tokens=2)).usage.completion_tokens == 2
    assert pid_of(llama) == there


def test_tokens_are_counted_while_an_answer_is_written(smollm2: Llama) -> None:
    chunks = smollm2.stream(request(smollm2, ENDLESS, max_tokens=2000), Run())
    next(chunks)
    counts = [in_thread(lambda: smollm2.count_tokens("Hello world", Run())) for _ in range(4)]
    for thread, outcome in counts:
        thread.join(BOUND)
        assert outcome == [2]
    next(chunks)  # still running
    chunks.close()


@pytest.mark.parametrize("kill", [True, False])
def test_the_process_ends_with_the_app(kill: bool) -> None:
    path = Weights().path(FILES[SMOLLM2.model])
    more = "sys.stdin.read()" if kill else ""
    pipe = subprocess.PIPE
    arguments = [sys.executable, "-W", "error", "-c", PROGRAM + more, str(path)]
    with subprocess.Popen(arguments, stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd="src") as app:
        assert app.stdout is not None and app.stderr is not None
        child = int(app.stdout.readline())
        if kill:
            app.kill()
        assert ended(child, BOUND)
        assert app.wait(BOUND) == (-signal.SIGKILL if kill else 0)
        assert app.stderr.read() == ""


def child_says(tmp_path: Path, *messages: bytes, xllamacpp: str | None) -> list[Any]:
    """Run the child's script unmodified, with another xllamacpp or none."""
    if xllamacpp is not None:
        (tmp_path / "xllamacpp.py").write_text(xllamacpp)
    settings = {"import_path": [str(tmp_path)], "load": {}}
    sent = b"".join(map(framed, [json.dumps(settings).encode(), *messages]))
    arguments = [sys.executable, "-S", "-P", llama_child.__file__]  # ignore the installed packages
    answer = subprocess.run(arguments, input=sent, capture_output=True, timeout=60)
    assert answer.returncode == 0
    buffer = FrameBuffer()
    buffer.add(answer.stdout)
    return [json.loads(message) for message in iter(buffer.take, None)]


def test_a_child_without_xllamacpp_says_so(tmp_path: Path) -> None:
    assert child_says(tmp_path, xllamacpp=None) == [["unimportable", "No module named 'xllamacpp'"]]


def test_what_native_code_prints_is_not_taken_for_an_answer(tmp_path: Path) -> None:
    printing = "import os\nos.write(1, b'noise')\nprint('noise')\nraise RuntimeError('no model')"
    assert child_says(tmp_path, xllamacpp=printing) == [["unloadable", "no model"]]
