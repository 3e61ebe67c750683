"""Moderation on a server with OpenAI's interface: Dify's boolean, and an event with the server's further details.

Source: OpenAI API reference, "Create moderation"; Mistral API reference, "Moderations", which has no `flagged` (both 2026-10).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple

from boomerang.invoker.backends.openai_compatible.response.numbers import as_bool, as_float
from boomerang.invoker.backends.openai_compatible.response.response_errors import displayable, missing, shown
from boomerang.invoker.entities.moderation import ModerationResult, RequestInvokeModeration
from boomerang.invoker.events import ModerationScores
from boomerang.invoker.http.exchange import Http
from boomerang.invoker.run import Run

PATH = "moderations"
_CATEGORIES = ("categories", "categoriesAnalysis")
_NAMES = ("category", "name", "label")
_FLAGS = ("flagged", "detected", "filtered")
_SCORES = ("score", "category_score", "confidence")


class _Verdict(NamedTuple):
    """Contents of one result."""

    flagged: bool | None
    """`None` if it cannot be read."""
    by_categories: bool
    """Whether the flag follows from the categories alone."""
    flags: Mapping[str, bool]
    scores: Mapping[str, float]
    odd_scores: Sequence[str]
    """Categories whose score is not a number."""


def moderate(http: Http, request: RequestInvokeModeration, run: Run) -> Iterator[ModerationResult]:
    """Judge a text; report categories and scores as an event. Servers may judge it in parts, of which one flagged is enough.

    Raises:
        ProtocolError: The response has no verdict.
    """
    run.phase("inference")
    with http.post(PATH, run, json={"model": request.model, "input": request.text}) as answer:
        value = answer.json()
        if (results := _results(value, run)) is None:
            raise missing(answer, "results")
        verdicts = [_read(result) for result in results]
        odd = [result for result, verdict in zip(results, verdicts, strict=True) if verdict.flagged is None]
        flagged = any(verdict.flagged for verdict in verdicts)
        if not verdicts or (odd and not flagged):  # an unreadable verdict might have been the flagged one
            raise missing(answer, "results[].flagged")
    if odd:
        run.notice("lists.odd_verdicts", count=len(odd), found=shown(odd[0]))
    if any(verdict.by_categories for verdict in verdicts):
        run.notice("lists.by_categories")
    _report_categories(verdicts, run)
    yield ModerationResult(result=flagged)


def _results(value: Any, run: Run) -> list[Any] | None:
    """Return the results of a response; a single one may replace the list, or the whole response."""
    if not isinstance(value, dict):
        return None
    results = value.get("results")
    if isinstance(results, list):
        return results
    single = results if isinstance(results, dict) else value
    if _read(single).flagged is None:
        return None
    run.notice("lists.bare_verdict")
    return [single]


def _read(result: Any) -> _Verdict:
    if not isinstance(result, dict):
        return _Verdict(None, False, {}, {}, ())
    written_flags, written = _by_category(result)
    flags = {name: flag for name, value in written_flags.items() if (flag := as_bool(value)) is not None}
    numbers = {name: as_float(score) for name, score in written.items() if score is not None}
    scores = {name: number for name, number in numbers.items() if number is not None and isfinite(number)}
    odd_scores = [name for name in numbers if name not in scores]
    if result.get("flagged") is not None:
        return _Verdict(as_bool(result["flagged"]), False, flags, scores, odd_scores)
    unread = len(flags) < sum(value is not None for value in written_flags.values())
    known = any(flags.values()) or (bool(flags) and not unread)
    return _Verdict(any(flags.values()) if known else None, known, flags, scores, odd_scores)


def _by_category(result: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the unparsed flag and score of each category, as far as present.

    Categories are an object of flags beside one of scores, a list of flagged names, or a list of objects.
    """
    categories = _first(result, _CATEGORIES)
    scores = result.get("category_scores")
    written: dict[str, Any] = {displayable(name): score for name, score in scores.items()} if isinstance(scores, dict) else {}
    flags: dict[str, Any] = {}
    if isinstance(categories, dict):
        flags = dict(categories)
    elif isinstance(categories, list):
        for category in categories:
            if isinstance(category, str):
                flags[category] = True
            elif isinstance(category, dict) and isinstance(name := _first(category, _NAMES), str):
                flags[name] = _first(category, _FLAGS)
                written.setdefault(displayable(name), _first(category, _SCORES))
    return {displayable(name): flag for name, flag in flags.items()}, written


def _report_categories(verdicts: Sequence[_Verdict], run: Run) -> None:
    """Report the categories of all results, each with its highest score."""
    flagged = sorted({name for verdict in verdicts for name, flag in verdict.flags.items() if flag})
    scores: dict[str, float] = {}
    for verdict in verdicts:
        for name, score in verdict.scores.items():
            scores[name] = max(score, scores.get(name, score))
    if any(verdict.flags or verdict.scores for verdict in verdicts):
        run.report(ModerationScores(scores or dict.fromkeys(flagged, 1.0), tuple(flagged)))
    if odd := sorted({name for verdict in verdicts for name in verdict.odd_scores}):
        run.notice("lists.odd_scores", names=shown(odd))


def _first(item: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((item[name] for name in names if item.get(name) is not None), None)
