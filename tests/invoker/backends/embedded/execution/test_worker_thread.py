"""Tests for threads that run native calls: order, errors, stopping at every point, and nothing left behind."""

from __future__ import annotations

import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from time import perf_counter

import pytest

from boomerang.invoker.backends.embedded.execution.worker_thread import QUEUE_LIMIT, Abandoned, WorkerChannel, Workers, produce
from boomerang.invoker.errors import InvokeServerUnavailableError, RunStoppedError
from boomerang.invoker.run import Run
from tests.invoker.backends.embedded.threads import BOUND, in_thread, stops_at_once


def silent(started: threading.Event, release: threading.Event, ended: threading.Event) -> Callable[[WorkerChannel[int]], None]:
    """Return a native call that is silent until it is released."""

    def work(emit: WorkerChannel[int]) -> None:
        started.set()
        try:
            release.wait(BOUND)
            emit(1)
        finally:
            ended.set()

    return work


def test_items_arrive_in_order_and_the_stream_ends() -> None:
    def work(emit: WorkerChannel[int]) -> None:
        for number in range(5000):
            emit(number)

    assert list(produce(Run(), work)) == list(range(5000))


def test_nothing_runs_before_the_first_item_is_asked_for() -> None:
    called = threading.Event()

    def work(emit: WorkerChannel[int]) -> None:
        called.set()

    chunks = produce(Run(), work)
    chunks.close()
    assert not called.is_set()


def test_an_error_reaches_the_consumer_behind_the_items_with_its_traceback() -> None:
    def failing_native_call(emit: WorkerChannel[int]) -> None:
        emit(1)
        raise ValueError("broken")

    chunks = produce(Run(), failing_native_call)
    assert next(chunks) == 1
    with pytest.raises(ValueError, match="broken") as caught:
        next(chunks)
    assert "failing_native_call" in "".join(traceback.format_tb(caught.value.__traceback__))


def test_stopping_frees_the_consumer_of_a_silent_worker_at_once() -> None:
    run, started, release, ended = Run(), threading.Event(), threading.Event(), threading.Event()
    thread, outcome = in_thread(lambda: list(produce(run, silent(started, release, ended))))
    assert started.wait(BOUND)
    stops_at_once(run, thread, outcome)
    assert not ended.is_set()  # the native call is still silent
    release.set()
    assert ended.wait(BOUND)


def test_the_cause_of_the_stop_is_raised() -> None:
    run, started, release = Run(), threading.Event(), threading.Event()
    cause = TimeoutError("the page's clock")
    thread, outcome = in_thread(lambda: list(produce(run, silent(started, release, threading.Event()))))
    assert started.wait(BOUND)
    run.stop(cause)
    thread.join(BOUND)
    release.set()
    assert outcome == [cause]


def test_a_run_that_was_stopped_before_starts_no_work() -> None:
    run, called, done = Run(), threading.Event(), threading.Event()
    run.stop()
    with pytest.raises(RunStoppedError):
        next(produce(run, lambda emit: called.set(), done=done.set))
    assert done.wait(BOUND)
    assert not called.is_set()


def test_closing_the_stream_ends_the_worker_at_its_next_checkpoint() -> None:
    ended = threading.Event()

    def endless(emit: WorkerChannel[int]) -> None:
        try:
            while True:
                emit(0)
        except Abandoned:
            ended.set()
            raise

    chunks = produce(Run(), endless)
    assert next(chunks) == 0
    chunks.close()
    assert ended.wait(BOUND)


def test_an_abandoned_worker_passes_except_exception() -> None:
    swallowed = threading.Event()
    gone = threading.Event()

    def work(emit: WorkerChannel[int]) -> None:
        emit(0)
        gone.wait(BOUND)
        try:
            emit(1)
        except Exception:  # model code may do this
            swallowed.set()

    done = threading.Event()
    chunks = produce(Run(), work, done=done.set)
    next(chunks)
    chunks.close()
    gone.set()
    assert done.wait(BOUND)
    assert not swallowed.is_set()


def test_a_worker_waits_for_a_slow_consumer() -> None:
    ahead: list[int] = []
    full = threading.Event()

    def work(emit: WorkerChannel[int]) -> None:
        for number in range(QUEUE_LIMIT * 3):
            emit(number)
            ahead.append(number)
            if number == QUEUE_LIMIT - 1:
                full.set()

    chunks = produce(Run(), work)
    assert next(chunks) == 0
    assert full.wait(BOUND)
    assert len(ahead) <= QUEUE_LIMIT + 2
    assert list(chunks) == list(range(1, QUEUE_LIMIT * 3))


def test_a_worker_that_waits_for_room_is_freed_when_the_stream_closes() -> None:
    done = threading.Event()

    def work(emit: WorkerChannel[int]) -> None:
        for number in range(QUEUE_LIMIT * 3):
            emit(number)

    chunks = produce(Run(), work, done=done.set)
    next(chunks)
    chunks.close()
    assert done.wait(BOUND)


def test_closing_the_owner_ends_its_workers_and_reports_their_consumers() -> None:
    workers = Workers()
    started = threading.Event()

    def endless(emit: WorkerChannel[int]) -> None:
        while True:
            emit(0)
            started.set()

    thread, outcome = in_thread(lambda: [None for _ in produce(Run(), endless, workers=workers)])
    assert started.wait(BOUND)
    assert workers.close(BOUND)
    thread.join(BOUND)
    assert isinstance(outcome[0], InvokeServerUnavailableError)


def test_closing_the_owner_does_not_wait_for_ever() -> None:
    workers, started, release = Workers(), threading.Event(), threading.Event()
    run = Run()
    thread, _ = in_thread(lambda: list(produce(run, silent(started, release, threading.Event()), workers=workers)))
    assert started.wait(BOUND)
    assert not workers.close(0.01)
    release.set()
    thread.join(BOUND)
    assert workers.close(BOUND)


def test_done_is_called_before_the_consumer_learns_of_the_end() -> None:
    done = threading.Event()

    def work(emit: WorkerChannel[int]) -> None:
        emit(1)

    assert list(produce(Run(), work, done=done.set)) == [1]
    assert done.is_set()


def test_a_worker_that_waits_for_another_is_notified_of_the_stop() -> None:
    shown, waiting = threading.Event(), threading.Event()
    run = Run()

    def work(emit: WorkerChannel[int]) -> None:
        with emit.on_stop(shown.set):
            waiting.set()
            assert shown.wait(BOUND)

    thread, outcome = in_thread(lambda: list(produce(run, work)))
    assert waiting.wait(BOUND)
    run.stop()
    thread.join(BOUND)
    assert shown.is_set()
    assert isinstance(outcome[0], RunStoppedError)


def test_a_worker_is_notified_of_the_stop_once_and_not_after_its_wait() -> None:
    emit: WorkerChannel[int] = WorkerChannel()
    calls: list[str] = []
    with emit.on_stop(lambda: calls.append("before")):
        pass
    with emit.on_stop(lambda: calls.append("inside")):
        emit.stop()
        emit.stop()
    with emit.on_stop(lambda: calls.append("late")):
        pass
    assert calls == ["inside", "late"]


def test_an_item_costs_little() -> None:
    count = 20_000

    def work(emit: WorkerChannel[int]) -> None:
        for number in range(count):
            emit(number)

    seconds = []
    for _ in range(3):
        begin = perf_counter()
        for _item in produce(Run(), work):
            pass
        seconds.append((perf_counter() - begin) / count)
    assert min(seconds) < 20e-6


def test_an_unfinished_stream_does_not_keep_the_interpreter_alive() -> None:
    program = """
import itertools
from boomerang.invoker.backends.embedded.execution.worker_thread import produce
from boomerang.invoker.run import Run

def work(emit):
    for number in itertools.count():
        emit(number)

chunks = produce(Run(), work)
print(next(chunks))
"""
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, cwd="src")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "0\n", "")


def test_closing_waits_for_threads_that_begin_at_that_moment() -> None:
    workers = Workers()

    def begin_many() -> None:
        for _ in range(100):
            workers.start(WorkerChannel(), lambda emit: None)

    beginning, outcome = in_thread(begin_many)
    while beginning.is_alive():
        assert workers.close(BOUND)
    assert workers.close(BOUND)
    assert outcome == [None]
