"""Audio on the two speech pages, as a browser plays it; and transcripts compared with their references."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .driving import chip, download, go, result, run, settled, visit
from .serving import Served


def test_a_short_text_is_transcribed_too(page: Page, app: Served) -> None:
    visit(page, app.url, "tts")
    run(page)
    sound = result(page).locator("audio").element_handle()
    page.wait_for_function("(audio) => audio.currentTime > 0.3", arg=sound)


def test_speech_does_not_begin_again_when_the_visitor_comes_back(page: Page, app: Served) -> None:
    visit(page, app.url, "tts")
    run(page)
    page.wait_for_function("(audio) => audio.currentTime > 0.1", arg=result(page).locator("audio").element_handle())
    for name in ("moderation", "tts"):
        settled(go(page, name))
    sound = result(page).locator("audio").element_handle()
    page.wait_for_function("(audio) => audio.readyState >= 1", arg=sound)
    assert sound.evaluate("(audio) => [audio.paused, audio.currentTime]") == [True, 0]


def test_wav_that_comes_in_pieces_plays_by_itself_once_all_of_it_is_there(page: Page, app: Served) -> None:
    page.goto(f"{app.url}/tts?connection=sound")
    settled(page)
    run(page)
    sound = result(page).locator("audio").first
    page.wait_for_function("(audio) => audio.currentTime > 0.2", arg=sound.element_handle())
    assert sound.evaluate("(audio) => audio.duration") == pytest.approx(3.65, abs=0.05)
    expect(result(page)).to_contain_text("Expected audio/mpeg, but the data is audio/wav")
    assert download(page, "Download .wav")[:4] == b"RIFF"


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
