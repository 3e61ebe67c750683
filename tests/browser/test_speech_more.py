"""Sound on the two speech pages, in a real browser: without gaps, held against what was said, and given back afterwards."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from boomerang.invoker.audio import mp3_frames
from boomerang.invoker.audio.decoding import decode
from boomerang.invoker.audio.mp3_encoding import encode_mp3
from boomerang.invoker.audio.resampling import mono, resample
from boomerang.workbench.samples.inputs import CLIP, SPEECH

from .driving import ENDED, Visitor, chip, download, metric, result, run, run_button, settled, state, stop_button, texts, visit
from .serving import Served

LONGEST_PAUSE = 0.9
"""Seconds of silence between two sentences of the voice; a gap in the stream would come on top of that."""
SILENT = 0.003
HOUR_SECONDS = 3600
HERE = Path(__file__).parent


def longest_silence(data: bytes) -> float:
    """Measure the longest stretch without sound between the first and the last sound, in seconds."""
    samples, rate_hz = decode(data)
    loud = np.flatnonzero(np.abs(mono(samples)) > SILENT)
    return float(np.diff(loud).max()) / rate_hz


def test_sentences_follow_each_other_without_a_gap_as_one_stream_and_one_file(page: Page, app: Served) -> None:
    visit(page, app.url, "tts")
    chip(page, "Several sentences")
    expect(page.get_by_text("about 4 pieces, by sentence")).to_be_visible()
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
    expect(result(page)).to_contain_text("One file for every player")
    expect(result(page).get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    assert float(metric(page, "Real-time factor").split()[0]) < 1


def test_a_round_trip_marks_the_words_that_came_back_wrong(page: Page, app: Served) -> None:
    visit(page, app.url, "tts")
    chip(page, "Numbers and dates")
    page.locator(".st-key-experiments").get_by_text("Round trip").click()
    settled(page)
    page.get_by_role("button", name="Run experiment").click()
    expect(page.locator(".st-key-state-done-try-round-trip")).to_be_attached(timeout=60_000)
    settled(page)
    bench = page.locator(".st-key-experiments")
    expect(bench).to_contain_text("WER")
    expect(bench.locator("del").first).to_be_visible()
    struck = bench.locator("del").first.evaluate("(mark) => getComputedStyle(mark).textDecorationLine")
    under = bench.locator("ins").first.evaluate("(mark) => getComputedStyle(mark).textDecorationLine")
    assert (struck, under) == ("line-through", "underline")
    assert SPEECH["Numbers and dates"].split()[-2] == "read"  # the words are those of the sample
    expect(bench.locator(".marked")).to_contain_text("meter read")


def test_an_hour_is_looked_at_heard_and_stopped_within_a_second(page: Page, app: Served, tmp_path: Path) -> None:
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
    assert monotonic() - began < 2  # one for the stop, one for the browser to tell
    settled(page)
    page.get_by_text("Sample", exact=True).click()
    settled(page)
    run_button(page).click()
    state(page, "done")
    settled(page)
    assert "quick test" in texts(result(page).get_by_test_id("stCode"))[0].lower()


def test_wav_that_comes_in_pieces_plays_by_itself_once_all_of_it_is_there(browser: Browser) -> None:
    with Served(HERE / "sound_app.py") as served, Visitor(browser) as visitor:
        page = visitor.tab()
        page.goto(f"{served.url}/tts?connection=sound")
        settled(page)
        run(page)
        sound = result(page).locator("audio").first
        page.wait_for_function("(audio) => audio.currentTime > 0.2", arg=sound.element_handle())
        assert sound.evaluate("(audio) => audio.duration") == pytest.approx(3.65, abs=0.05)
        expect(result(page)).to_contain_text("Expected audio/mpeg, but the bytes are audio/wav")
        assert download(page, "Download .wav")[:4] == b"RIFF"


def test_what_a_visitor_leaves_behind_is_given_back(browser: Browser) -> None:
    with Served(STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL="3") as served:
        with Visitor(browser) as visitor:
            page = visit(visitor.tab(), served.url, "tts")
            with page.expect_response(lambda answer: "/live/" in answer.url) as live:
                run(page)
            clip = live.value.url
            page.get_by_test_id("stSidebarNav").get_by_role("link", name="Speech to text").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("Speech to text")
            settled(page)
            media = page.locator("audio").first.evaluate("(audio) => audio.currentSrc || audio.src")
            browsers = {str(cookie.get("name")): str(cookie.get("value")) for cookie in page.context.cookies()}
            assert [httpx.get(address, cookies=browsers).status_code for address in (clip, media)] == [200, 200]
        deadline = monotonic() + 30
        found = [200, 200]
        while found != [404, 404] and monotonic() < deadline:
            found = [httpx.get(address, cookies=browsers).status_code for address in (clip, media)]
        assert found == [404, 404]
