"""Each of the eight pages does its job at the first click, with the sample that is filled in, on the real models."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from jsonschema_rs import validate
from playwright.sync_api import Browser, Page, expect

from boomerang.invoker.audio.audio_facts import facts
from boomerang.workbench.samples.inputs import ARTICLE, CLIP, DOCUMENTS, MODERATION, SHORT_NOTE, STRUCTURED_SCHEMA, TEXTS

from .driving import (
    PAGES,
    TITLES,
    Visitor,
    answer,
    chip,
    download,
    metric,
    result,
    run,
    run_button,
    seen,
    settled,
    state,
    texts,
    visit,
    watch,
)
from .serving import Served


def test_every_address_opens_its_page_in_a_process_that_nobody_has_visited(browser: Browser) -> None:
    with Served() as fresh, Visitor(browser) as visitor:
        for name in PAGES:
            page = visit(visitor.tab(), fresh.url, name)
            menu = page.get_by_test_id("stSidebarNav").get_by_role("link")
            assert [text.split()[1:] for text in texts(menu)] == [title.split() for title in ("Start", *TITLES.values())]
            expect(run_button(page)).to_be_enabled()
            expect(page.locator(".st-key-state-idle")).to_contain_text("Not run yet")
            page.close()


def test_an_llm_answers_word_by_word(page: Page, app: Served) -> None:
    visit(page, app.url, "llm")
    watch(page)
    run(page)
    noted = seen(page)
    assert noted.states == ["idle", "running", "done"]
    assert len(noted.lengths) >= 5
    assert noted.lengths == sorted(noted.lengths)
    assert "sky" in answer(page).lower()
    assert metric(page, "Finish reason") == "stop"
    assert int(metric(page, "Tokens in")) > 20
    assert int(metric(page, "Tokens out")) > 10
    assert float(metric(page, "Tokens / s")) > 1
    assert answer(page).strip().endswith(download(page, "Text").decode().strip()[-20:])


def test_structured_output_is_an_object_that_fits_the_schema(page: Page, app: Served) -> None:
    visit(page, app.url, "llm_structured_output")
    run(page)
    expect(result(page)).to_contain_text("Fits the schema")
    value = json.loads(download(page, "JSON"))
    validate(STRUCTURED_SCHEMA, value)
    assert (value["temperature_c"], value["sunny"]) == (24, True)
    assert value["city"].startswith("Lis")


def test_a_summary_is_shorter_than_its_source(page: Page, app: Served) -> None:
    visit(page, app.url, "summary")
    run(page)
    summary = download(page, "Summary").decode()
    assert 0 < len(summary) < len(ARTICLE) * 0.8
    points = [line.strip() for line in summary.splitlines() if line.strip()]
    assert max(points.count(point) for point in points) <= 3
    assert metric(page, "Source") == f"{len(ARTICLE):,}"
    assert metric(page, "Summary") == f"{len(summary):,}"
    result(page).get_by_text("What the system model was asked").click()
    expect(result(page).get_by_test_id("stExpanderDetails").filter(has_text="Messages of")).to_be_visible()


def test_a_short_text_is_returned_unchanged_and_the_page_says_that_no_model_was_called(page: Page, app: Served) -> None:
    visit(page, app.url, "summary")
    chip(page, "Short note (unchanged)")
    expect(page.get_by_label("Text", exact=True)).to_have_value(SHORT_NOTE)
    expect(page.get_by_text("returned unchanged, no model is called")).to_be_visible()
    run(page)
    assert download(page, "Summary").decode() == SHORT_NOTE
    expect(result(page)).to_contain_text("no model was called")


def test_texts_become_vectors_with_a_matrix_and_three_downloads(page: Page, app: Served) -> None:
    visit(page, app.url, "text_embedding")
    run(page)
    expect(result(page).get_by_role("table")).to_contain_text(f"{len(TEXTS)} × 384")
    expect(result(page).get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    assert (metric(page, "Vectors"), metric(page, "Dimensions")) == ("5", "384")
    result(page).get_by_text("Raw vectors").click()
    rows = json.loads(download(page, "JSON"))
    written = list(csv.reader(io.StringIO(download(page, "CSV").decode())))
    array = np.load(io.BytesIO(download(page, "NPY")))
    assert array.shape == (len(TEXTS), 384)
    assert np.allclose(array, rows, atol=1e-6)
    assert [row[0] for row in written[1:]] == TEXTS
    alike = array @ array.T
    assert alike[0, 1] > alike[0, 2] and alike[2, 3] > alike[1, 3]


def test_the_document_that_answers_the_query_comes_first(page: Page, app: Served) -> None:
    visit(page, app.url, "rerank")
    run(page)
    docs = json.loads(download(page, "JSON"))["docs"]
    assert docs[0]["text"] == DOCUMENTS[3]
    assert sorted(doc["index"] for doc in docs) == list(range(len(DOCUMENTS)))
    first = result(page).locator("[role=row][aria-rowindex='2']")
    expect(first).to_contain_text(DOCUMENTS[3])
    expect(first).to_contain_text("▲ 3")


def test_speech_plays_while_it_is_made_and_on_to_its_end(page: Page, app: Served) -> None:
    visit(page, app.url, "tts")
    sentences = [f"This is sentence number {number} of a text that takes a while to speak." for number in range(1, 31)]
    page.get_by_label("Text", exact=True).fill(" ".join(sentences))
    run_button(page).click()
    sound = result(page).locator("audio")
    expect(sound).to_be_attached(timeout=60_000)
    element = sound.element_handle()
    page.wait_for_function(
        "(audio) => audio.currentTime > 0.2 && !!document.querySelector('.st-key-state-running')", arg=element
    )
    state(page, "done")
    settled(page)
    reached = sound.evaluate("(audio) => audio.currentTime")
    page.wait_for_function("([audio, reached]) => !audio.paused && audio.currentTime > reached + 0.2", arg=[element, reached])
    spoken = facts(download(page, "Download .mp3"))
    assert (spoken.format, spoken.media_type) == ("MP3", "audio/mpeg")
    assert spoken.seconds is not None and spoken.seconds > 60
    assert sound.evaluate("(audio) => audio.duration") == pytest.approx(spoken.seconds, abs=0.5)


def test_a_short_text_is_heard_too(page: Page, app: Served) -> None:
    visit(page, app.url, "tts")
    run(page)
    sound = result(page).locator("audio").element_handle()
    page.wait_for_function("(audio) => audio.currentTime > 0.3", arg=sound)


def test_speech_does_not_begin_again_when_the_visitor_comes_back(page: Page, app: Served) -> None:
    visit(page, app.url, "tts")
    run(page)
    page.wait_for_function("(audio) => audio.currentTime > 0.1", arg=result(page).locator("audio").element_handle())
    for name in ("Moderation", "Text to speech"):
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        settled(page)
    sound = result(page).locator("audio").element_handle()
    page.wait_for_function("(audio) => audio.readyState >= 1", arg=sound)
    assert sound.evaluate("(audio) => [audio.paused, audio.currentTime]") == [True, 0]


def test_the_bundled_clip_is_written_down_beside_its_known_text(page: Page, app: Served) -> None:
    visit(page, app.url, "speech2text")
    run(page)
    [heard] = texts(result(page).get_by_test_id("stCode"))
    assert "quick test" in heard.lower()
    expect(page.get_by_role("textbox", name="What was really said")).to_have_value(
        "The quick test begins at seven, and ends before noon."
    )
    expect(result(page)).to_contain_text("WER 0.0%")  # it writes 7 for seven
    result(page).get_by_role("button", name="What counts").click()
    page.get_by_text("Spelled-out numbers").click()
    expect(result(page)).to_contain_text("WER 10.0%")
    expect(result(page).locator(".marked")).to_contain_text("begins at")
    assert download(page, "Text").decode() == heard
    assert metric(page, "File") == f"{CLIP.stat().st_size / 1000:,.1f} kB"


@pytest.mark.parametrize("kind", ["mp3", "wav"])
def test_an_upload_is_written_down(page: Page, app: Served, spoken_wav: Path, kind: str) -> None:
    visit(page, app.url, "speech2text")
    page.get_by_text("Upload", exact=True).click()
    settled(page)
    expect(run_button(page)).to_be_disabled()
    path = CLIP if kind == "mp3" else spoken_wav
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(path)
    expect(page.get_by_text(f"{path.stat().st_size:,} bytes")).to_be_visible()
    expect(page.get_by_text(f"{kind.upper()} · ")).to_be_visible()
    run(page)
    assert "quick test" in texts(result(page).get_by_test_id("stCode"))[0].lower()


def test_a_recording_is_converted_to_mp3_and_written_down(page: Page, app: Served) -> None:
    visit(page, app.url, "speech2text")
    page.get_by_text("Microphone", exact=True).click()
    settled(page)
    page.get_by_role("button", name="Record").click()
    # The microphone hears the clip of four seconds over and over, so each of its words is in any six.
    expect(page.get_by_test_id("stAudioInputWaveformTimeCode")).to_have_text("00:06")
    page.get_by_role("button", name="Stop recording").click()
    expect(page.get_by_text("Converted to MP3")).to_be_visible()
    expect(page.get_by_text("MP3 · ")).to_be_visible()
    run(page)
    assert "quick test" in texts(result(page).get_by_test_id("stCode"))[0].lower()


def test_moderation_flags_the_threat_and_neither_the_parcel_nor_the_chess_game(page: Page, app: Served) -> None:
    visit(page, app.url, "moderation")
    flagged = []
    for label in MODERATION:
        chip(page, label)
        expect(page.get_by_label("Text", exact=True)).to_have_value(MODERATION[label])
        run_button(page).click()
        page.get_by_role("tab", name="Sent").click()
        expect(page.locator(".json-tree")).to_contain_text(MODERATION[label][:30])
        state(page, "done")
        settled(page)
        flagged.append(result(page).get_by_test_id("stCode").inner_text().strip() == "result = True")
        shown = "Sensitive" if flagged[-1] else "Not sensitive"
        expect(result(page).get_by_role("heading", level=2)).to_contain_text(shown)
    assert flagged == [False, False, True]
