"""Check whether vectors stay the same: texts as queries and as documents, and in one call and one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from boomerang.invoker.entities.model import EmbeddingInputType
from boomerang.invoker.events import ArgumentsNotSent
from boomerang.workbench.i18n.translate import N_
from boomerang.workbench.runs.job_series import Series, Step

from .form_call import FormCall

MOST_ONE_BY_ONE = 32
SAME = 1e-4
"""Largest difference between two values that counts as rounding: models compute in 16 or 32 bits, and the batch changes
the order of summation."""
IN_ONE_CALL = N_("all in one call")
Vectors = list[list[float]]
Texts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unequal:
    """Two results that cannot be compared."""

    left: int
    right: int
    """Number of vectors on each side."""
    widths: Sequence[int]
    """Dimensions of the vectors."""


@dataclass(frozen=True, slots=True)
class TypesComparison:
    """Vectors of the same texts as queries and as documents."""

    errors: Sequence[tuple[str, Exception]]
    unequal: Unequal | None = None
    texts: Texts = ()
    cosines: Sequence[float | None] = ()
    """For each text, the cosine between its two vectors; empty until both results exist."""
    sent: bool = True
    """Whether input_type was sent to the server; some APIs have none."""
    difference: float = 0.0
    """Largest difference between two values."""
    least_cosine: float | None = None
    dimensions: int = 0


@dataclass(frozen=True, slots=True)
class BatchComparison:
    """Vectors of texts in one call and one by one."""

    errors: Sequence[tuple[str, Exception]]
    unequal: Unequal | None = None
    compared: int = 0
    """Number of texts with both vectors."""
    count: int = 0
    """Number of all texts."""
    difference: float = 0.0
    least_cosine: float | None = None
    most_changed: str = ""
    """The text with the largest difference."""
    one_call_seconds: float | None = None
    one_by_one_seconds: float | None = None


def type_steps(form_call: FormCall, _settings: None) -> Sequence[Step[Texts]]:
    """Return the form's call with both input types; each step's fact is its texts."""
    texts = tuple(form_call.arguments.get("texts", ()))
    kinds = (EmbeddingInputType.QUERY, EmbeddingInputType.DOCUMENT)
    return [form_call.step(kind.value, texts, input_type=kind) for kind in kinds]


def compare_types(series: Series[Texts], _settings: None) -> TypesComparison:
    """Compare the two vectors of each text once both results exist."""
    errors = _errors(series)
    query, document = (vectors(step) for step in series.steps)
    if not query or not document:
        return TypesComparison(errors)
    if unequal := _unequal(query, document):
        return TypesComparison(errors, unequal)
    from boomerang.workbench.analysis.embedding_comparison import largest_difference, pair_cosines
    from boomerang.workbench.analysis.vectors import matrix

    left, right = matrix(query), matrix(document)
    largest = largest_difference(left, right)
    return TypesComparison(
        errors,
        texts=series.steps[0].facts,
        cosines=[_finite(cosine) for cosine in pair_cosines(left, right)],
        sent=all(_was_sent(step) for step in series.steps),
        difference=largest.difference,
        least_cosine=largest.least_cosine,
        dimensions=left.shape[1],
    )


def batch_steps(form_call: FormCall, _settings: None) -> Sequence[Step[Texts]]:
    """Return one call with all texts, then one call per text; each step's fact is its texts."""
    texts = tuple(form_call.arguments.get("texts", ())[:MOST_ONE_BY_ONE])
    whole = form_call.step(IN_ONE_CALL, texts, texts=list(texts))
    return [whole, *(form_call.step(text, (text,), texts=[text]) for text in texts)]


def compare_batch(series: Series[Texts], _settings: None) -> BatchComparison:
    """Compare the two vectors of each text that has both."""
    errors = _errors(series)
    whole, *singles = series.steps
    together, alone = vectors(whole), [vectors(step) for step in singles]
    ready = [row for row, one in enumerate(alone) if one and row < len(together)]
    if not ready:
        return BatchComparison(errors, count=len(singles))
    left, right = [together[row] for row in ready], [alone[row][0] for row in ready]
    if unequal := _unequal(left, right):
        return BatchComparison(errors, unequal, count=len(singles))
    from boomerang.workbench.analysis.embedding_comparison import largest_difference
    from boomerang.workbench.analysis.vectors import matrix

    largest = largest_difference(matrix(left), matrix(right))
    return BatchComparison(
        errors,
        compared=len(ready),
        count=len(singles),
        difference=largest.difference,
        least_cosine=largest.least_cosine,
        most_changed=whole.facts[ready[largest.row or 0]],
        one_call_seconds=_seconds([whole]),
        one_by_one_seconds=_seconds(singles),
    )


def vectors(step: Step[Texts]) -> Vectors:
    """Return the vectors of a successful step; empty before its end or if it failed."""
    record = step.completed
    if record is None or not record.chunks:
        return []
    embeddings: Vectors = record.chunks[0].embeddings
    return embeddings


def _was_sent(step: Step[Texts]) -> bool:
    """Return whether input_type was sent; some APIs have none."""
    events = tuple(step.record.events) if step.record is not None else ()
    return not any("input_type" in event.arguments for event in events if isinstance(event, ArgumentsNotSent))


def _unequal(left: Vectors, right: Vectors) -> Unequal | None:
    widths = sorted({len(row) for row in (*left, *right)})
    return Unequal(len(left), len(right), widths) if len(left) != len(right) or len(widths) > 1 else None


def _errors(series: Series[Any]) -> list[tuple[str, Exception]]:
    return [(step.label, step.error) for step in series.steps if step.error is not None]


def _finite(value: float) -> float | None:
    return None if value != value else round(float(value), 6)


def _seconds(steps: Sequence[Step[Texts]]) -> float | None:
    spent = [step.record.elapsed for step in steps if step.ended and step.record is not None]
    return sum(spent) if spent else None
