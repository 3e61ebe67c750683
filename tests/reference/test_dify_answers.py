"""Real servers' answers through the reference SDK's entities and ours: the same JSON, type by type."""

from __future__ import annotations

import json
from typing import Any

import pytest

from boomerang.invoker.backends.dify.envelopes import EnvelopeReader
from boomerang.invoker.invocations.request_types import CHUNK_TYPES
from tests.invoker.backends.dify.captures import Capture, captures, envelopes, label

from .environment import ReferenceSDK


def answers(item: Capture) -> list[Any]:
    """Return the `data` of a capture's envelopes."""
    if item.status != 200 or item.invoke_type is None:
        return []
    values = envelopes(item) if item.streamed else [json.loads(item.body)]
    return [value["data"] for value in values if value["data"] is not None]


ANSWERED = [item for item in captures() if answers(item)]


@pytest.fixture(scope="module")
def observed(sdk: ReferenceSDK) -> dict[str, list[Any]]:
    """The SDK's dump of each answer, by capture."""
    cases = [(CHUNK_TYPES[item.invoke_type].__name__, data) for item in ANSWERED if item.invoke_type for data in answers(item)]
    results = iter(sdk.observe(cases))
    return {label(item): [next(results) for _ in answers(item)] for item in ANSWERED}


@pytest.mark.parametrize("item", ANSWERED, ids=label)
def test_an_answer_comes_to_the_same(item: Capture, observed: dict[str, list[Any]]) -> None:
    assert item.invoke_type is not None
    reader = EnvelopeReader(item.invoke_type, "m", 200, lambda *_, **__: None)
    ours = [reader.read(json.dumps({"data": data, "error": ""}).encode()) for data in answers(item)]
    assert [json.dumps(chunk.model_dump(mode="json")) for chunk in ours] == [
        json.dumps(result["dump"]) for result in observed[label(item)]
    ]
