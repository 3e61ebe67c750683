"""Moderation, over real sockets: what counts as flagged in each shape of answer."""

from __future__ import annotations

from typing import Any

import pytest

from invoker import InvokeServerUnavailableError, NoteKind, ProtocolError
from tests.loopback import Script, whole

from .desk import Desk, opened

JUDGE = {"provider": "p", "model": "m", "model_type": "moderation"}


def answering(value: Any) -> Script:
    """Give a script that answers with JSON."""
    return lambda _asked, wire: wire.send(whole(value))


def judged(desk: Desk) -> bool:
    """Have a text judged."""
    return desk.session.model.moderation.invoke(JUDGE, "text")


@pytest.mark.parametrize("verdicts", [[False, True], [True, False], [False, True, False]])
def test_a_flag_on_any_result_counts(verdicts: list[bool]) -> None:
    with opened(answering({"results": [{"flagged": flagged} for flagged in verdicts]})) as desk:
        assert judged(desk) is True
    with opened(answering({"results": [{"flagged": False} for _ in verdicts]})) as desk:
        assert judged(desk) is False


def test_the_categories_of_several_results_come_together_with_the_highest_scores() -> None:
    results = [
        {"flagged": False, "categories": {"hate": False, "sexual": False}, "category_scores": {"hate": 0.2, "sexual": 0.1}},
        {"flagged": True, "categories": {"hate": True, "spam": True}, "category_scores": {"hate": 0.9, "spam": None}},
    ]
    with opened(answering({"results": results})) as desk:
        assert judged(desk) is True
        [told] = [note.data for note in desk.record.notes if note.kind is NoteKind.DETAIL]
        assert told == {"categories": {"hate": 0.9, "sexual": 0.1}, "flagged": ["hate", "spam"]}


@pytest.mark.parametrize("flagged", [True, False])
def test_where_the_server_gives_no_flag_its_categories_decide_and_that_is_told(flagged: bool) -> None:
    result = {"categories": {"hate": flagged, "law": False}, "category_scores": {"hate": 0.9, "law": 0.1}}
    with opened(answering({"results": [result]})) as desk:
        assert judged(desk) is flagged
        [notice] = desk.notices
        assert "no `flagged`" in notice


@pytest.mark.parametrize(
    "answer",
    [
        {"detail": "no such model"},
        {"results": [], "message": "no such model"},
        {"results": [{"categories": {}}], "message": "no such model"},
        {"results": [{"flagged": False}, {"flagged": "no such model"}]},
        {"results": ["no such model"]},
        ["no such model"],
    ],
)
def test_an_answer_without_a_verdict_is_told_in_the_servers_words(answer: Any) -> None:
    with opened(answering(answer)) as desk:
        with pytest.raises(ProtocolError, match=r"has no `results.*`: .*no such model") as raised:
            judged(desk)
        assert raised.value.status_code == 200 and "no such model" in (raised.value.body or "")
        assert (raised.value.url or "").endswith("/v1/moderations")


def test_an_error_in_an_answer_of_success_is_told_as_an_error() -> None:
    with opened(answering({"error": "Unexpected endpoint or method."})) as desk:
        with pytest.raises(InvokeServerUnavailableError, match="Unexpected endpoint") as raised:
            judged(desk)
        assert raised.value.status_code == 200
