"""Test the transcript: references, WER options, subtitles, degraded recordings, comparison."""

from __future__ import annotations

from typing import Any

import pytest

from boomerang.invoker.audio.audio_facts import facts
from boomerang.invoker.entities.speech2text import Speech2TextResult
from boomerang.invoker.events import TranscriptSegment
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.workbench.experiments.audio_robustness import DEGRADATIONS
from boomerang.workbench.samples.inputs import CLIP, CLIP_TEXT, RECORDINGS, SAMPLES_FOLDER
from tests.pages.conftest import CONNECTION
from tests.pages.speech.speech_pages import Visit, upload
from tests.pages.visitor import Visitor
from tests.scripted import SPOKEN, Desk


def test_the_sample_is_sent_and_its_known_text_is_compared_with_the_result(visit: Visit, desk: Desk) -> None:
    page = visit("speech2text").run()
    assert desk.requests[0].file == CLIP.read_bytes()
    assert page.at.text_area(key="speech2text.reference").value == CLIP_TEXT
    assert "The quick test." in page.faults
    assert "WER 70.0%" in page.seen and "0 replaced · 7 missing · 0 extra · of 10 words" in page.seen


def test_a_reference_that_is_pasted_after_the_run_counts_at_once(page: Visitor, desk: Desk) -> None:
    upload(page, "mine.mp3", SPOKEN).run()
    assert "WER" not in page.seen
    assert "WER 0.0%" in page.type("reference", "The quick test.").seen
    assert "WER 33.3%" in page.type("reference", "the quick toast").seen


def test_switches_say_what_counts_as_an_error(page: Visitor, desk: Desk) -> None:
    upload(page, "mine.mp3", SPOKEN).type("reference", "the quick test").run()
    assert "WER 0.0%" in page.seen
    assert "WER 33.3%" in page.set("toggle", "count.case", True).seen
    assert "WER 66.7%" in page.set("toggle", "count.punctuation", True).seen


def test_another_recording_takes_its_own_reference_and_leaves_that_of_the_result(visit: Visit, desk: Desk) -> None:
    page = visit("speech2text").run()
    page.set("button_group", "sample", "A WAV file named .mp3")
    assert page.at.text_area(key="speech2text.reference").value == "My name is wrong."
    assert "WER 70.0%" in page.seen  # of the recording that was transcribed
    assert "WER 100.0%" in page.run().seen
    page.set("button_group", "source", "Upload")
    assert page.at.text_area(key="speech2text.reference").value == ""


def test_what_is_typed_before_a_file_is_chosen_stays(page: Visitor, desk: Desk) -> None:
    page.type("reference", "typed first")
    assert upload(page, "mine.mp3", SPOKEN).at.text_area(key="speech2text.reference").value == "typed first"


def test_the_bundled_clips_are_a_good_one_a_silent_one_and_a_misnamed_one(visit: Visit, desk: Desk) -> None:
    page = visit("speech2text")
    for clip in RECORDINGS:
        page.set("button_group", "sample", clip.label).run()
        assert desk.requests[-1].file == (SAMPLES_FOLDER / clip.file).read_bytes()
        assert page.at.text_area(key="speech2text.reference").value == clip.text
    assert "its bytes are WAV" in page.faults


def test_a_source_that_does_not_exist_in_an_address_is_the_sample(visit: Visit, desk: Desk) -> None:
    page = Visitor(CONNECTION)
    page.at.query_params["source"] = "Telepathy"
    assert page.open("speech2text").can_run


def test_what_the_speech_page_spoke_last_can_be_transcribed(visit: Visit, desk: Desk) -> None:
    page = visit("speech2text").set("button_group", "source", "Speech page")
    assert not page.can_run and "synthesize something" in page.reason
    page.open("tts").type("text", "Good morning.").run()
    page.open("speech2text")
    assert page.at.text_area(key="speech2text.reference").value == "Good morning."
    page.run()
    assert desk.requests[-1].file == SPOKEN * 2


def test_what_the_call_cannot_carry_is_greyed_with_the_reason(visit: Visit, desk: Desk) -> None:
    for name, fields in (("speech2text", ["Language", "Prompt", "Temperature", "Timestamps"]), ("tts", ["Speed"])):
        page = visit(name)
        inputs = {field.label: field for field in page.at.text_input}
        assert all(inputs[field].disabled for field in fields)
        assert f"`{name}.invoke` takes" in page.seen


def test_subtitles_are_there_when_the_back_end_reported_times_and_greyed_when_not(visit: Visit, desk: Desk) -> None:
    page = visit("speech2text").run()
    assert {button.label: button.disabled for button in downloads(page)} == {"Text": False, "SRT": True, "VTT": True}

    def shows(request: Request[Any], run: Run) -> list[Any]:
        run.report(TranscriptSegment(0.0, 2.0, "The quick test."))
        return [Speech2TextResult(result="The quick test.")]

    desk.answer = shows
    page.run()
    assert not any(button.disabled for button in downloads(page))
    assert "The quick test." in str(page.at.dataframe[0].value)


def downloads(page: Visitor) -> list[Any]:
    """Return the download buttons of the transcript."""
    result = [element for element in page.at.get("download_button") if element.proto.label in ("Text", "SRT", "VTT")]
    return [element.proto for element in result]


def test_a_worse_recording_is_transcribed_in_each_way_and_one_that_fails_ends_none_of_the_others(
    visit: Visit, desk: Desk
) -> None:
    def tires(request: Request[Any], run: Run) -> list[Any]:
        if len(desk.requests) == 3:
            raise ConnectionError("cable cut")
        return [Speech2TextResult(result=CLIP_TEXT)]

    desk.answer = tires
    page = visit("speech2text").set("button_group", "experiment", "robustness").click("try-robustness.run")
    files = [request.file for request in desk.requests]
    assert files[0] == CLIP.read_bytes() and len(set(files)) == 1 + len(DEGRADATIONS)
    assert page.seen.count("WER 0.0%") == len(DEGRADATIONS)
    assert "ConnectionError: cable cut" in page.faults
    seconds = [facts(file).seconds or 0 for file in files]
    assert seconds[-1] == pytest.approx(seconds[0] + 4, abs=0.2)


def test_robustness_asks_for_what_was_said(visit: Visit, desk: Desk) -> None:
    page = visit("speech2text").type("reference", "").set("button_group", "experiment", "robustness")
    assert page.at.button(key="speech2text.try-robustness.run").disabled
    assert "enter a reference transcript" in page.seen


def test_two_transcripts_are_compared_word_by_word(visit: Visit, desk: Desk) -> None:
    desk.answer = lambda request, run: [Speech2TextResult(result=f"The quick test {len(desk.requests)}.")]
    page = visit("speech2text").set("button_group", "panes", 2).run()
    assert "A → B" in page.seen and "only in A" in page.seen
    assert "A · listener" in page.seen and "70.0%" in page.seen
