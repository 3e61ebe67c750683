"""Fixtures for page tests: visitors on a connection whose back end the test controls."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from boomerang.playground.session import app_state
from tests import app
from tests.scripted import Desk

from .visitor import Visitor

CONNECTION = "scripted"
app.start()
app.scan_packages_once()


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Provide the desk behind the connection `scripted`; remove the connection and its jobs at the end."""
    made = Desk()
    app_state.connections().add(CONNECTION, lambda: made.backend)
    yield made
    app_state.close_all()
    app_state.connections().remove(CONNECTION)


@pytest.fixture
def visit(desk: Desk) -> Callable[[str], Visitor]:
    """Return a function that opens a page for a new visitor on the scripted connection."""

    def opened(page: str) -> Visitor:
        return Visitor(CONNECTION).open(page)

    return opened
