"""Tests for embedded speech-to-text: any rate, format and length; silence stays silent; a stop takes effect in the middle."""

import gc
import io
import re
import weakref
from itertools import pairwise
from pathlib import Path
from threading import Event

import numpy as np
import pytest
import soundfile

from boomerang.invoker.audio import decoding, file_type, resampling
from boomerang.invoker.backends.embedded.execution.model_lifecycle import Engine
from boomerang.invoker.backends.embedded.onnx.moonshine import vocabulary
from boomerang.invoker.backends.embedded.onnx.speech_segments import (
    EARLIEST_CUT_SECONDS,
    LONGEST_SECONDS,
    RATE_HZ,
    pieces,
    quietest,
)
from boomerang.invoker.backends.embedded.tasks.speech2text import Listener, answer, listed
from boomerang.invoker.entities.model import ModelPropertyKey
from boomerang.invoker.entities.speech2text import RequestInvokeSpeech2Text
from boomerang.invoker.errors import InvokeBadRequestError, RunStoppedError
from boomerang.invoker.events import Notice, TranscriptSegment
from boomerang.invoker.run import Run
from boomerang.invoker.weights.models_folder import Weights
from tests.invoker.backends.embedded.threads import BOUND, in_thread, stops_at_once

SAMPLES = Path(__file__).parents[5] / "src/boomerang/workbench/samples/assets/samples"
CLIP = (SAMPLES / "quick-test.mp3").read_bytes()
SENTENCE = ["the", "quick", "test", "begins", "at", "seven", "and", "ends", "before", "noon"]


def words_of(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower().replace("7", "seven"))


def encoded(samples: np.ndarray, rate_hz: int, form: str, subtype: str | None = None) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate_hz, format=form, subtype=subtype)
    return buffer.getvalue()


def clip(rate_hz: int, channels: int = 1) -> np.ndarray:
    samples, from_hz = decoding.decode(CLIP)
    return np.repeat(resampling.resample(samples, from_hz, rate_hz), channels, axis=1)


def test_the_bundled_sample_is_understood(listener: Listener) -> None:
    assert words_of(listener.transcribe(CLIP, Run())) == SENTENCE


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "subtype", "rate_hz", "channels"),
    [
        ("MP3", None, 44100, 2),
        ("WAV", "PCM_16", 16000, 1),
        ("WAV", "FLOAT", 96000, 2),
        ("FLAC", None, 48000, 2),
        ("OGG", "VORBIS", 22050, 1),
        ("OGG", "OPUS", 48000, 1),
    ],
)
def test_format_rate_and_channels_make_no_difference(
    listener: Listener, form: str, subtype: str | None, rate_hz: int, channels: int
) -> None:
    assert words_of(listener.transcribe(encoded(clip(rate_hz, channels), rate_hz, form, subtype), Run())) == SENTENCE


@pytest.mark.slow
def test_telephone_quality_costs_a_word_at_most(listener: Listener) -> None:
    received = words_of(listener.transcribe(encoded(clip(8000), 8000, "MP3"), Run()))
    assert len(received) == len(SENTENCE)
    assert sum(word != right for word, right in zip(received, SENTENCE, strict=True)) <= 1


def test_silence_is_an_empty_text(listener: Listener) -> None:
    assert listener.transcribe((SAMPLES / "silence.mp3").read_bytes(), Run()) == ""
    hiss = np.random.default_rng(0).normal(0, 0.001, 5 * RATE_HZ).astype(np.float32)
    assert listener.transcribe(encoded(hiss, RATE_HZ, "WAV"), Run()) == ""


@pytest.mark.parametrize("frames", [1, 100, 1600])
def test_very_short_sound_does_not_fail(listener: Listener, frames: int) -> None:
    click = np.full(frames, 0.5, np.float32)
    assert isinstance(listener.transcribe(encoded(click, RATE_HZ, "WAV"), Run()), str)


@pytest.mark.slow
def test_a_long_recording_is_transcribed_piece_by_piece(listener: Listener) -> None:
    notes: list[Event] = []
    quiet = np.zeros((RATE_HZ, 1), np.float32)
    long = np.concatenate([clip(RATE_HZ), quiet] * 10)
    assert words_of(listener.transcribe(encoded(long, RATE_HZ, "FLAC"), Run(notes.append))) == SENTENCE * 10
    received = [note for note in notes if isinstance(note, TranscriptSegment)]
    assert len(received) >= 3
    assert received[0].start == 0
    assert received[-1].end == pytest.approx(len(long) / RATE_HZ)
    assert all(before.end == after.start for before, after in pairwise(received))


def test_a_cut_off_file_is_transcribed_as_far_as_it_goes(listener: Listener) -> None:
    notes: list[Event] = []
    text = listener.transcribe(CLIP[: len(CLIP) // 2], Run(notes.append))
    assert words_of(text)[:3] == SENTENCE[:3]
    assert any("cut off after" in str(note.message) for note in notes if isinstance(note, Notice))


def test_a_file_with_a_wrong_name_is_transcribed(listener: Listener) -> None:
    data = (SAMPLES / "wrong-extension.mp3").read_bytes()
    request = RequestInvokeSpeech2Text.of({"provider": "embedded", "model": "moonshine-tiny-en"}, data)
    assert words_of(answer(request, listener, Run()).result) == ["my", "name", "is", "wrong"]


@pytest.mark.parametrize(
    ("data", "message"), [(b"", "0 bytes"), (b"\x89PNG\r\n\x1a\n" + bytes(99), "PNG image"), (b"ID3", "no ")]
)
def test_what_is_no_audio_is_an_error_at_the_file(listener: Listener, data: bytes, message: str) -> None:
    request = RequestInvokeSpeech2Text.of({"provider": "embedded", "model": "moonshine-tiny-en"}, data)
    with pytest.raises(InvokeBadRequestError, match=message) as caught:
        answer(request, listener, Run())
    assert caught.value.field == "file"


def test_stop_in_the_middle_ends_the_run_and_the_work_within_200_ms(listener: Listener) -> None:
    long = encoded(np.concatenate([clip(RATE_HZ)] * 60), RATE_HZ, "WAV")
    received = Event()
    run = Run(lambda note: received.set() if isinstance(note, TranscriptSegment) else None)
    thread, outcome = in_thread(lambda: listener.transcribe(long, run))
    assert received.wait(BOUND)
    stops_at_once(run, thread, outcome)


def test_a_stopped_run_transcribes_nothing(listener: Listener) -> None:
    run = Run()
    run.stop()
    with pytest.raises(RunStoppedError):
        listener.transcribe(CLIP, run)


def test_two_recordings_at_once_are_both_right(listener: Listener) -> None:
    other = (SAMPLES / "wrong-extension.mp3").read_bytes()
    both = [in_thread(lambda data=data: words_of(listener.transcribe(data, Run()))) for data in (CLIP, other)]
    for (thread, outcome), right in zip(both, (SENTENCE, ["my", "name", "is", "wrong"]), strict=True):
        thread.join(BOUND)
        assert outcome == [right]


def test_closing_gives_the_model_back() -> None:
    engine = Engine(lambda: Listener.load(Weights().path))
    kept = weakref.ref(engine.model(Run()))
    assert kept() is not None
    engine.close()
    gc.collect()
    assert kept() is None


def test_the_listed_model_reports_its_limits() -> None:
    properties = listed().model_properties
    assert properties[ModelPropertyKey.FILE_UPLOAD_LIMIT] == 25
    assert properties[ModelPropertyKey.SUPPORTED_FILE_EXTENSIONS] == ",".join(file_type.EXTENSIONS)


def test_pieces_are_all_of_the_sound_and_none_is_too_long() -> None:
    sound = np.random.default_rng(0).normal(0, 0.1, 75 * RATE_HZ).astype(np.float32)
    cut = list(pieces(np.array_split(sound, 7)))
    np.testing.assert_array_equal(np.concatenate(cut), sound)
    assert all(EARLIEST_CUT_SECONDS * RATE_HZ < len(piece) <= LONGEST_SECONDS * RATE_HZ for piece in cut[:-1])


def test_the_cut_is_in_the_quietest_stretch() -> None:
    sound = np.full(LONGEST_SECONDS * RATE_HZ, 0.1, np.float32)
    sound[round(15.5 * RATE_HZ) : round(15.6 * RATE_HZ)] = 0.001
    sound[5 * RATE_HZ : 6 * RATE_HZ] = 0.0  # too early to cut
    assert quietest(sound) / RATE_HZ == pytest.approx(15.55, abs=0.001)


def test_the_vocabulary_reads_short_and_long_tokens() -> None:
    assert vocabulary(b"\x02hi\x00\x80\x01" + b"x" * 128 + b"\x81\x02" + b"y" * 257) == [b"hi", b"", b"x" * 128, b"y" * 257]
