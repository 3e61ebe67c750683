"""A checker of JSON schemas without a past."""

from __future__ import annotations

import pytest

from boomerang.invoker.llm_text import json_schema


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither answers nor processes from before."""
    monkeypatch.setattr(json_schema, "_memory", json_schema._Memory())
    monkeypatch.setattr(json_schema, "_children", json_schema._Children())
