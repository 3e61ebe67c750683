"""The part of the contract that is about ending, on real models behind what records and what rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from boomerang.invoker.backend import Backend
from boomerang.invoker.backends.embedded.backend import EmbeddedBackend
from boomerang.invoker.client_rules import ClientRules
from boomerang.invoker.records.record import Record
from boomerang.invoker.records.recorder import Recorded
from tests.invoker.backends.contract.answers import test_a_stream_and_its_fold_come_to_the_same  # noqa: F401  runs here
from tests.invoker.backends.contract.opening import *  # noqa: F403  every test of these two runs here
from tests.invoker.backends.contract.stopping import *  # noqa: F403
from tests.invoker.backends.contract.subject import Subject

from .embedded_subject import SMALL, EmbeddedSubject

# The contract on the scripted and the OpenAI-compatible back end runs behind the same wrappers.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def subject() -> Iterator[Subject]:
    records: list[Record[Any]] = []

    def wrapped(backend: Backend) -> Backend:
        return Recorded(ClientRules(backend), records.append)

    embedded = EmbeddedBackend(system_model=SMALL)
    yield EmbeddedSubject(embedded, wrapped)
    embedded.close()
    assert {record.outcome for record in records} <= {"completed", "stopped", "failed"}, "no record is left running"
