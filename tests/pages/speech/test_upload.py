"""Test uploads on the speech2text page: which files it accepts, and what it reports about them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from boomerang.invoker.audio.audio_facts import facts
from boomerang.invoker.audio.file_type import EXTENSIONS
from boomerang.invoker.audio.file_type import READABLE as KINDS
from boomerang.invoker.audio.playing_time import PLAYING_TIMES
from boomerang.invoker.audio.upload_check import READABLE, UPLOAD_LIMIT_BYTES
from boomerang.playground.forms.texts import paste_and_import
from boomerang.workbench.conversations.attachments import MOST_FILE_BYTES
from boomerang.workbench.samples.inputs import CLIP_TEXT
from boomerang.workbench.sharing import form_file
from tests.invoker.sounds import claiming, id3, sound
from tests.pages.speech.speech_pages import PNG, WAV, Visit, upload
from tests.pages.visitor import Visitor
from tests.scripted import SPOKEN, Desk


def test_nothing_chosen_yet_keeps_run_disabled(page: Visitor) -> None:
    assert not page.can_run and "choose an audio file" in page.reason


def test_an_mp3_is_sent_to_the_byte_and_its_facts_are_shown(page: Visitor, desk: Desk) -> None:
    upload(page, "mine.mp3", SPOKEN)
    assert "MP3" in page.seen and f"{len(SPOKEN):,} bytes" in page.seen and f"{2 * len(SPOKEN):,} on the wire" in page.seen
    page.run()
    assert desk.requests[0].file == SPOKEN
    assert page.metrics()["Payload"] == f"{2 * len(SPOKEN) / 1000:.1f} kB"
    assert CLIP_TEXT not in page.seen


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("empty.mp3", b"", "empty (0 bytes)"),
        ("image.mp3", PNG, "looks like a PNG"),
        ("page.mp3", b"<!doctype html><p>404", "HTML"),
        ("notes.mp3", b"just words\n" * 20, "no audio"),
        ("noise.mp3", bytes(range(256)) * 8, "no audio"),
    ],
)
def test_what_is_no_audio_is_refused_at_the_field(page: Visitor, desk: Desk, name: str, data: bytes, text: str) -> None:
    upload(page, name, data)
    assert not page.can_run
    assert text in page.faults and text in page.reason
    assert upload(page, "mine.mp3", SPOKEN).can_run


def test_a_wav_named_mp3_is_read_as_what_it_is_with_a_notice(page: Visitor, desk: Desk) -> None:
    upload(page, "wrong.mp3", WAV)
    assert "named .mp3, but its bytes are WAV" in page.faults
    assert page.can_run
    assert page.run().state == "done" and desk.requests[0].file == WAV


def test_an_mp3_that_was_cut_off_is_said_to_be_so_and_can_be_sent(page: Visitor, desk: Desk) -> None:
    upload(page, "cut.mp3", SPOKEN[: len(SPOKEN) // 2])
    assert "cut" in page.faults.lower() or "not all there" in page.faults or "header tells" in page.faults
    assert page.run().state == "done"


def test_a_file_over_the_limit_is_refused(page: Visitor, desk: Desk) -> None:
    upload(page, "long.mp3", SPOKEN + bytes(UPLOAD_LIMIT_BYTES))
    assert not page.can_run and "the limit is 25 MB" in page.faults


def test_the_field_states_the_limit_and_the_kinds_that_are_true(page: Visitor) -> None:
    field = page.at.file_uploader(key="speech2text.upload").proto
    assert field.label == f"Audio file, up to {UPLOAD_LIMIT_BYTES // 2**20} MB: {READABLE}"
    assert field.max_upload_size_mb == UPLOAD_LIMIT_BYTES // 2**20
    assert set(EXTENSIONS) <= {kind.lstrip(".") for kind in field.type}
    assert {result.name for result in KINDS if result.readable} == set(READABLE.split(", "))


def test_the_servers_limit_is_that_of_the_largest_upload() -> None:
    server = tomllib.loads((Path(__file__).parents[3] / ".streamlit/config.toml").read_text("utf-8"))["server"]
    largest = max(UPLOAD_LIMIT_BYTES, MOST_FILE_BYTES, paste_and_import.MOST_BYTES)
    assert server["maxUploadSize"] * 2**20 == form_file.MOST_BYTES >= largest * 4 / 3, "a form file has audio as base64"


def test_a_file_that_plays_too_long_is_refused_by_name_and_looked_at_once(
    page: Visitor, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    monkeypatch.setattr(
        "boomerang.playground.forms.audio.audio_preview.facts", lambda *args: opened.append(args) or facts(*args)
    )
    upload(page, "night.flac", claiming(sound("flac"), 12 * 3600, 44_100))
    assert not page.can_run and "plays for 12.0 hours; the limit is 3 hours" in page.faults
    page.type("reference", "anything")
    assert "the limit is 3 hours" in page.faults and len(opened) == 1


def test_a_wav_behind_a_tag_is_read(page: Visitor, desk: Desk) -> None:
    upload(page, "tagged.wav", id3(b"x" * 3000) + WAV)
    assert "WAV · " in page.seen and page.can_run and not page.faults


def test_the_recording_of_a_microphone_is_sent_as_mp3(visit: Visit, desk: Desk) -> None:
    page = visit("speech2text").set("button_group", "source", "Microphone")
    assert not page.can_run and "record something" in page.reason
    page.at.audio_input(key="speech2text.recording").upload("recording.wav", WAV)
    page.look().run()
    sent = desk.requests[0].file
    assert sent != WAV and sent[:3] != b"RIF" and len(sent) < len(WAV)
    assert "Converted to MP3" in page.seen


def test_a_recording_without_sound_in_it_is_reported(visit: Visit, desk: Desk) -> None:
    page = visit("speech2text").set("button_group", "source", "Microphone")
    page.at.audio_input(key="speech2text.recording").upload("recording.wav", WAV[:20])
    page.look()
    assert not page.can_run and page.faults


def test_a_file_is_read_once_by_the_page_however_often_it_is_drawn(page: Visitor, desk: Desk) -> None:
    before = PLAYING_TIMES.reads
    upload(page, "short.wav", sound("wav", 0.83)).run()
    page.look().look()
    assert "WAV · " in page.seen and page.can_run
    assert PLAYING_TIMES.reads == before
