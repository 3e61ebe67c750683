"""The speech pages: what may be uploaded and what is said of it; voices, players and pieces of audio."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from boomerang.invoker.audio.audio_facts import facts
from boomerang.invoker.audio.decoding import decode
from boomerang.invoker.audio.file_type import EXTENSIONS
from boomerang.invoker.audio.file_type import READABLE as KINDS
from boomerang.invoker.audio.mp3_encoding import encode_mp3
from boomerang.invoker.audio.upload_check import READABLE, UPLOAD_LIMIT_BYTES
from boomerang.invoker.backend import ModelState
from boomerang.invoker.backends.scripted import Scripted
from boomerang.invoker.entities.model import ModelPropertyKey, ModelType
from boomerang.invoker.entities.speech2text import Speech2TextResult
from boomerang.invoker.entities.tts import TTSResult
from boomerang.invoker.events import NoteKind
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.playground.forms.texts import paste_and_import
from boomerang.playground.session import app_state
from boomerang.workbench.conversations.attachments import MOST_FILE_BYTES
from boomerang.workbench.experiments.audio_robustness import DAMAGES
from boomerang.workbench.samples.inputs import ASSETS, CLIP, CLIP_TEXT, RECORDINGS, SAMPLES_FOLDER, SPEECH
from tests.invoker.sounds import claiming, id3, sound
from tests.scripted import SPOKEN, Desk, listed

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


def test_the_sample_is_sent_and_its_known_text_is_held_against_the_result(visit: Visit, desk: Desk) -> None:
    page = visit("speech2text").run()
    assert desk.requests[0].file == CLIP.read_bytes()
    assert page.at.text_area(key="speech2text.reference").value == CLIP_TEXT
    assert "The quick test." in [code.value for code in page.at.code]
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
    assert "WER 70.0%" in page.seen  # of the clip that was heard
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


def test_what_the_speech_page_spoke_last_can_be_heard(visit: Visit, desk: Desk) -> None:
    page = visit("speech2text").set("button_group", "source", "Speech page")
    assert not page.can_run and "have something spoken" in page.reason
    page.open("tts").type("text", "Good morning.").run()
    page.open("speech2text")
    assert page.at.text_area(key="speech2text.reference").value == "Good morning."
    page.run()
    assert desk.requests[-1].file == SPOKEN * 2


def test_what_the_call_cannot_carry_is_greyed_with_the_reason(visit: Visit, desk: Desk) -> None:
    for name, fields in (("speech2text", ["Language", "Prompt", "Temperature", "Time stamps"]), ("tts", ["Speed"])):
        page = visit(name)
        inputs = {field.label: field for field in page.at.text_input}
        assert all(inputs[field].disabled for field in fields)
        assert f"`{name}.invoke` takes" in page.seen


def test_subtitles_are_there_when_the_back_end_told_times_and_greyed_when_not(visit: Visit, desk: Desk) -> None:
    page = visit("speech2text").run()
    assert {button.label: button.disabled for button in downloads(page)} == {"Text": False, "SRT": True, "VTT": True}

    def tells(request: Request[Any], run: Run) -> list[Any]:
        run.note(NoteKind.DETAIL, "2 s heard", start=0.0, end=2.0, text="The quick test.")
        return [Speech2TextResult(result="The quick test.")]

    desk.answer = tells
    page.run()
    assert not any(button.disabled for button in downloads(page))
    assert "The quick test." in str(page.at.dataframe[0].value)


def downloads(page: Visitor) -> list[Any]:
    """Give the download buttons of the transcript."""
    found = [element for element in page.at.get("download_button") if element.proto.label in ("Text", "SRT", "VTT")]
    return [element.proto for element in found]


def test_a_worse_recording_is_heard_in_each_way_and_one_that_fails_ends_none_of_the_others(visit: Visit, desk: Desk) -> None:
    def tires(request: Request[Any], run: Run) -> list[Any]:
        if len(desk.requests) == 3:
            raise ConnectionError("cable cut")
        return [Speech2TextResult(result=CLIP_TEXT)]

    desk.answer = tires
    page = visit("speech2text").set("button_group", "experiment", "robustness").click("try-robustness.run")
    files = [request.file for request in desk.requests]
    assert files[0] == CLIP.read_bytes() and len(set(files)) == 1 + len(DAMAGES)
    assert page.seen.count("WER 0.0%") == len(DAMAGES)
    assert "ConnectionError: cable cut" in page.faults
    seconds = [facts(file).seconds or 0 for file in files]
    assert seconds[-1] == pytest.approx(seconds[0] + 4, abs=0.2)


def test_robustness_asks_for_what_was_said(visit: Visit, desk: Desk) -> None:
    page = visit("speech2text").type("reference", "").set("button_group", "experiment", "robustness")
    assert page.at.button(key="speech2text.try-robustness.run").disabled
    assert "what was really said" in page.seen


def test_two_transcripts_are_compared_word_by_word(visit: Visit, desk: Desk) -> None:
    desk.answer = lambda request, run: [Speech2TextResult(result=f"The quick test {len(desk.requests)}.")]
    page = visit("speech2text").set("button_group", "panes", 2).run()
    assert "A → B" in page.seen and "only in A" in page.seen
    assert "A · listener" in page.seen and "70.0%" in page.seen


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


def test_the_field_states_the_limit_and_the_kinds_that_are_true(page: Visitor) -> None:
    field = page.at.file_uploader(key="speech2text.upload").proto
    assert field.label == f"Audio file, up to {UPLOAD_LIMIT_BYTES // 2**20} MB: {READABLE}"
    assert field.max_upload_size_mb == UPLOAD_LIMIT_BYTES // 2**20
    assert set(EXTENSIONS) <= {kind.lstrip(".") for kind in field.type}
    assert {found.name for found in KINDS if found.readable} == set(READABLE.split(", "))


def test_the_servers_limit_is_that_of_an_audio_file() -> None:
    server = tomllib.loads((Path(__file__).parents[2] / ".streamlit/config.toml").read_text("utf-8"))["server"]
    assert server["maxUploadSize"] * 2**20 == UPLOAD_LIMIT_BYTES >= max(MOST_FILE_BYTES, paste_and_import.MOST_BYTES)


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
    app_state.connections().remove(CONNECTION)
    app_state.connections().add(CONNECTION, lambda: Scripted(desk.answer, models=[bare]))
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


def test_the_waveform_tells_peak_rms_silence_and_clipping(visit: Visit, desk: Desk) -> None:
    desk.answer = lambda request, run: [TTSResult.of(SPOKEN, "audio/mpeg")]
    page = visit("tts").run()
    assert "Waveform" in page.seen
    for words in ("Peak −", "RMS −", "silence 0.", "not clipped"):
        assert words in page.seen


def test_a_clipped_recording_is_told(visit: Visit, desk: Desk) -> None:
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
    assert "3 files were joined: the first header tells of 3.70 s of 11.09 s" in warning


def test_segments_without_headers_are_one_file(visit: Visit, desk: Desk) -> None:
    samples, rate_hz = decode(SPOKEN)
    bare = encode_mp3(samples, rate_hz, joinable=True)
    desk.answer = lambda request, run: [TTSResult.of(bare, "audio/mpeg")] * 3
    page = visit("tts").run()
    assert "One file for every player" in page.seen and not page.at.warning


def test_a_model_that_declares_another_type_is_held_to_it(visit: Visit, desk: Desk) -> None:
    properties = {ModelPropertyKey.VOICES: [{"mode": "v", "name": "V", "language": []}], ModelPropertyKey.AUDIO_TYPE: "wav"}
    honest = listed("speaker", ModelType.TTS, model_properties=properties)
    desk.answer = lambda request, run: [TTSResult.of(WAV, None)]
    app_state.connections().remove(CONNECTION)
    app_state.connections().add(CONNECTION, lambda: Scripted(desk.serve, models=[honest]))
    assert not visit("tts").run().at.warning
    desk.answer = lambda request, run: [TTSResult.of(SPOKEN, None)]
    assert "Expected `audio/wav`" in visit("tts").run().at.warning[0].value


def test_the_counter_tells_characters_limit_and_pieces(visit: Visit, desk: Desk) -> None:
    page = visit("tts").type("text", "Hello.")
    assert "6 characters · the model declares no word_limit" in page.seen


def test_a_round_trip_speaks_and_writes_down_again(visit: Visit, desk: Desk) -> None:
    page = visit("tts").type("text", "The quick toast.").set("button_group", "experiment", "round-trip")
    page.click("try-round-trip.run")
    spoken, heard = desk.requests
    assert (spoken.content_text, heard.file, heard.model) == ("The quick toast.", SPOKEN * 2, "listener")
    assert "WER 33.3%" in page.seen and "The quick test." in page.seen


def test_a_round_trip_without_sound_says_where_it_ended(visit: Visit, desk: Desk) -> None:
    desk.answer = lambda request, run: [TTSResult.of(b"", "audio/mpeg")]
    page = visit("tts").set("button_group", "experiment", "round-trip").click("try-round-trip.run")
    assert "Write down: InvokeBadRequestError: Nothing was spoken" in page.faults
    assert len(desk.requests) == 1


def test_every_voice_speaks_and_can_be_judged(visit: Visit, desk: Desk) -> None:
    page = visit("tts").set("button_group", "experiment", "every-voice").click("try-every-voice.run")
    assert [request.voice for request in desk.requests] == ["v1", "v2"]
    assert "**Ada** · v1" in page.seen and page.seen.count("s of sound made in") == 2
    page.set("feedback", "try-every-voice.verdict.v1", 1)


def test_a_long_text_is_not_spoken_in_every_voice(visit: Visit, desk: Desk) -> None:
    page = visit("tts").type("text", "word " * 100).set("button_group", "experiment", "every-voice")
    assert page.at.button(key="tts.try-every-voice.run").disabled and "at most 300 characters" in page.seen


def test_voices_are_compared_side_by_side_and_none_plays_by_itself(visit: Visit, desk: Desk) -> None:
    page = visit("tts").set("button_group", "panes", 2)
    assert page.at.toggle(key="tts.autoplay").disabled
    page.run()
    assert page.seen.count("Waveform") == 2 and "A · speaker" in page.seen and "B · speaker" in page.seen
    panes = [page.held, page.held.parts["pane2"]]
    assert [pane.job.context["autoplay"] for pane in panes if pane.job] == [False, False]
