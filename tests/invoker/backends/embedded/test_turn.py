"""Turns: in order, stoppable, never lost."""

from __future__ import annotations

import threading

from invoker.backends.embedded.turn import Turn
from invoker.errors import RunStoppedError
from invoker.run import Note, Run
from tests.invoker.backends.embedded.threads import BOUND, in_thread


def test_turns_are_taken_in_order_of_arrival() -> None:
    turn, order = Turn(), []
    turn.take(Run())
    threads = []
    for number in range(4):
        waiting = threading.Event()

        def listener(note: Note, waiting: threading.Event = waiting) -> None:
            assert note.text == "waiting"
            waiting.set()

        def body(number: int = number, run: Run = Run(listener)) -> None:  # noqa: B008
            turn.take(run)
            order.append(number)
            turn.give()

        threads.append(in_thread(body)[0])
        assert waiting.wait(BOUND)
    turn.give()
    for thread in threads:
        thread.join(BOUND)
    assert order == [0, 1, 2, 3]


def test_a_free_turn_is_taken_without_a_note() -> None:
    notes: list[Note] = []
    turn = Turn()
    turn.take(Run(notes.append))
    assert notes == []


def test_waiting_for_a_turn_can_be_stopped_and_the_next_gets_it() -> None:
    turn, waiting = Turn(), threading.Event()
    turn.take(Run())
    run = Run(lambda note: waiting.set())
    thread, outcome = in_thread(lambda: turn.take(run))
    assert waiting.wait(BOUND)
    run.stop()
    thread.join(BOUND)
    assert isinstance(outcome[0], RunStoppedError)
    turn.give()
    turn.take(Run())  # would wait for ever if the stopped run had kept its place
