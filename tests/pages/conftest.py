"""Pages as a visitor has them: through the shell, on a connection whose back end the test holds in its hands."""

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
    """Give the desk behind the connection `scripted`; afterwards the connection and its jobs are gone."""
    made = Desk()
    app_state.connections().add(CONNECTION, lambda: made.backend)
    yield made
    app_state.close_all()
    app_state.connections().remove(CONNECTION)


@pytest.fixture
def visit(desk: Desk) -> Callable[[str], Visitor]:
    """Give a function that opens a page for a new visitor, who picked the scripted connection."""

    def opened(page: str) -> Visitor:
        return Visitor(CONNECTION).open(page)

    return opened
