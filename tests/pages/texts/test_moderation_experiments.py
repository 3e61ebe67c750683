"""Test further features of the moderation page (what-if threshold, batch, variants, comparison) and the summary page."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from boomerang.invoker.entities.moderation import ModerationResult
from boomerang.invoker.entities.summary import SummaryResult
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.events import ModerationScores
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.playground.run import run_status
from boomerang.workbench.samples.inputs import MODERATION_BATCH, MODERATION_CHINESE
from tests.pages.visitor import Visitor
from tests.scripted import BOUND, Desk

Visit = Callable[[str], Visitor]


def by_marker(request: Request[Any], run: Run) -> Iterator[Any]:
    """Flag texts with a harmful word, and report a score."""
    harmful = any(word in request.payload()["text"].lower() for word in ("hurt", "destroy", "fool"))
    run.report(ModerationScores({"violence": 0.8 if harmful else 0.3, "hate": 0.1}, threshold=0.5))
    yield ModerationResult(result=harmful)


def open_experiment(page: Visitor, name: str) -> Visitor:
    """Open an experiment."""
    return page.set("button_group", "experiment", name)


def test_another_threshold_reports_which_flag_would_change(visit: Visit, desk: Desk) -> None:
    desk.answer = by_marker
    page = visit("moderation").run()
    assert "At 0.50 the answer would be the same" in page.seen
    page.set("slider", "threshold", 0.2)
    assert "At 0.20 it would be sensitive: violence has 0.300" in page.seen.replace("\\", "")
    assert len(desk.requests) == 1


def test_without_scores_there_is_no_threshold(visit: Visit, desk: Desk) -> None:
    page = visit("moderation").run()
    assert "thresholds cannot be tried" in page.seen and not page.at.slider


def test_a_batch_has_its_misses_first_and_a_confusion_matrix(visit: Visit, desk: Desk) -> None:
    desk.answer = by_marker
    page = open_experiment(visit("moderation"), "batch").click("try-batch.run")
    assert [request.text for request in desk.requests] == list(MODERATION_BATCH)
    metrics = page.metrics()
    assert (metrics["Runs"], metrics["Sensitive"]) == ("8 / 8", "3")
    assert (metrics["Precision"], metrics["Recall"]) == ("67%", "50%")
    answers = next(frame.value for frame in page.at.dataframe if "highest score" in frame.value.columns)
    assert [str(what) for what in answers[""]][:4] == ["✗ missed", "✗ missed", "✗ false alarm", "✓ right"]
    page.set("slider", "try-batch.threshold", 0.25)
    assert page.metrics()["Recall"] == "100%" and len(desk.requests) == 8


def test_lines_of_the_text_become_a_batch_beside_it(visit: Visit, desk: Desk) -> None:
    desk.answer = by_marker
    page = visit("moderation")
    page.at.text_area(key="moderation.text").set_value("I will hurt you.\n\n  Hello.\nYou fool.")  # submitted by the click
    page.click("batch").click("try-batch.run")
    assert [request.text for request in desk.requests] == ["I will hurt you.", "Hello.", "You fool."]
    assert page.metrics()["Sensitive"] == "2"


def test_one_text_opens_the_batch_as_it_is(visit: Visit, desk: Desk) -> None:
    desk.answer = by_marker
    visit("moderation").type("text", "One text.").click("batch").click("try-batch.run")
    assert [request.text for request in desk.requests] == list(MODERATION_BATCH)


def test_a_comparison_has_no_batch(visit: Visit) -> None:
    page = visit("moderation").set("button_group", "panes", 2)
    assert not any(button.key == "moderation.batch" for button in page.at.button)


def test_a_failed_text_does_not_end_the_batch(visit: Visit, desk: Desk) -> None:
    def picky(request: Request[Any], run: Run) -> Iterator[Any]:
        if "tomatoes" in request.payload()["text"]:
            raise InvokeBadRequestError("No vegetables.", field="text")
        yield from by_marker(request, run)

    desk.answer = picky
    page = open_experiment(visit("moderation"), "batch").click("try-batch.run")
    assert page.metrics()["Failed"] == "1" and "No vegetables." in page.seen and page.metrics()["Runs"] == "8 / 8"


def test_stopping_a_batch_keeps_what_is_done(visit: Visit, desk: Desk) -> None:
    arrived = threading.Event()

    def slow(request: Request[Any], run: Run) -> Iterator[Any]:
        if len(desk.requests) == 3:
            arrived.set()
            run.wait(BOUND)
        yield from by_marker(request, run)

    desk.answer = slow
    page = open_experiment(visit("moderation"), "batch")
    state = page.page_state.part("try-batch")

    def stop() -> None:
        assert arrived.wait(BOUND)
        assert state.job is not None
        state.job.stop()

    stopper = threading.Thread(target=stop)
    stopper.start()
    page.click("try-batch.run")
    stopper.join(BOUND)
    assert state.job is not None and run_status.name(state.job) == "stopped"
    assert page.seen.count("✓ right") == 1 and page.seen.count("✗ false alarm") == 1 and "… pending" in page.seen


@pytest.mark.parametrize(
    ("text", "phrase"), [("I will hurt you badly.", "variants get past the model"), ("Hello there.", "same for all")]
)
def test_perturbations_of_a_text_are_made_and_run(visit: Visit, desk: Desk, text: str, phrase: str) -> None:
    desk.answer = by_marker
    page = open_experiment(visit("moderation").type("text", text), "variants").click("try-variants.run")
    requests = [request.text for request in desk.requests]
    assert requests[0] == text and text.upper() in requests and len(set(requests)) == len(requests) == 7
    assert phrase in page.seen


def test_the_other_language_follows_the_sample_until_it_is_typed(visit: Visit, desk: Desk) -> None:
    page = open_experiment(visit("moderation").set("button_group", "sample", "To be flagged"), "variants")
    known = list(MODERATION_CHINESE.values())
    assert page.at.text_area(key="moderation.try-variants.other").value == known[2]
    page.set("button_group", "sample", "Borderline")
    assert page.at.text_area(key="moderation.try-variants.other").value == known[1]
    page.type("try-variants.other", "Autre langue").set("button_group", "sample", "Harmless")
    page.click("try-variants.run")
    assert desk.requests[-1].text == "Autre langue"


def test_a_text_is_looked_for_inside_a_long_one(visit: Visit, desk: Desk) -> None:
    desk.answer = lambda request, run: [ModerationResult(result=request.text.startswith("Bad thing."))]
    page = open_experiment(visit("moderation").type("text", "Bad thing."), "places").click("try-places.run")
    assert len(desk.requests) == 4 and "depends on the text's position" in page.seen


def test_panes_that_disagree_on_a_text_are_reported(visit: Visit, desk: Desk) -> None:
    turns = iter([True, False])
    desk.answer = lambda request, run: [ModerationResult(result=next(turns))]
    page = visit("moderation")
    page.at.segmented_control(key="moderation.panes").set_value(2)
    page.look()
    page.run()
    assert "They disagree" in page.seen


def test_source_and_summary_are_side_by_side_with_the_facts_that_were_kept(visit: Visit, desk: Desk) -> None:
    desk.answer = lambda request, run: [SummaryResult(summary="Built in 1786 at Elmford, repaired for 99 crowns.")]
    page = visit("summary").run()
    for text in ("1,824 → 49 characters", "340 → 9 words", "3%", "1 new", "2 kept", "99"):
        assert text in page.seen, text


def test_summaries_are_compared_by_facts_and_words(visit: Visit, desk: Desk) -> None:
    turns = iter(["Built in 1786.", "Built in 1786 at Elmford."])
    desk.answer = lambda request, run: [SummaryResult(summary=next(turns))]
    page = visit("summary")
    page.at.segmented_control(key="summary.panes").set_value(2)
    page.look()
    page.run()
    [table] = [html for html in re.findall("<table.*?</table>", page.html, re.DOTALL) if "Facts kept" in html]
    assert sorted(re.findall(r"<td>(\d) \(", table)) == ["1", "2"]
    assert "of the text is the same" in page.seen
