"""Fixtures for JSON schema checks with a clean state."""

from __future__ import annotations

import pytest

from boomerang.invoker.llm_text import json_schema


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reset cached answers and processes."""
    monkeypatch.setattr(json_schema, "_memory", json_schema._Memory())
    monkeypatch.setattr(json_schema, "_children", json_schema._Children())
