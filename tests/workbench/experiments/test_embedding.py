"""Test the embedding experiments: two input types, and one call or many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.workbench.experiments.embedding import (
    MOST_ONE_BY_ONE,
    batch_steps,
    compare_batch,
    compare_types,
    type_steps,
)
from tests.scripted import embedded

from .series import form_call, run


def by_length(request: Request[Any], _run: Run) -> Iterable[Any]:
    """Return the same vectors for a text in both types and any batch."""
    yield embedded([[float(len(text)), 1.0] for text in request.payload()["texts"]])


def by_batch(request: Request[Any], _run: Run) -> Iterable[Any]:
    """Return vectors that depend on the input type and the number of texts."""
    payload = request.payload()
    kind = 1.0 if payload["input_type"] == "query" else -1.0
    yield embedded([[kind, float(len(payload["texts"]))] for _text in payload["texts"]])


def test_a_model_without_input_types_makes_no_difference() -> None:
    result = compare_types(run(type_steps(form_call("text_embedding"), None), by_length), None)
    assert (result.difference, result.texts, result.dimensions, result.unequal) == (0.0, ("a", "b"), 2, None)
    assert result.cosines == [1.0, 1.0]


def test_a_difference_between_the_types_is_measured() -> None:
    result = compare_types(run(type_steps(form_call("text_embedding"), None), by_batch), None)
    assert result.difference == 2.0 and result.least_cosine is not None and result.least_cosine < 1


def test_vectors_of_other_dimensions_are_not_compared() -> None:
    def answer(request: Request[Any], _run: Run) -> Iterable[Any]:
        width = 2 if request.payload()["input_type"] == "query" else 3
        yield embedded([[1.0] * width for _text in request.payload()["texts"]])

    result = compare_types(run(type_steps(form_call("text_embedding"), None), answer), None)
    assert result.unequal is not None and result.unequal.widths == [2, 3] and not result.cosines


def test_one_call_and_many_are_compared_text_by_text() -> None:
    result = compare_batch(run(batch_steps(form_call("text_embedding"), None), by_length), None)
    assert (result.compared, result.count, result.difference) == (2, 2, 0.0)
    changed = compare_batch(run(batch_steps(form_call("text_embedding"), None), by_batch), None)
    assert changed.difference == 1.0 and changed.most_changed == "a"


def test_only_so_many_texts_get_a_call_of_their_own() -> None:
    texts = [str(number) for number in range(MOST_ONE_BY_ONE + 1)]
    assert len(batch_steps(form_call("text_embedding", texts=texts), None)) == MOST_ONE_BY_ONE + 1
