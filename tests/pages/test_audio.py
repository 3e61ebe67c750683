"""The speech pages: what may be uploaded and what is said of it; voices, players and pieces of audio."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from invoker import ModelState, Request, Run
from invoker.audio import UPLOAD_LIMIT_BYTES
from invoker.backends.scripted import Scripted
from invoker.entities.model import ModelType
from invoker.entities.tts import TTSResult
from playground import resources
from playground.samples import ASSETS, CLIP, CLIP_TEXT, SPEECH
from tests.playground.scripted import SPOKEN, Desk, listed

from .conftest import CONNECTION
from .visitor import Visitor

Visit = Callable[[str], Visitor]
WAV = (ASSETS / "samples" / "wrong-extension.mp3").read_bytes()
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + bytes(100)


@pytest.fixture
def page(visit: Visit) -> Visitor:
    """Give the speech2text page with the upload chosen."""
    return visit("speech2text").set("button_group", "source", "Upload")


def upload(page: Visitor, name: str, data: bytes) -> Visitor:
    """Choose a file."""
    page.at.file_uploader(key="speech2text.upload").upload(name, data)
    return page.look()


def test_the_sample_is_sent_and_its_known_text_stands_beside_the_result(visit: Visit, desk: Desk) -> None:
    page = visit("speech2text").run()
    assert desk.requests[0].file == CLIP.read_bytes()
    codes = [code.value for code in page.at.code]
    assert "The quick test." in codes and CLIP_TEXT in codes


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
    ("name", "data", "words"),
    [
        ("empty.mp3", b"", "empty (0 bytes)"),
        ("image.mp3", PNG, "looks like a PNG"),
        ("page.mp3", b"<!doctype html><p>404", "HTML"),
        ("notes.mp3", b"just words\n" * 20, "no audio"),
        ("noise.mp3", bytes(range(256)) * 8, "no audio"),
    ],
)
def test_what_is_no_audio_is_refused_at_the_field(page: Visitor, desk: Desk, name: str, data: bytes, words: str) -> None:
    upload(page, name, data)
    assert not page.can_run
    assert words in page.faults and words in page.reason
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


def test_the_recording_of_a_microphone_is_sent_as_mp3(visit: Visit, desk: Desk) -> None:
    page = visit("speech2text").set("button_group", "source", "Microphone")
    assert not page.can_run and "record something" in page.reason
    page.at.audio_input(key="speech2text.recording").upload("recording.wav", WAV)
    page.look().run()
    sent = desk.requests[0].file
    assert sent != WAV and sent[:3] != b"RIF" and len(sent) < len(WAV)
    assert "Converted to MP3" in page.seen


def test_a_recording_without_sound_in_it_is_told(visit: Visit, desk: Desk) -> None:
    page = visit("speech2text").set("button_group", "source", "Microphone")
    page.at.audio_input(key="speech2text.recording").upload("recording.wav", WAV[:20])
    page.look()
    assert not page.can_run and page.faults


# Text to speech


def test_text_and_voice_are_sent(visit: Visit, desk: Desk) -> None:
    visit("tts").type("text", 'Say "this"\nand that.').set("selectbox", "voice", "v1").run()
    request = desk.requests[0]
    assert (request.content_text, request.voice) == ('Say "this"\nand that.', "v1")


def test_the_models_default_voice_is_chosen_and_names_are_shown(visit: Visit, desk: Desk) -> None:
    page = visit("tts")
    assert page.at.selectbox(key="tts.voice").options == ["Ada (v1)", "Bo (v2)"]
    page.run()
    assert desk.requests[0].voice == "v2"


def test_any_voice_may_be_typed(visit: Visit, desk: Desk) -> None:
    page = Visitor(CONNECTION)
    page.at.session_state["tts.voice"] = "my-clone"
    page.open("tts").run()
    assert desk.requests[0].voice == "my-clone"


def test_a_model_without_voices_needs_one_typed(visit: Visit, desk: Desk) -> None:
    bare = listed("mute", ModelType.TTS, state=ModelState.LOADED)
    resources.CONNECTIONS.remove(CONNECTION)
    resources.CONNECTIONS.add(CONNECTION, lambda: Scripted(desk.answer, models=[bare]))
    page = visit("tts")
    assert not page.can_run and "choose a voice" in page.reason


@pytest.mark.parametrize("text", ["", " \n"])
def test_without_text_nothing_is_spoken(visit: Visit, text: str) -> None:
    page = visit("tts").type("text", text)
    assert not page.can_run and "type a text" in page.reason


@pytest.mark.parametrize("sample", SPEECH)
def test_a_sample_fills_the_text(visit: Visit, desk: Desk, sample: str) -> None:
    visit("tts").set("button_group", "sample", sample).run()
    assert desk.requests[0].content_text == SPEECH[sample]


def test_the_facts_of_what_was_spoken_are_drawn(visit: Visit, desk: Desk) -> None:
    desk.answer = lambda request, run: [TTSResult.of(SPOKEN, "audio/mpeg")]
    page = visit("tts").run()
    for words in ("audio/mpeg (MP3)", "Duration", "Sample rate", f"{len(SPOKEN):,}"):
        assert words in page.seen


def test_audio_of_another_type_than_told_is_marked(visit: Visit, desk: Desk) -> None:
    desk.answer = lambda request, run: [TTSResult.of(WAV, "audio/mpeg")]
    page = visit("tts").run()
    assert page.state == "done"
    assert "Expected `audio/mpeg`, but the bytes are `audio/wav`" in page.at.warning[0].value


@pytest.mark.parametrize("data", [b"no audio at all", b"\xff\xfb\x90\x64" + bytes(40), PNG])
def test_bytes_that_are_no_audio_are_kept_and_told(visit: Visit, desk: Desk, data: bytes) -> None:
    desk.answer = lambda request, run: [TTSResult.of(data, "audio/mpeg")]
    page = visit("tts").run()
    assert page.state == "done" and page.at.warning


def test_audio_that_is_no_hex_is_told_and_what_came_before_it_is_kept(visit: Visit, desk: Desk) -> None:
    desk.answer = lambda request, run: [TTSResult.of(SPOKEN, "audio/mpeg"), TTSResult(result="zz", mime_type="audio/mpeg")]
    page = visit("tts").run()
    assert page.state == "failed"
    assert "not in hex" in page.panel() and "ProtocolError" in page.panel()
    assert "This is what had arrived" in page.seen and f"{len(SPOKEN):,}" in page.seen
    assert '"result": "zz"' in page.tab("Received")


def test_zero_bytes_are_an_empty_answer(visit: Visit, desk: Desk) -> None:
    desk.answer = lambda request, run: [TTSResult.of(b"", "audio/mpeg")]
    assert visit("tts").run().state == "empty"


def test_what_had_been_spoken_before_a_failure_is_kept(visit: Visit, desk: Desk) -> None:
    def breaks(request: Request[Any], run: Run) -> Iterator[Any]:
        yield TTSResult.of(SPOKEN, "audio/mpeg")
        raise ConnectionError("cable cut")

    desk.answer = breaks
    page = visit("tts").run()
    assert page.state == "failed" and "cable cut" in page.panel()
    assert "This is what had arrived" in page.seen and "Download" in page.seen
