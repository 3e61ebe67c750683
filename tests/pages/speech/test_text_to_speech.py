"""Test the text-to-speech page: voices, players and audio segments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from boomerang.invoker.audio.decoding import decode
from boomerang.invoker.audio.mp3_encoding import encode_mp3
from boomerang.invoker.backend import ModelState
from boomerang.invoker.backends.scripted import Scripted
from boomerang.invoker.entities.model import ModelPropertyKey, ModelType
from boomerang.invoker.entities.tts import TTSResult
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.playground.results.audio.speech import Playback
from boomerang.playground.session import app_state
from boomerang.workbench.samples.inputs import SPEECH
from tests.pages.conftest import CONNECTION
from tests.pages.speech.speech_pages import PNG, WAV, Visit
from tests.pages.visitor import Visitor
from tests.scripted import SPOKEN, Desk, listed


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
    app_state.connections().remove(CONNECTION)
    app_state.connections().add(CONNECTION, lambda: Scripted(desk.answer, models=[bare]))
    page = visit("tts")
    assert not page.can_run and "choose a voice" in page.reason


@pytest.mark.parametrize("text", ["", " \n"])
def test_without_text_nothing_is_spoken(visit: Visit, text: str) -> None:
    page = visit("tts").type("text", text)
    assert not page.can_run and "enter a text" in page.reason


@pytest.mark.parametrize("sample", SPEECH)
def test_a_sample_fills_the_text(visit: Visit, desk: Desk, sample: str) -> None:
    visit("tts").set("button_group", "sample", sample).run()
    assert desk.requests[0].content_text == SPEECH[sample]


def test_the_facts_of_what_was_spoken_are_drawn(visit: Visit, desk: Desk) -> None:
    desk.answer = lambda request, run: [TTSResult.of(SPOKEN, "audio/mpeg")]
    page = visit("tts").run()
    for text in ("audio/mpeg (MP3)", "Sample rate"):
        assert text in page.seen


def test_audio_of_another_type_than_stated_is_highlighted(visit: Visit, desk: Desk) -> None:
    desk.answer = lambda request, run: [TTSResult.of(WAV, "audio/mpeg")]
    page = visit("tts").run()
    assert page.state == "done"
    assert "Expected `audio/mpeg`, but the data is `audio/wav`" in page.at.warning[0].value


@pytest.mark.parametrize("data", [b"no audio at all", b"\xff\xfb\x90\x64" + bytes(40), PNG])
def test_bytes_that_are_no_audio_are_kept_and_reported(visit: Visit, desk: Desk, data: bytes) -> None:
    desk.answer = lambda request, run: [TTSResult.of(data, "audio/mpeg")]
    page = visit("tts").run()
    assert page.state == "done" and page.at.warning


def test_audio_that_is_no_hex_is_reported_and_what_came_before_it_is_kept(visit: Visit, desk: Desk) -> None:
    desk.answer = lambda request, run: [TTSResult.of(SPOKEN, "audio/mpeg"), TTSResult(result="zz", mime_type="audio/mpeg")]
    page = visit("tts").run()
    assert page.state == "failed"
    assert "not in hex" in page.panel() and "ProtocolError" in page.panel()
    assert "Partial audio" in page.seen and page.metrics()["Audio"] == f"{len(SPOKEN) / 1000:.1f} kB"
    assert "Merged from 2 chunks." in page.tab("Received")
    page.at.segmented_control(key=page.key("inspector.received.view")).set_value("chunks")
    assert '"result": "zz"' in page.look().seen


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
    assert "Partial audio" in page.seen and "Download" in page.seen


def test_the_waveform_reports_peak_rms_silence_and_clipping(visit: Visit, desk: Desk) -> None:
    desk.answer = lambda request, run: [TTSResult.of(SPOKEN, "audio/mpeg")]
    page = visit("tts").run()
    assert "Waveform" in page.seen
    for text in ("Peak −", "RMS −", "silence 0.", "not clipped"):
        assert text in page.seen


def test_a_clipped_recording_is_reported(visit: Visit, desk: Desk) -> None:
    samples, rate_hz = decode(SPOKEN)
    loud = encode_mp3((samples * 40).clip(-1, 1), rate_hz)
    desk.answer = lambda request, run: [TTSResult.of(loud, "audio/mpeg")]
    assert "clipped at" in visit("tts").run().seen


def test_files_with_a_header_each_are_warned_of(visit: Visit, desk: Desk) -> None:
    samples, rate_hz = decode(SPOKEN)
    headed = encode_mp3(samples, rate_hz)
    desk.answer = lambda request, run: [TTSResult.of(headed, "audio/mpeg")] * 3
    page = visit("tts").run()
    [warning] = [warning.value for warning in page.at.warning]
    assert "3 files were joined. The first header declares 3.70 s of 11.09 s" in warning


def test_segments_without_headers_are_one_file(visit: Visit, desk: Desk) -> None:
    samples, rate_hz = decode(SPOKEN)
    bare = encode_mp3(samples, rate_hz, joinable=True)
    desk.answer = lambda request, run: [TTSResult.of(bare, "audio/mpeg")] * 3
    page = visit("tts").run()
    assert "Valid single MP3 stream" in page.seen and not page.at.warning


def test_a_model_that_declares_another_type_keeps_that_type(visit: Visit, desk: Desk) -> None:
    properties = {ModelPropertyKey.VOICES: [{"mode": "v", "name": "V", "language": []}], ModelPropertyKey.AUDIO_TYPE: "wav"}
    honest = listed("speaker", ModelType.TTS, model_properties=properties)
    desk.answer = lambda request, run: [TTSResult.of(WAV, None)]
    app_state.connections().remove(CONNECTION)
    app_state.connections().add(CONNECTION, lambda: Scripted(desk.serve, models=[honest]))
    assert not visit("tts").run().at.warning
    desk.answer = lambda request, run: [TTSResult.of(SPOKEN, None)]
    assert "Expected `audio/wav`" in visit("tts").run().at.warning[0].value


def test_the_counter_reports_characters_limit_and_pieces(visit: Visit, desk: Desk) -> None:
    page = visit("tts").type("text", "Hello.")
    assert "6 characters · the model declares no word_limit" in page.seen


def test_a_round_trip_speaks_and_writes_down_again(visit: Visit, desk: Desk) -> None:
    page = visit("tts").type("text", "The quick toast.").set("button_group", "experiment", "round-trip")
    page.click("try-round-trip.run")
    spoken, received = desk.requests
    assert (spoken.content_text, received.file, received.model) == ("The quick toast.", SPOKEN * 2, "listener")
    assert "WER 33.3%" in page.seen and "The quick test." in page.seen


def test_a_round_trip_without_sound_says_where_it_ended(visit: Visit, desk: Desk) -> None:
    desk.answer = lambda request, run: [TTSResult.of(b"", "audio/mpeg")]
    page = visit("tts").set("button_group", "experiment", "round-trip").click("try-round-trip.run")
    assert "Transcribe: InvokeBadRequestError: Nothing was spoken" in page.faults
    assert len(desk.requests) == 1


def test_every_voice_speaks_and_can_be_checked(visit: Visit, desk: Desk) -> None:
    page = visit("tts").set("button_group", "experiment", "every-voice").click("try-every-voice.run")
    assert [request.voice for request in desk.requests] == ["v1", "v2"]
    assert "**Ada** · v1" in page.seen and page.seen.count("s of audio in") == 2
    page.set("feedback", "try-every-voice.verdict.v1", 1)


def test_a_long_text_is_not_spoken_in_every_voice(visit: Visit, desk: Desk) -> None:
    page = visit("tts").type("text", "word " * 100).set("button_group", "experiment", "every-voice")
    assert page.at.button(key="tts.try-every-voice.run").disabled and "at most 300 characters" in page.seen


def test_voices_are_compared_side_by_side_and_none_plays_by_itself(visit: Visit, desk: Desk) -> None:
    page = visit("tts").set("button_group", "panes", 2)
    assert page.at.toggle(key="tts.autoplay").disabled
    page.run()
    assert page.seen.count("Waveform") == 2 and "A · speaker" in page.seen and "B · speaker" in page.seen
    assert len(page.at.get("audio")) == 0, "the players are in the panes"
    panes = [page.page_state, page.page_state.parts["pane2"]]
    playbacks = [pane.job.origin.context.get(Playback) for pane in panes if pane.job]
    assert [playback.autoplay for playback in playbacks if playback] == [False, False]
