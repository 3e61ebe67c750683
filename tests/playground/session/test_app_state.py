"""State shared by all visitors: connections that open once, and jobs that end with the process."""

from __future__ import annotations

import threading

import pytest

from boomerang.invoker.backends.scripted import Scripted
from boomerang.kinds import KINDS
from boomerang.playground.session import app_state
from boomerang.workbench.connections.registry import EMBEDDED, Connections
from tests.runs import job_of
from tests.scripted import BOUND, good_answer


class Counted(Scripted):
    """A back end that counts calls of `close`."""

    def __init__(self) -> None:
        super().__init__(good_answer)
        self.closed = 0

    def close(self) -> None:
        """Count the call."""
        self.closed += 1


def test_a_connection_is_opened_on_first_use_and_once_for_everybody() -> None:
    opened: list[Counted] = []
    together = threading.Barrier(8)

    def open_one() -> Counted:
        opened.append(Counted())
        return opened[-1]

    connections = Connections(KINDS)
    connections.add("a", open_one)
    assert opened == []

    got: list[object] = []

    def use() -> None:
        together.wait(BOUND)
        got.append(connections.get("a").backend)

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND)
    assert len(opened) == 1 and got == opened * 8


def test_a_connection_that_could_not_be_opened_is_tried_again() -> None:
    answers: list[Exception | Counted] = [OSError("not yet"), Counted()]

    def open_one() -> Counted:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    connections = Connections(KINDS)
    connections.add("a", open_one)
    with pytest.raises(OSError, match="not yet"):
        _ = connections.get("a").backend
    assert isinstance(connections.get("a").backend, Counted)


def test_names_are_in_order_and_removing_closes() -> None:
    second = Counted()
    connections = Connections(KINDS)
    connections.add("b", lambda: second)
    assert connections.names() == [EMBEDDED, "b"]
    _ = connections.get("b").backend
    connections.remove("b")
    connections.remove("b")
    connections.remove(EMBEDDED)
    assert connections.names() == [EMBEDDED] and second.closed == 1
    assert connections.get("b").name == EMBEDDED, "who still has it picked gets the embedded one"


def test_closing_closes_what_was_opened_and_only_that() -> None:
    used, unused = Counted(), Counted()
    connections = Connections(KINDS)
    connections.add("a", lambda: used)
    connections.add("b", lambda: unused)
    _ = connections.get("a").backend
    connections.close()
    assert (used.closed, unused.closed) == (1, 0)


def test_at_the_end_of_the_process_no_job_and_no_thread_is_left() -> None:
    before = set(threading.enumerate())
    requests = threading.Event()

    def answer(request: object, run: object) -> list[object]:
        requests.set()
        run.wait(BOUND)  # type: ignore[attr-defined]
        return []

    job = app_state.jobs().submit(job_of("moderation", answer))  # type: ignore[arg-type]
    assert app_state.jobs() is app_state.jobs() and requests.wait(BOUND)
    app_state.close_all()
    app_state.close_all()
    assert not job.running and set(threading.enumerate()) <= before
