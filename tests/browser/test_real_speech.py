"""The audio pages with the embedded models themselves; a module of its own, so that two processes share the models' tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from boomerang.invoker.audio import mp3_frames
from boomerang.invoker.audio.audio_facts import facts
from boomerang.invoker.audio.decoding import decode
from boomerang.invoker.audio.mp3_encoding import encode_mp3
from boomerang.invoker.audio.resampling import mono, resample
from boomerang.workbench.samples.inputs import CLIP

from .driving import (
    ENDED,
    chip,
    download,
    metric,
    result,
    run,
    run_button,
    settled,
    state,
    stop_button,
    stop_seconds,
    transcript,
    visit,
)
from .serving import APP, Served

LONGEST_PAUSE = 0.9
"""Seconds of silence between two sentences of the voice; a gap in the stream would add to that."""
SILENT = 0.003
HOUR_SECONDS = 3600


@pytest.fixture(scope="module")
def app() -> Iterator[Served]:
    """The app as users start it, with the embedded models."""
    with Served(APP) as served:
        yield served


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


def test_the_bundled_clip_is_written_down_beside_its_known_text(page: Page, app: Served) -> None:
    visit(page, app.url, "speech2text")
    run(page)
    received = transcript(page)
    assert "quick test" in received.lower()
    reference = page.get_by_role("textbox", name="Reference transcript")
    expect(reference).to_have_value("The quick test begins at seven, and ends before noon.")
    written, other = ("seven", "7") if "seven" in received else ("7", "seven")
    reference.fill(received.replace(written, other))
    reference.press("Tab")
    expect(result(page)).to_contain_text("WER 0.0%")  # numbers in words and in digits are the same
    result(page).get_by_role("button", name="WER options").click()
    page.get_by_text("Spelled-out numbers").click()
    expect(result(page)).to_contain_text("WER 10.0%")
    expect(result(page).locator(".marked")).to_contain_text("begins at")
    assert download(page, "Text").decode() == received
    assert metric(page, "File") == f"{CLIP.stat().st_size / 1000:,.1f} kB"


def test_a_recording_is_converted_to_mp3_and_written_down(page: Page, app: Served) -> None:
    visit(page, app.url, "speech2text")
    page.get_by_text("Microphone", exact=True).click()
    settled(page)
    page.get_by_role("button", name="Record").click()
    # The microphone plays the four-second clip in a loop, so any six seconds contain each of its words.
    expect(page.get_by_test_id("stAudioInputWaveformTimeCode")).to_have_text("00:06")
    page.get_by_role("button", name="Stop recording").click()
    expect(page.get_by_text("Converted to MP3")).to_be_visible()
    expect(page.get_by_text("MP3 · ")).to_be_visible()
    run(page)
    assert "quick test" in transcript(page).lower()


def longest_silence(data: bytes) -> float:
    """Return the longest silence in seconds between the first and the last sound."""
    samples, rate_hz = decode(data)
    loud = np.flatnonzero(np.abs(mono(samples)) > SILENT)
    return float(np.diff(loud).max()) / rate_hz


def test_sentences_follow_each_other_without_a_gap_as_one_stream_and_one_file(page: Page, app: Served) -> None:
    visit(page, app.url, "tts")
    chip(page, "Several sentences")
    expect(page.get_by_text("about 4 segments")).to_be_visible()
    run(page)
    sound = result(page).locator("audio").first
    element = sound.element_handle()
    page.wait_for_function("(audio) => audio.readyState >= 1 && audio.duration < 1e6", arg=element)
    ranges = sound.evaluate(
        "(audio) => [...Array(audio.buffered.length).keys()].map((i) => [audio.buffered.start(i), audio.buffered.end(i)])"
    )
    file = download(page, "Download .mp3")
    seconds = len(decode(file)[0]) / decode(file)[1]
    [[start, end]] = ranges
    assert start == pytest.approx(0, abs=0.1) and end == pytest.approx(seconds, abs=0.2)
    assert longest_silence(file) < LONGEST_PAUSE
    expect(result(page)).to_contain_text("Valid single MP3 stream")
    expect(result(page).get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    assert float(metric(page, "Real-time factor").split()[0]) < 1


@pytest.mark.slow
def test_an_hour_is_looked_at_transcribed_and_stopped_within_a_second(page: Page, app: Served, tmp_path: Path) -> None:
    samples, rate_hz = decode(CLIP.read_bytes())
    minute = np.resize(resample(mono(samples), rate_hz, 8000), 60 * 8000)
    path = tmp_path / "hour.mp3"
    path.write_bytes(mp3_frames.sound(encode_mp3(minute, 8000)) * (HOUR_SECONDS // 60))
    visit(page, app.url, "speech2text")
    page.get_by_text("Upload", exact=True).click()
    settled(page)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(path)
    expect(page.get_by_text("MP3 · 1:00:1")).to_be_visible(timeout=60_000)
    run_button(page).click()
    expect(page.locator(".st-key-state-running")).to_be_attached()
    began = monotonic()
    stop_button(page).click()
    assert state(page, *ENDED) == "stopped"
    assert monotonic() - began < 2 * stop_seconds()  # one for the stop, one for the browser to show it
    settled(page)
    page.get_by_text("Sample", exact=True).click()
    settled(page)
    run_button(page).click()
    state(page, "done")
    settled(page)
    assert "quick test" in transcript(page).lower()
