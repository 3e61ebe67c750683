"""Tests for moderation over real sockets: what counts as flagged in each response format."""

from __future__ import annotations

from typing import Any

import pytest

from boomerang.invoker.errors import InvokeServerUnavailableError, ProtocolError
from boomerang.invoker.events import ModerationScores
from tests.loopback import Script, whole

from .desk import Desk, opened

MODERATOR = {"provider": "p", "model": "m", "model_type": "moderation"}


def answering(value: Any) -> Script:
    """Return a script that answers with JSON."""
    return lambda _request, connection: connection.send(whole(value))


def ask(desk: Desk) -> bool:
    """Moderate a text."""
    return desk.session.model.moderation.invoke(MODERATOR, "text")


@pytest.mark.parametrize("verdicts", [[False, True], [True, False], [False, True, False]])
def test_a_flag_on_any_result_counts(verdicts: list[bool]) -> None:
    with opened(answering({"results": [{"flagged": flagged} for flagged in verdicts]})) as desk:
        assert ask(desk) is True
    with opened(answering({"results": [{"flagged": False} for _ in verdicts]})) as desk:
        assert ask(desk) is False


def test_the_categories_of_several_results_come_together_with_the_highest_scores() -> None:
    results = [
        {"flagged": False, "categories": {"hate": False, "sexual": False}, "category_scores": {"hate": 0.2, "sexual": 0.1}},
        {"flagged": True, "categories": {"hate": True, "spam": True}, "category_scores": {"hate": 0.9, "spam": None}},
    ]
    with opened(answering({"results": results})) as desk:
        assert ask(desk) is True
        [shown] = [note for note in desk.record.events if isinstance(note, ModerationScores)]
        assert (shown.categories, shown.flagged) == ({"hate": 0.9, "sexual": 0.1}, ("hate", "spam"))


@pytest.mark.parametrize("flagged", [True, False])
def test_where_the_server_gives_no_flag_its_categories_decide_and_that_is_reported(flagged: bool) -> None:
    result = {"categories": {"hate": flagged, "law": False}, "category_scores": {"hate": 0.9, "law": 0.1}}
    with opened(answering({"results": [result]})) as desk:
        assert ask(desk) is flagged
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
def test_an_answer_without_a_verdict_is_reported_in_the_servers_words(answer: Any) -> None:
    with opened(answering(answer)) as desk:
        with pytest.raises(ProtocolError, match=r"has no `results.*`: .*no such model") as raised:
            ask(desk)
        assert raised.value.status_code == 200 and "no such model" in (raised.value.body or "")
        assert (raised.value.url or "").endswith("/v1/moderations")


def test_an_error_in_an_answer_of_success_is_reported_as_an_error() -> None:
    with opened(answering({"error": "Unexpected endpoint or method."})) as desk:
        with pytest.raises(InvokeServerUnavailableError, match="Unexpected endpoint") as raised:
            ask(desk)
        assert raised.value.status_code == 200


@pytest.mark.parametrize(
    ("written", "flagged"), [("true", True), ("False", False), (1, True), (0, False), (1.0, True), ("0", False)]
)
def test_a_flag_is_read_in_every_spelling(written: Any, flagged: bool) -> None:
    with opened(answering({"results": [{"flagged": written}]})) as desk:
        assert ask(desk) is flagged


@pytest.mark.parametrize(
    "result",
    [
        {"flagged": None, "categories": {"hate": True, "law": None}},
        {"flagged": None, "categories": ["hate"]},
        {"categories": [{"category": "hate", "flagged": "true", "score": "0.9"}, {"name": "law", "detected": 0}]},
        {"categories": {"hate": "true", "law": "false"}, "category_scores": {"hate": "0.9"}},
    ],
    ids=repr,
)
def test_categories_are_read_in_every_shape(result: Any) -> None:
    for answer in ({"results": [result]}, {"results": result}, result):
        with opened(answering(answer)) as desk:
            assert ask(desk) is True
            [shown] = [note for note in desk.record.events if isinstance(note, ModerationScores)]
            assert shown.flagged == ("hate",) and shown.categories["hate"] in (0.9, 1.0)
            assert len(desk.notices) == (1 if answer == {"results": [result]} else 2)


def test_scores_as_text_are_read_and_those_that_are_none_are_named() -> None:
    scores = {"hate": "0.25", "law": "high", "spam": True, "sexual": "NaN", "pii": None}
    with opened(answering({"results": [{"flagged": False, "category_scores": scores}]})) as desk:
        assert ask(desk) is False
        [shown] = [note for note in desk.record.events if isinstance(note, ModerationScores)]
        assert shown.categories == {"hate": 0.25}
        assert desk.notices == ['Scores that are no numbers were left out: ["law", "sexual", "spam"]']


@pytest.mark.parametrize("odd", [None, 5, "x", [], {}, {"flagged": "maybe"}])
def test_a_verdict_that_cannot_be_read_hides_no_flag_and_is_never_taken_for_none(odd: Any) -> None:
    with opened(answering({"results": [odd, {"flagged": True}]})) as desk:
        assert ask(desk) is True and "could not be read (1)" in desk.notices[0]
    with opened(answering({"results": [odd, {"flagged": False}]})) as desk, pytest.raises(ProtocolError, match="flagged"):
        ask(desk)


@pytest.mark.parametrize(
    "categories", [{"hate": 0.0, "law": 0.9}, {"hate": False, "law": "maybe"}, [], {}, {"hate": None}, "hate", 5]
)
def test_categories_that_cannot_be_read_are_no_verdict(categories: Any) -> None:
    with opened(answering({"results": [{"categories": categories}]})) as desk, pytest.raises(ProtocolError, match="flagged"):
        ask(desk)
