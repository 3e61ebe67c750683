"""The part of the contract that is about ending, on real models behind what records and what rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from invoker import Backend, Record, Recorded
from invoker.backends.embedded import EmbeddedBackend
from invoker.rules import ClientRules
from tests.invoker.backends.contract import (  # noqa: F401  these tests of the contract run here
    Subject,
    test_a_run_that_was_stopped_before_is_never_begun,
    test_a_stop_frees_whoever_waits_within_200_ms_and_ends_the_work,
    test_a_stream_and_its_fold_come_to_the_same,
    test_a_stream_that_is_left_early_ends_the_work,
    test_an_answer_under_way_is_stopped_between_two_chunks,
    test_closing_the_back_end_ends_what_runs,
    test_nothing_is_opened_before_the_first_item_is_asked_for,
    test_stopping_a_session_frees_its_caller_whatever_the_back_end_waits_for,
    test_the_cause_of_a_stop_is_what_the_caller_gets,
)
from tests.invoker.backends.embedded_subject import SMALL, EmbeddedSubject


@pytest.fixture(scope="module")
def subject() -> Iterator[Subject]:
    records: list[Record[Any]] = []

    def wrapped(backend: Backend) -> Backend:
        return Recorded(ClientRules(backend), records.append)

    embedded = EmbeddedBackend(system_model=SMALL)
    yield EmbeddedSubject(embedded, wrapped)
    embedded.close()
    assert {record.outcome for record in records} <= {"completed", "stopped", "failed"}, "no record is left running"
