"""Tests for the run queue: in order, stoppable, no turn lost."""

from __future__ import annotations

import threading

from boomerang.invoker.backends.embedded.execution.run_queue import FairLock
from boomerang.invoker.errors import RunStoppedError
from boomerang.invoker.events import Event, PhaseEntered, QueuePosition
from boomerang.invoker.run import Run
from tests.invoker.backends.embedded.threads import BOUND, in_thread


def test_turns_are_taken_in_order_of_arrival() -> None:
    lock, order = FairLock(), []
    lock.take(Run())
    threads = []
    for number in range(4):
        waiting = threading.Event()

        def listener(note: Event, waiting: threading.Event = waiting) -> None:
            if isinstance(note, PhaseEntered) and note.name == "waiting":
                waiting.set()

        def body(number: int = number, run: Run = Run(listener)) -> None:  # noqa: B008
            lock.take(run)
            order.append(number)
            lock.give()

        threads.append(in_thread(body)[0])
        assert waiting.wait(BOUND)
    lock.give()
    for thread in threads:
        thread.join(BOUND)
    assert order == [0, 1, 2, 3]


def test_a_free_turn_is_taken_without_a_note() -> None:
    notes: list[Event] = []
    lock = FairLock()
    lock.take(Run(notes.append))
    assert notes == []


def test_waiting_for_a_turn_can_be_stopped_and_the_next_gets_it() -> None:
    lock, waiting = FairLock(), threading.Event()
    lock.take(Run())
    run = Run(lambda note: waiting.set())
    thread, outcome = in_thread(lambda: lock.take(run))
    assert waiting.wait(BOUND)
    run.stop()
    thread.join(BOUND)
    assert isinstance(outcome[0], RunStoppedError)
    lock.give()
    lock.take(Run())  # would block forever if the stopped run had kept its place


def test_a_run_that_waits_knows_how_many_come_before_it() -> None:
    lock, first = FairLock(), Run()
    lock.take(first)
    seen: dict[str, list[int]] = {"second": [], "third": []}
    shown = {name: threading.Event() for name in seen}
    threads, runs = [], {}

    def listening(name: str) -> Run:
        def listener(note: Event) -> None:
            if isinstance(note, QueuePosition):
                seen[name].append(note.before)
                shown[name].set()

        return Run(listener)

    for name in seen:
        runs[name] = listening(name)
        threads.append(in_thread(lambda run=runs[name]: lock.take(run))[0])
        assert shown[name].wait(BOUND)
        shown[name].clear()
    assert seen == {"second": [1], "third": [2]}
    lock.give()
    threads[0].join(BOUND)
    assert shown["third"].wait(BOUND)
    assert seen == {"second": [1], "third": [2, 1]}
    lock.give()
    threads[1].join(BOUND)
    assert seen["third"] == [2, 1]


def test_a_run_that_leaves_the_queue_lets_the_others_move_up() -> None:
    lock = FairLock()
    lock.take(Run())
    moved, waits = threading.Event(), threading.Event()
    second = Run(lambda note: waits.set() if isinstance(note, QueuePosition) else None)
    thread, outcome = in_thread(lambda: lock.take(second))
    assert waits.wait(BOUND)
    waits.clear()

    def listener(note: Event) -> None:
        if isinstance(note, QueuePosition):
            waits.set()
            if note.before == 1:
                moved.set()

    third = Run(listener)
    last, _ = in_thread(lambda: lock.take(third))
    assert waits.wait(BOUND)
    second.stop()
    thread.join(BOUND)
    assert isinstance(outcome[0], RunStoppedError) and moved.wait(BOUND)
    lock.give()
    last.join(BOUND)
    assert not last.is_alive()
