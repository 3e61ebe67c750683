"""Moderation of a server with OpenAI's interface: the boolean that Dify passes on, and beside it what the server knows more.

Source: OpenAI API reference, "Create moderation" (2026-10).
"""

from __future__ import annotations

from ...entities.moderation import ModerationResult, RequestInvokeModeration
from ...errors import ProtocolError
from ...run import NoteKind, Run
from ...wire.http import Http

PATH = "moderations"


def judge(http: Http, request: RequestInvokeModeration, run: Run) -> ModerationResult:
    """Have a text judged; categories and scores go into a note.

    Raises:
        ProtocolError: The answer has no verdict.
    """
    run.phase("reading")
    with http.post(PATH, run, json={"model": request.model, "input": request.text}) as answer:
        value = answer.json()
    results = value.get("results") if isinstance(value, dict) else None
    first = results[0] if isinstance(results, list) and results else None
    if not isinstance(first, dict) or not isinstance(first.get("flagged"), bool):
        raise ProtocolError("The moderation has no `results[0].flagged`.")
    scores, flags = first.get("category_scores"), first.get("categories")
    if isinstance(scores, dict) or isinstance(flags, dict):
        flagged = {name: flag for name, flag in (flags or {}).items() if flag is True}
        run.note(
            NoteKind.DETAIL,
            "categories",
            categories=scores if isinstance(scores, dict) else dict.fromkeys(flagged, 1.0),
            flagged=sorted(flagged),
        )
    return ModerationResult(result=first["flagged"])
