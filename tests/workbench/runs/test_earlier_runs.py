"""Test the histories of earlier runs: their limits, open runs, visitors, and the estimate of a run's size."""

from __future__ import annotations

import gc
import threading
import tracemalloc
import weakref
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.backends.scripted import Scripted, llm_chunks
from boomerang.invoker.entities.summary import RequestInvokeSummary, SummaryResult
from boomerang.invoker.entities.text_embedding import EmbeddingUsage, TextEmbeddingResult
from boomerang.invoker.entities.tts import TTSResult
from boomerang.invoker.events import HTTPEnd
from boomerang.invoker.records.record import Outcome, Record
from boomerang.invoker.request import InvokeType
from boomerang.workbench.runs import run_size
from boomerang.workbench.runs.earlier_runs import Limits, RunHistories, RunHistory
from boomerang.workbench.runs.jobs import Job, JobOrigin
from tests.runs import job_of
from tests.scripted import BOUND

SUMMARY, LLM = InvokeType.SYSTEM_SUMMARY, InvokeType.LLM
LIMITS = Limits(runs=5, bytes=30_000, bytes_in_all=50_000)


def ended(*chunks: Any, arguments: dict[str, Any] | None = None) -> Job:
    """Return a job that has ended with the given chunks."""
    record: Record[Any] = Record(RequestInvokeSummary(text="", instruction=""), "scripted")
    for chunk in chunks:
        record.add(chunk)
    record.end(Outcome.COMPLETED)
    job = Job(lambda session: None, Scripted(lambda request, run: ()), origin=JobOrigin(arguments=arguments or {}))
    return job.ended_with(record, None)


def of_size(size: int) -> Job:
    """Return a job with a summary of that many characters."""
    return ended(SummaryResult(summary="x" * size))


def sizes(history: RunHistory) -> int:
    """Return the bytes of a history."""
    return sum(run.bytes for run in history.runs())


def test_the_oldest_run_goes_first_and_an_open_one_stays() -> None:
    history = RunHistories(Limits(runs=3)).new("ann")
    jobs = [of_size(1) for _ in range(5)]
    for job in jobs[:3]:
        history.keep(job, SUMMARY)
    history.open(history.runs()[-1])
    for job in jobs[3:]:
        history.keep(job, SUMMARY)
    assert [run.job for run in history.runs()] == [jobs[4], jobs[3], jobs[0]]
    history.close(history.runs()[-1])
    history.keep(of_size(1), SUMMARY)
    assert not history.has(jobs[0])


def test_a_run_is_kept_once_and_only_its_page_lists_it() -> None:
    history = RunHistories().new("ann")
    job = of_size(1)
    history.keep(job, SUMMARY, "pane2")
    history.keep(job, SUMMARY, "pane2")
    [run] = history.runs(SUMMARY)
    assert run.part == "pane2" and not history.runs(LLM)


def test_clearing_a_page_keeps_what_runs_or_is_open_and_other_pages() -> None:
    history = RunHistories().new("ann")
    go = threading.Event()
    running = job_of("llm", lambda request, run: llm_chunks("a") if go.wait(BOUND) else ()).start()
    gone, opened, other = of_size(1), of_size(1), of_size(1)
    for job in (gone, opened, running):
        history.keep(job, LLM)
    history.keep(other, SUMMARY)
    history.open(next(run for run in history.runs() if run.job is opened))
    history.clear(LLM)
    assert [run.job for run in history.runs()] == [other, running, opened]
    go.set()
    running.join(BOUND)
    assert not all(run.measured for run in history.runs())
    history.measure()
    assert all(run.measured for run in history.runs())


def test_a_visitor_is_forgotten_with_the_last_reference() -> None:
    histories = RunHistories(Limits(bytes_in_all=10**9))
    history = histories.new("ann")
    job = of_size(1)
    history.keep(job, SUMMARY)
    job_ref = weakref.ref(job)
    assert histories.with_run(job, "ann") is history
    del history, job
    gc.collect()
    assert job_ref() is None


def test_only_the_same_browser_takes_over_the_runs_of_a_visit_and_then_has_its_own() -> None:
    histories = RunHistories()
    before, again, other = histories.new("ann"), histories.new("ann"), histories.new("ben")
    first, second = of_size(1), of_size(2)
    before.keep(first, SUMMARY)
    before.keep(second, LLM)
    before.open(before.runs()[0])
    again.continue_from(second)
    other.continue_from(second)
    assert [run.job for run in again.runs()] == [second, first] and not other.runs()
    assert not again.runs()[0].opened
    again.clear(SUMMARY)
    assert before.has(first) and not again.has(first)


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(["keep", "open", "close", "clear", "continue"]), st.integers(0, 40_000)),
        max_size=40,
    )
)
def test_limits_hold_after_any_steps_and_no_visitor_has_anothers_run(steps: list[tuple[int, str, int]]) -> None:
    histories = RunHistories(LIMITS)
    visitors = [histories.new(name) for name in ("ann", "ben", "cid")]
    own: list[set[str]] = [set(), set(), set()]
    for visitor, step, number in steps:
        history = visitors[visitor]
        runs = history.runs()
        chosen = runs[number % len(runs)] if runs else None
        if step == "keep":
            job = of_size(number)
            own[visitor].add(job.id)
            history.keep(job, SUMMARY)
        elif step == "clear":
            history.clear(SUMMARY)
        elif step == "continue":
            for other in visitors:
                for run in other.runs():
                    history.continue_from(run.job)
        elif chosen is not None and step == "open":
            opened = next((run for run in runs if run.opened), None)
            if opened is not None:
                history.close(opened)
            history.open(chosen)
            assert history.has(chosen.job)
        elif chosen is not None:
            history.close(chosen)
        for index, each in enumerate(visitors):
            listed, shown = each.runs(), [run for run in each.runs() if run.opened]
            assert {run.job.id for run in listed} <= own[index]
            assert len(listed) <= LIMITS.runs
            assert sizes(each) <= LIMITS.bytes or listed == shown
        everything = [run for each in visitors for run in each.runs()]
        assert sum(run.bytes for run in everything) <= LIMITS.bytes_in_all or all(run.opened for run in everything)


def test_histories_can_be_used_from_several_threads() -> None:
    histories = RunHistories(Limits(runs=10, bytes_in_all=200_000))
    visitors = [histories.new(str(number)) for number in range(4)]
    errors: list[Exception] = []

    def use(history: RunHistory) -> None:
        try:
            for _ in range(40):
                history.keep(of_size(3_000), SUMMARY)
                history.open(history.runs()[0])
                history.close(history.runs()[0])
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=use, args=(history,)) for history in visitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND)
    assert not errors and sum(map(sizes, visitors)) <= 200_000 and all(len(each.runs()) <= 10 for each in visitors)


def test_the_size_counts_texts_audio_numbers_events_and_the_input() -> None:
    usage = EmbeddingUsage.priced(None, tokens=1, latency=0.1)
    vectors = [[float(number) for number in range(1000)] for _ in range(10)]
    assert run_size.bytes_of(ended(TTSResult.of(b"x" * 50_000, "audio/mpeg"))) > 100_000
    assert 320_000 < run_size.bytes_of(ended(TextEmbeddingResult(model="m", embeddings=vectors, usage=usage))) < 500_000
    assert run_size.bytes_of(ended(arguments={"file": b"x" * 70_000})) > 70_000
    with_event = ended()
    assert with_event.record is not None
    with_event.record.events.append(HTTPEnd(9, "y" * 60_000))
    assert run_size.bytes_of(with_event) > 60_000


def test_shared_and_circular_values_count_once() -> None:
    text = "x" * 10_000
    circle: list[Any] = [text, {"again": text}]
    circle.append(circle)
    assert 10_000 < run_size.bytes_of(ended(arguments={"circle": circle})) < 15_000


def test_the_size_of_a_long_answer_is_near_what_it_takes() -> None:
    texts = [f"word number {number} " for number in range(5_000)]
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    job = ended(*llm_chunks(*texts))
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert taken * 0.8 < run_size.bytes_of(job) < taken * 2
