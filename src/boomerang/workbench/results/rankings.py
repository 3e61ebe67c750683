"""A returned ranking: each document's new and old place, and why others are missing."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from boomerang.invoker.entities.rerank import RequestInvokeRerank
from boomerang.invoker.events import RerankScores
from boomerang.invoker.records.record import Record
from boomerang.workbench.i18n.translate import _

from .drawable_text import drawable


@dataclass(frozen=True, slots=True)
class Row:
    """One returned document."""

    rank: int
    """From 1."""
    position: int
    """Its place in the input, from 1."""
    score: float
    text: str

    @property
    def moved(self) -> int:
        """Places gained; negative if places were lost."""
        return self.position - self.rank


def ranking(record: Record[Any] | None) -> list[Row]:
    """Return the returned documents in their new order; empty without a result."""
    docs = record.chunks[0].docs if record is not None and record.chunks else ()
    return [Row(rank, doc.index + 1, doc.score, doc.text) for rank, doc in enumerate(docs, 1)]


def as_table(rows: Sequence[Row], delimiter: str) -> str:
    """Return a ranking as text with a header line and delimited columns, to be saved or pasted into a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(["rank", "document", "score", "input position"])
    writer.writerows([row.rank, drawable(row.text), row.score, row.position] for row in rows)
    return out.getvalue()


def movement(places: int) -> str:
    """Format how far a document moved."""
    if places == 0:
        return "= 0"
    return f"▲ {places}" if places > 0 else f"▼ {-places}"


@dataclass(frozen=True, slots=True)
class Dropped:
    """A document that was sent but not returned."""

    position: int
    """Its place in the input, from 1."""
    text: str
    score: float | None
    """The score from the back end; `None` if none is known."""
    reason: str


def dropped(record: Record[Any], request: RequestInvokeRerank) -> list[Dropped]:
    """Return the documents missing from the result, in input order, each with the reason if known."""
    rows = ranking(record)
    kept = {row.position for row in rows}
    scores = _scores(record)
    return [
        Dropped(
            number,
            text,
            None if scores is None else scores.get(number),
            reason_dropped(len(rows), request.top_n, request.score_threshold)
            if scores is None
            else _reason(scores.get(number), request),
        )
        for number, text in enumerate(request.docs, 1)
        if number not in kept
    ]


def reason_dropped(returned: int, top_n: int, threshold: float) -> str:
    """Return why documents are missing from the result, as far as the result alone shows it."""
    if returned >= top_n:
        template = _("cut by top_n = {top_n} or score_threshold = {threshold}")
        return template.format(top_n=top_n, threshold=f"{threshold:g}")
    return _below(threshold)


def _reason(score: float | None, request: RequestInvokeRerank) -> str:
    if score is None:
        return _("not in the server's response")
    if score < request.score_threshold:
        return _below(request.score_threshold)
    return _("cut by top_n = {top_n}").format(top_n=request.top_n)


def _below(threshold: float) -> str:
    return _("score below score_threshold = {threshold}").format(threshold=f"{threshold:g}")


def _scores(record: Record[Any]) -> dict[int, float] | None:
    """Return the scores the back end reported for all documents, by position; `None` if it reported none."""
    for event in tuple(record.events):
        if isinstance(event, RerankScores):
            return {index + 1: score for index, score in event.scores}
    return None
