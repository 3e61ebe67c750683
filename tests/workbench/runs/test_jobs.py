"""Test jobs: runs in threads, with stop, timeout, visitor and followers."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from time import monotonic
from typing import Any

import pytest

from boomerang.invoker.backends.scripted import Scripted, llm_chunks
from boomerang.invoker.errors import InvokeTimeoutError
from boomerang.invoker.records.record import Outcome
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.invoker.session import Session
from boomerang.playground.run import run_status
from boomerang.workbench.runs.background_work import follow
from boomerang.workbench.runs.jobs import Job, Jobs
from tests.scripted import BOUND, PROVIDER

CONFIG = {"provider": PROVIDER, "model": "talker", "mode": "chat"}
MESSAGES = [{"role": "user", "content": "Hi"}]


def talk(session: Session) -> Any:
    """Open a streamed LLM call."""
    return session.model.llm.invoke(CONFIG, MESSAGES)


def job(answer: Callable[[Request[Any], Run], Iterable[Any]], call: Callable[[Session], Any] = talk, **more: Any) -> Job:
    """Return a job on a scripted back end."""
    return Job(call, Scripted(answer), **more)


class Silent:
    """Answers one word and then blocks until it is stopped."""

    def __init__(self) -> None:
        self.waiting = threading.Event()
        self.closed = threading.Event()

    def __call__(self, request: Request[Any], run: Run) -> Iterator[Any]:
        try:
            yield from llm_chunks("One", finish_reason="")
            self.waiting.set()
            run.wait(BOUND)
        finally:
            self.closed.set()


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    """Provide jobs whose visitors are all connected."""
    made = Jobs(lambda visitor: True, watch_every=0.01)
    yield made
    made.close()


def test_a_job_runs_to_its_end_and_keeps_the_record(jobs: Jobs) -> None:
    done = jobs.submit(job(lambda request, run: llm_chunks("a", "b", "c")))
    done.join(BOUND)
    assert not done.running and done.error is None
    assert done.record is not None and done.record.outcome is Outcome.COMPLETED and len(done.record.chunks) == 3
    assert run_status.name(done) == "done"
    assert jobs.running == 0


def test_a_call_without_a_stream_is_run_too(jobs: Jobs) -> None:
    done = jobs.submit(job(lambda request, run: llm_chunks("a"), lambda s: s.model.llm.invoke(CONFIG, MESSAGES, stream=False)))
    done.join(BOUND)
    assert done.record is not None and done.record.outcome is Outcome.COMPLETED


def test_stop_reaches_a_back_end_that_is_silent_and_what_came_is_kept(jobs: Jobs) -> None:
    silent = Silent()
    stopped = jobs.submit(job(silent))
    assert silent.waiting.wait(BOUND)
    before = monotonic()
    stopped.stop()
    stopped.join(BOUND)
    assert monotonic() - before < 1
    assert silent.closed.is_set()
    assert not stopped.running and stopped.error is None
    assert stopped.record is not None and stopped.record.outcome is Outcome.STOPPED and len(stopped.record.chunks) == 1
    assert run_status.name(stopped) == "stopped"


def test_a_job_that_was_asked_to_stop_says_so_until_it_ended(jobs: Jobs) -> None:
    requests, obey = threading.Event(), threading.Event()

    def stubborn(request: Request[Any], run: Run) -> Iterator[Any]:
        yield from llm_chunks("One")
        requests.set()
        assert obey.wait(BOUND)
        run.check()

    slow = jobs.submit(job(stubborn))
    assert requests.wait(BOUND)
    assert run_status.name(slow) == "running"
    slow.stop()
    assert slow.stopping and run_status.name(slow) == "stopping"
    obey.set()
    slow.join(BOUND)
    assert not slow.stopping and run_status.name(slow) == "stopped"


def test_a_stop_before_the_stream_is_open_is_kept(jobs: Jobs) -> None:
    called, go = threading.Event(), threading.Event()
    served: list[Any] = []

    def late(session: Session) -> Any:
        called.set()
        assert go.wait(BOUND)
        return talk(session)

    early = jobs.submit(job(lambda request, run: served.append(request) or llm_chunks("never"), late))
    assert called.wait(BOUND)
    early.stop()
    go.set()
    early.join(BOUND)
    assert run_status.name(early) == "stopped" and served == []


def test_a_clock_that_ran_out_before_the_stream_is_open_is_still_a_clock() -> None:
    called, go = threading.Event(), threading.Event()

    def late(session: Session) -> Any:
        called.set()
        assert go.wait(BOUND)
        return talk(session)

    early = job(lambda request, run: llm_chunks("never"), late, timeout=7).start()
    assert called.wait(BOUND)
    early.expire()
    go.set()
    early.join(BOUND)
    assert isinstance(early.error, InvokeTimeoutError) and early.error.clock == "page"


def test_stopping_twice_is_stopping_once(jobs: Jobs) -> None:
    silent = Silent()
    stopped = jobs.submit(job(silent))
    assert silent.waiting.wait(BOUND)
    stopped.stop()
    stopped.stop(ValueError("the second stop does not count"))
    stopped.join(BOUND)
    stopped.stop()
    assert stopped.error is None and run_status.name(stopped) == "stopped"


def test_the_pages_clock_stops_a_run_and_says_whose_clock_it_was(jobs: Jobs) -> None:
    silent = Silent()
    late = jobs.submit(job(silent, timeout=0.02))
    late.join(BOUND)
    assert isinstance(late.error, InvokeTimeoutError)
    assert (late.error.clock, late.error.seconds) == ("page", 0.02)
    assert silent.closed.is_set()
    assert run_status.name(late) == "failed"
    assert late.record is not None and len(late.record.chunks) == 1


def test_a_job_whose_visitor_is_gone_is_stopped() -> None:
    here = {"stays"}
    jobs = Jobs(lambda visitor: visitor in here, abandoned_after=0.02, watch_every=0.005)
    left, stays = Silent(), Silent()
    try:
        gone = jobs.submit(job(left, visitor="left"))
        kept = jobs.submit(job(stays, visitor="stays"))
        gone.join(BOUND)
        assert run_status.name(gone) == "stopped" and left.closed.is_set()
        assert kept.running
    finally:
        jobs.close()


def test_a_visitor_who_comes_back_in_time_keeps_the_run() -> None:
    looks = threading.Semaphore(0)
    jobs = Jobs(lambda visitor: looks.release() is None and False, abandoned_after=BOUND, watch_every=0.005)
    try:
        kept = jobs.submit(job(Silent(), visitor="reloads the page"))
        for _ in range(5):
            assert looks.acquire(timeout=BOUND)
        assert kept.running
    finally:
        jobs.close()


def test_an_error_inside_the_call_is_the_jobs_error(jobs: Jobs) -> None:
    def broken(session: Session) -> Any:
        raise ZeroDivisionError("inside the call")

    failed = jobs.submit(job(lambda request, run: llm_chunks("a"), broken))
    failed.join(BOUND)
    assert isinstance(failed.error, ZeroDivisionError) and run_status.name(failed) == "failed"
    assert failed.record is None


def test_an_error_in_mid_stream_keeps_what_had_arrived(jobs: Jobs) -> None:
    def breaks(request: Request[Any], run: Run) -> Iterator[Any]:
        yield from llm_chunks("a", "b")
        raise ConnectionError("cable cut")

    failed = jobs.submit(job(breaks))
    failed.join(BOUND)
    assert isinstance(failed.error, ConnectionError)
    assert failed.record is not None and len(failed.record.chunks) == 2 and failed.record.outcome is Outcome.FAILED


def test_close_stops_and_joins_everything() -> None:
    before = set(threading.enumerate())
    jobs = Jobs(lambda visitor: True)
    answers = [Silent() for _ in range(4)]
    for silent in answers:
        jobs.submit(job(silent))
    assert all(silent.waiting.wait(BOUND) for silent in answers)
    assert jobs.running == 4
    jobs.close()
    assert all(silent.closed.is_set() for silent in answers)
    assert set(threading.enumerate()) <= before


def test_following_ends_with_a_tick_that_sees_the_end() -> None:
    ended = job(lambda request, run: llm_chunks("a", "b")).start()
    sizes = [len(ended.record.chunks) if ended.record else 0 for _ in ended.follow()]
    assert sizes[-1] == 2 and not ended.running
    assert list(ended.follow()) == [None]  # a job that has ended: one tick, to draw it


def test_news_after_a_silence_are_reported_at_once() -> None:
    go = threading.Event()

    def answer(request: Request[Any], run: Run) -> Iterator[Any]:
        assert go.wait(BOUND)
        yield from llm_chunks("a", finish_reason="")
        run.wait(BOUND)

    slow = job(answer).start()
    ticks = slow.follow(hz=0.05)  # without progress, ticks are twenty seconds apart
    next(ticks)
    before = monotonic()
    threading.Timer(0.02, go.set).start()
    next(ticks)
    assert slow.record is not None and len(slow.record.chunks) == 1
    assert monotonic() - before < 5
    slow.stop()
    next(ticks)
    assert not slow.running and monotonic() - before < 5
    slow.join(BOUND)


def test_a_fast_stream_ticks_no_faster_than_it_is_followed() -> None:
    def answer(request: Request[Any], run: Run) -> Iterator[Any]:
        for _ in range(100):
            yield from llm_chunks("a")
            run.wait(0.003)

    fast = job(answer).start()
    before = monotonic()
    ticks = sum(1 for _ in fast.follow(hz=20))
    assert ticks <= 20 * (monotonic() - before) + 4
    assert ticks >= 3


def test_a_silent_job_is_ticked_so_that_its_clock_moves() -> None:
    silent = Silent()
    quiet = job(silent).start()
    assert silent.waiting.wait(BOUND)
    ticks = quiet.follow(hz=200)
    for _ in range(10):
        next(ticks)
    assert quiet.running
    quiet.stop()
    quiet.join(BOUND)


def test_waiting_for_chunks_ends_with_the_job() -> None:
    ended = job(lambda request, run: llm_chunks("a", "b", "c")).start()
    seen = 0
    while (count := ended.wait(seen)) != seen:
        seen = count
    assert seen == 3 and not ended.running
    ended.join(BOUND)


def test_the_number_of_seconds_belongs_to_the_run() -> None:
    made = job(lambda request, run: llm_chunks("a"), timeout=BOUND)
    assert 0 <= made.seconds < BOUND and not made.overdue


def test_a_run_is_found_again_by_the_browser_that_started_it_and_by_no_other(jobs: Jobs) -> None:
    silent = jobs.submit(job(Silent(), owner="ann"))
    assert jobs.find(silent.id, "ann") is silent
    assert jobs.find(silent.id, "ben") is None
    assert jobs.find(silent.id, "") is None
    assert jobs.find("made up", "ann") is None
    assert len(silent.id) >= 20


def test_a_run_that_has_ended_is_found_as_long_as_it_is_referenced(jobs: Jobs) -> None:
    ended = jobs.submit(job(lambda request, run: llm_chunks("a"), owner="ann"))
    ended.join(BOUND)
    job_id = ended.id
    assert jobs.find(job_id, "ann") is ended
    looks = weakref.ref(ended)
    del ended
    deadline = monotonic() + BOUND
    while looks() is not None and monotonic() < deadline:
        gc.collect()
        threading.Event().wait(0.01)
    assert jobs.find(job_id, "ann") is None


def test_runs_that_are_followed_together_tick_until_one_of_them_has_ended() -> None:
    changed, go = threading.Condition(), threading.Event()

    def answer(request: Request[Any], run: Run) -> Iterator[Any]:
        assert go.wait(BOUND)
        yield from llm_chunks("a")

    first, second = job(answer, changed=changed).start(), job(Silent(), changed=changed).start()
    ticks = follow([first, second], hz=500)
    next(ticks)
    go.set()
    assert sum(1 for _ in ticks) > 0
    assert not first.running and second.running
    second.stop()
    second.join(BOUND)
