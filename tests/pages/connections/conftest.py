"""The cookie of the visitors in these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from boomerang.playground.session import app_state, visitor


@pytest.fixture
def anna(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Set the cookie of every visitor; remove their connections at the end."""
    monkeypatch.setattr(visitor, "owner", lambda: "anna")
    yield "anna"
    for name in app_state.connections().names("anna"):
        app_state.connections().drop(name, "anna")
