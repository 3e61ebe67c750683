"""Tests for `Run`: stopped once, from any thread, whatever else happens at that moment."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.errors import InvokeTimeoutError, RunStoppedError
from boomerang.invoker.events import Event, Notice, PhaseEntered, ServerField
from boomerang.invoker.run import Run, Runs

BOUND = 10.0
"""Timeout for every wait in a test, in seconds."""


def late() -> InvokeTimeoutError:
    return InvokeTimeoutError("too late", clock="total", seconds=1)


def together(*bodies: object) -> None:
    """Run functions at the same moment, each in a thread; an exception in one of them fails the test."""
    barrier = threading.Barrier(len(bodies))
    errors: list[BaseException] = []

    def target(body: object) -> None:
        try:
            barrier.wait(BOUND)
            assert callable(body)
            body()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=target, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND)
    assert not any(thread.is_alive() for thread in threads)
    assert errors == []


def test_a_run_goes_on_until_it_is_stopped() -> None:
    run = Run()
    run.check()
    assert not run.stopped
    run.stop()
    assert run.stopped
    with pytest.raises(RunStoppedError):
        run.check()


def test_the_first_cause_counts() -> None:
    run, cause = Run(), late()
    run.stop(cause)
    run.stop()
    run.stop(late())
    with pytest.raises(InvokeTimeoutError) as caught:
        run.check()
    assert caught.value is cause


def test_a_stop_without_cause_is_not_given_one_later() -> None:
    run = Run()
    run.stop()
    run.stop(late())
    with pytest.raises(RunStoppedError):
        run.check()


def test_hooks_are_called_once_and_only_inside_their_block() -> None:
    run, calls = Run(), list[str]()
    with run.on_stop(lambda: calls.append("before")):
        pass
    with run.on_stop(lambda: calls.append("outer")), run.on_stop(lambda: calls.append("inner")):
        run.stop()
        run.stop()
    assert calls == ["outer", "inner"]


def test_a_hook_of_a_stopped_run_is_called_at_once_in_the_thread_that_enters() -> None:
    run, threads = Run(), list[threading.Thread]()
    run.stop()
    with run.on_stop(lambda: threads.append(threading.current_thread())):
        assert threads == [threading.current_thread()]


def test_a_hook_is_called_in_the_thread_that_stops() -> None:
    run, threads = Run(), list[threading.Thread]()
    with run.on_stop(lambda: threads.append(threading.current_thread())):
        stopper = threading.Thread(target=run.stop)
        stopper.start()
        stopper.join(BOUND)
    assert threads == [stopper]


def test_the_same_hook_may_be_set_twice() -> None:
    run, calls = Run(), list[int]()

    def hook() -> None:
        calls.append(1)

    with run.on_stop(hook):
        with run.on_stop(hook):
            pass
        run.stop()
    assert calls == [1]


def test_waiting_ends_with_the_time_or_with_the_stop() -> None:
    run = Run()
    run.wait(0.001)
    outcome: list[BaseException] = []
    entered = threading.Event()

    def body() -> None:
        entered.set()
        try:
            run.wait(BOUND * 10)
        except RunStoppedError as error:
            outcome.append(error)

    waiter = threading.Thread(target=body)
    waiter.start()
    assert entered.wait(BOUND)
    run.stop()
    waiter.join(BOUND)
    assert len(outcome) == 1
    with pytest.raises(RunStoppedError):
        run.wait(BOUND * 10)  # immediately now


def test_events_carry_their_time_and_reach_every_listener_in_order() -> None:
    first, second = list[Event](), list[Event]()
    run = Run(first.append)
    run.phase("loading")
    run.add_listener(second.append)
    run.report(Notice("so it is", items=("why", 3)))
    run.report(ServerField("text", {"kind": "a key named as a field"}))
    assert [type(event) for event in first] == [PhaseEntered, Notice, ServerField]
    assert first[1:] == second
    assert first[0] == PhaseEntered("loading", seconds=first[0].seconds)
    assert isinstance(first[1], Notice) and (first[1].message, first[1].items) == ("so it is", ("why", 3))
    assert isinstance(first[2], ServerField) and first[2].value == {"kind": "a key named as a field"}
    assert 0 <= first[0].seconds <= first[1].seconds <= first[2].seconds <= run.seconds


def test_an_event_that_another_run_reports_again_keeps_its_time_in_the_first() -> None:
    first: list[Event] = []
    second: list[Event] = []
    inner, outer = Run(first.append), Run(second.append)
    inner.phase("loading")
    before = first[0].seconds
    outer.report(first[0])
    assert first[0].seconds == before and second[0] == PhaseEntered("loading", seconds=second[0].seconds)
    assert second[0] is not first[0]


def test_a_run_without_a_listener_takes_events_too() -> None:
    run = Run()
    run.report(Notice("not received"))
    assert not run.has_listener
    run.add_listener(lambda _event: None)
    assert run.has_listener


def test_many_stops_at_once_call_each_hook_once() -> None:
    for _ in range(100):
        run, calls = Run(), list[int]()
        with run.on_stop(partial(calls.append, 1)):
            together(*[run.stop] * 4)
        assert calls == [1]


def test_a_hook_that_is_set_at_the_moment_of_the_stop_is_called_once_at_least() -> None:
    """Never lost; twice is harmless, as the docstring says."""
    for _ in range(100):
        run, calls = Run(), list[int]()

        def enter(run: Run = run, calls: list[int] = calls) -> None:
            with run.on_stop(lambda: calls.append(1)):
                while not run.stopped:
                    pass

        together(enter, run.stop)
        assert len(calls) in (1, 2)


def test_a_wait_at_the_moment_of_the_stop_always_ends() -> None:
    for _ in range(100):
        run = Run()

        def wait(run: Run = run) -> None:
            with pytest.raises(RunStoppedError):
                run.wait(BOUND * 10)

        together(wait, run.stop, wait)


@given(st.integers(0, 8), st.integers(1, 4))
def test_every_hook_that_is_still_set_is_called_once_however_often_it_stops(hooks: int, stops: int) -> None:
    run, calls = Run(), list[int]()
    with ExitStack() as stack:
        for number in range(hooks):
            stack.enter_context(run.on_stop(partial(calls.append, number)))
        for _ in range(stops):
            run.stop()
    assert calls == list(range(hooks))


def test_what_is_to_be_done_at_rest_waits_for_the_last_run() -> None:
    runs = Runs()
    done: list[str] = []
    with runs.holding(Run()):
        with runs.holding(Run()):
            runs.when_at_rest(lambda: done.append("at rest"))
        assert done == []
    assert done == ["at rest"]
    Runs().when_at_rest(lambda: done.append("at once"))
    assert done[1:] == ["at once"]
