"""Tests for the embedded voice: intelligible speech, segments that join cleanly, and a quick stop."""

import gc
import re
import weakref
from threading import Event
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boomerang.invoker.audio import audio_facts, decoding, mp3_frames
from boomerang.invoker.backends.embedded.execution.model_lifecycle import Engine
from boomerang.invoker.backends.embedded.tasks.speech2text import Listener
from boomerang.invoker.backends.embedded.tasks.tts import VOICE, WORD_LIMIT, Speaker, answer, cut, legible, limited, listed
from boomerang.invoker.entities.model import ModelPropertyKey
from boomerang.invoker.entities.tts import RequestInvokeTTS
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.events import Notice
from boomerang.invoker.run import Run
from tests.invoker.backends.embedded.threads import BOUND, in_thread, stops_at_once

TEXT = "The quick test begins early, and ends before noon. Nobody knows yet who will win! Shall we see?"
LONG = ", ".join(["the slow brown bear walks around the quiet lake and looks for bread"] * 12) + "."


@pytest.fixture(scope="module")
def speaker() -> Speaker:
    return Speaker()


def spoken(speaker: Speaker, text: str) -> list[bytes]:
    return list(speaker.segments(text, VOICE, Run()))


def words_of(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def notices(speaker: Speaker, text: str, voice: str = VOICE) -> list[Notice]:
    notes: list[Any] = []
    list(speaker.segments(text, voice, Run(notes.append)))
    return [note for note in notes if isinstance(note, Notice)]


def test_each_sentence_is_a_file_and_all_together_are_one(speaker: Speaker, listener: Listener) -> None:
    segments = spoken(speaker, TEXT)
    assert len(segments) == 3
    lengths = []
    for segment in segments:
        facts = audio_facts.facts(segment)
        assert (facts.media_type, facts.sample_rate_hz, facts.channels, facts.notices) == ("audio/mpeg", 24000, 1, ())
        assert facts.seconds > 1
        lengths.append(facts.seconds)
    joined = b"".join(segments)
    assert audio_facts.facts(joined).seconds == pytest.approx(sum(lengths))
    assert mp3_frames.walk(joined).headers == 0
    assert words_of(listener.transcribe(joined, Run())) == words_of(TEXT)


def test_the_same_text_gives_the_same_bytes(speaker: Speaker) -> None:
    assert spoken(speaker, TEXT) == spoken(speaker, TEXT)


@pytest.mark.slow
def test_segments_are_equally_loud_and_end_in_silence(speaker: Speaker) -> None:
    levels = []
    for segment in spoken(speaker, TEXT + " " + LONG):
        samples = decoding.decode(segment)[0][:, 0]
        assert np.abs(samples).max() < 1
        assert np.abs(samples[:120]).max() < 0.01
        assert np.abs(samples[-120:]).max() < 0.01
        blocks = samples[: len(samples) // 480 * 480].reshape(-1, 480)
        rms = np.sqrt(np.square(blocks).mean(axis=1))
        levels.append(np.sqrt(np.square(rms[rms > 0.1 * rms.max()]).mean()))
    assert max(levels) / min(levels) < 10 ** (3 / 20)  # 3 dB


@pytest.mark.slow
def test_a_long_sentence_is_cut_without_losing_a_word(speaker: Speaker, listener: Listener) -> None:
    segments = spoken(speaker, LONG)
    assert len(segments) >= 4
    assert max(audio_facts.facts(segment).seconds for segment in segments) < 18
    assert words_of(listener.transcribe(b"".join(segments), Run())) == words_of(LONG)


@pytest.mark.slow
def test_numbers_too_long_for_words_are_spelled(speaker: Speaker) -> None:
    assert spoken(speaker, "7" * 400)


@pytest.mark.parametrize("text", ["", "  \n ", "😀🎉", "您好，这是一段语音测试。", "Привет мир", "...", "!?"])
def test_nothing_to_speak_is_an_error_at_the_text(speaker: Speaker, text: str) -> None:
    with pytest.raises(InvokeBadRequestError, match="nothing in the text") as caught:
        spoken(speaker, text)
    assert caught.value.field == "content_text"
    assert "English" in str(caught.value.hint)


def test_what_cannot_be_read_is_left_out_with_a_notice(speaker: Speaker) -> None:
    (notice,) = notices(speaker, "Hello friend 😀. 您好。 Good bye, мир.")
    assert notice.items == ("😀", "您好", "мир")
    assert notices(speaker, "A café in Köln costs £5 – naïve?") == []


@pytest.mark.parametrize("voice", ["emma", "fenrir", "Heart", "../heart", "alloy"])
def test_an_unknown_voice_is_an_error_that_lists_the_voices(speaker: Speaker, voice: str) -> None:
    with pytest.raises(InvokeBadRequestError, match="voices are: heart") as caught:
        list(speaker.segments(TEXT, voice, Run()))
    assert caught.value.field == "voice"


def test_no_voice_is_the_default_voice_with_a_notice(speaker: Speaker) -> None:
    (notice,) = notices(speaker, "Hello.", voice="")
    assert "default voice" in str(notice.message)


def test_the_answer_is_dify_chunks(speaker: Speaker) -> None:
    request = RequestInvokeTTS.of({"provider": "embedded", "model": "hibari", "voice": VOICE}, "Hello. Good bye.")
    chunks = list(answer(request, speaker, Run()))
    assert [chunk.mime_type for chunk in chunks] == ["audio/mpeg"] * 2
    assert b"".join(chunk.audio for chunk in chunks) == b"".join(spoken(speaker, "Hello. Good bye."))


def test_the_listed_model_reports_its_voices() -> None:
    properties = listed().model_properties
    assert properties[ModelPropertyKey.DEFAULT_VOICE] in [voice["mode"] for voice in properties[ModelPropertyKey.VOICES]]
    assert properties[ModelPropertyKey.AUDIO_TYPE] == "mp3"


def test_stop_ends_a_speech_within_200_ms() -> None:
    engine = Engine(Speaker)
    first = Event()
    run = Run()

    def speak() -> None:
        for _ in engine.stream(run, lambda model, emit: [emit(segment) for segment in model.segments(LONG * 20, VOICE, run)]):
            first.set()

    thread, outcome = in_thread(speak)
    assert first.wait(BOUND)
    stops_at_once(run, thread, outcome)
    engine.close()


def test_two_speeches_at_once_are_both_right(speaker: Speaker) -> None:
    texts = [TEXT, "Another text altogether. It has its own words."]
    expected = [spoken(speaker, text) for text in texts]
    both = [in_thread(lambda text=text: spoken(speaker, text)) for text in texts]
    for (thread, outcome), right in zip(both, expected, strict=True):
        thread.join(BOUND)
        assert outcome == [right]


def test_closing_gives_the_model_back() -> None:
    engine = Engine(Speaker)
    kept = weakref.ref(engine.model(Run()))
    assert kept() is not None
    engine.close()
    gc.collect()
    assert kept() is None


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(st.text(max_size=60))
def test_any_text_is_spoken_or_refused(text: str) -> None:
    try:
        segments = spoken(_shared(), text)
    except InvokeBadRequestError:
        return
    assert audio_facts.facts(b"".join(segments)).seconds > 0


def _shared(made: list[Speaker] = []) -> Speaker:  # noqa: B006  # hypothesis and fixtures do not mix
    if not made:
        made.append(Speaker())
    return made[0]


@given(st.text(), st.integers(2, 50))
def test_cutting_keeps_every_character_but_spaces(text: str, limit: int) -> None:
    pieces = cut(text, limit)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(0 < len(piece) <= limit for piece in pieces)


def test_a_cut_prefers_commas_then_spaces() -> None:
    assert cut("one two three, four five six", 20) == ["one two three,", "four five six"]
    assert cut("one two three four five six", 20) == ["one two three four", "five six"]
    assert cut("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]
    assert len(cut(LONG, WORD_LIMIT)) > 1


def test_legible_text_keeps_words_numbers_and_accents() -> None:
    assert legible("naïve café, 5 µm, x², ¼ £3 “yes”…") == ("naïve café, 5 µm, x², ¼ £3 “yes”…", [])
    assert legible("a世界b")[1] == ["世界"]
    assert legible("①٣")[0] == "13"


def test_the_limiter_bends_only_what_is_loud() -> None:
    samples = np.array([0.0, 0.5, -0.8, 1.4, -9.0], np.float32)
    bent = limited(samples)
    np.testing.assert_array_equal(bent[:3], samples[:3])
    assert 0.8 < bent[3] < 0.96
    assert -0.96 < bent[4] < -0.9
