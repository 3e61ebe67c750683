"""The contract for answers on real models, in its own file because it makes the models answer many times."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from boomerang.invoker.backends.embedded.backend import EmbeddedBackend
from tests.invoker.backends.contract.subject import Subject

from .contract.answers import (  # noqa: F401  the others of them run in test_contract_embedded.py
    test_a_stream_and_its_fold_come_to_the_same,
    test_chunks_are_in_order_and_the_last_has_usage_and_finish_reason,
    test_dicts_are_taken_wherever_entities_are,
)
from .embedded_subject import SMALL, EmbeddedSubject

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def subject() -> Iterator[Subject]:
    """Yield the embedded back end."""
    backend = EmbeddedBackend(system_model=SMALL)
    yield EmbeddedSubject(backend)
    backend.close()
