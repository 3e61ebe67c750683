"""Tests for the phases that each call reports, which separate loading a model from using it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from boomerang.invoker.backends.embedded.backend import EmbeddedBackend
from boomerang.invoker.events import PhaseEntered
from boomerang.invoker.records.record import Record
from boomerang.invoker.records.recorder import Recorded
from boomerang.invoker.request import InvokeType
from boomerang.invoker.run import Run
from tests.invoker.backends.contract.subject import every_call, request
from tests.invoker.backends.embedded_subject import SMALL, EmbeddedSubject


@pytest.fixture
def backend() -> Iterator[EmbeddedBackend]:
    backend = EmbeddedBackend(system_model=SMALL)
    yield backend
    backend.close()


def phases(backend: EmbeddedBackend, invoke_type: InvokeType, **changed: Any) -> tuple[list[str], Record[Any]]:
    """Make a call; return the phases that it reported, and its record."""
    records: list[Record[Any]] = []
    requests = request(EmbeddedSubject(backend), invoke_type, **changed)
    list(Recorded(backend, records.append).invoke(requests, Run()))
    (record,) = records
    shown = [note for note in record.events if isinstance(note, PhaseEntered)]
    assert [note.seconds for note in shown] == sorted(note.seconds for note in shown)
    return [note.name for note in shown], record


@pytest.mark.slow
@every_call
def test_the_phases_are_reported_in_their_order_and_only_an_llm_reads(
    backend: EmbeddedBackend, invoke_type: InvokeType
) -> None:
    works = (
        "reading"
        if invoke_type in (InvokeType.LLM, InvokeType.LLM_STRUCTURED_OUTPUT, InvokeType.SYSTEM_SUMMARY)
        else "inference"
    )
    first, _ = phases(backend, invoke_type)
    again, record = phases(backend, invoke_type)
    assert first == ["loading", works, "generating"]
    assert again == [works, "generating"]
    answering = next(note for note in record.events if isinstance(note, PhaseEntered) and note.name == "generating")
    assert answering.seconds <= record.times[0] + 0.01  # the run's clock starts just before the record's


def test_a_summary_reports_the_phases_of_each_exchange(backend: EmbeddedBackend) -> None:
    text = " ".join(f"The number {number} follows {number - 1}." for number in range(40))
    shown, _ = phases(backend, InvokeType.SYSTEM_SUMMARY, text=text, instruction="Two sentences.")
    assert shown == ["loading", *["reading", "generating"] * 2]


def test_the_reranker_reports_them_too(backend: EmbeddedBackend) -> None:
    check = {"provider": "embedded", "model": "qwen2.5-coder-0.5b-judge", "score_threshold": -1.0, "top_n": 2}
    requests = type(request(EmbeddedSubject(backend), InvokeType.RERANK)).of(check, ["A cat sleeps.", "A dog barks."], "Who?")  # type: ignore[attr-defined]
    records: list[Record[Any]] = []
    list(Recorded(backend, records.append).invoke(requests, Run()))
    assert [note.name for note in records[0].events if isinstance(note, PhaseEntered)] == ["loading", "inference", "generating"]
