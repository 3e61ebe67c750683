"""Moderation of a server with OpenAI's interface: the boolean that Dify passes on, and beside it what the server knows more.

Source: OpenAI API reference, "Create moderation"; Mistral API reference, "Moderations", which has no `flagged` (both 2026-10).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...entities.moderation import ModerationResult, RequestInvokeModeration
from ...run import NoteKind, Run
from ...wire.answer import Answer
from ...wire.http import Http
from .unreadable import missing

PATH = "moderations"
BY_CATEGORIES = "The server gives no `flagged`; the text counts as flagged where one of its categories is."


def judge(http: Http, request: RequestInvokeModeration, run: Run) -> ModerationResult:
    """Have a text judged; categories and scores go into a note. A server may judge it in parts: one that is flagged counts.

    Raises:
        ProtocolError: The answer has no verdict.
    """
    run.phase("reading")
    with http.post(PATH, run, json={"model": request.model, "input": request.text}) as answer:
        results = _results(answer)
        verdicts = [_verdict(result) for result in results]
        if not verdicts or None in verdicts:
            raise missing(answer, "results[].flagged")
    if not all("flagged" in result for result in results):
        run.note(NoteKind.NOTICE, BY_CATEGORIES)
    _note_categories(results, run)
    return ModerationResult(result=any(verdicts))


def _results(answer: Answer) -> Sequence[Mapping[str, Any]]:
    value = answer.json()
    results = value.get("results") if isinstance(value, dict) else None
    if not isinstance(results, list) or not all(isinstance(result, dict) for result in results):
        raise missing(answer, "results")
    return results


def _verdict(result: Mapping[str, Any]) -> bool | None:
    if "flagged" in result:
        return result["flagged"] if isinstance(result["flagged"], bool) else None
    flags = [flag for flag in _mapping(result, "categories").values() if isinstance(flag, bool)]
    return any(flags) if flags else None


def _note_categories(results: Sequence[Mapping[str, Any]], run: Run) -> None:
    """Note the categories of all results, each with the highest of its scores."""
    told = [(_mapping(result, "categories"), _mapping(result, "category_scores")) for result in results]
    flagged = sorted({name for flags, _ in told for name, flag in flags.items() if flag is True})
    scores: dict[str, float] = {}
    for _, given in told:
        for name, score in given.items():
            if isinstance(score, int | float):
                scores[name] = max(score, scores.get(name, score))
    if any(flags or given for flags, given in told):
        run.note(NoteKind.DETAIL, "categories", categories=scores or dict.fromkeys(flagged, 1.0), flagged=flagged)


def _mapping(result: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = result.get(name)
    return value if isinstance(value, dict) else {}
