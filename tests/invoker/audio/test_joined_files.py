"""Tests that no audio is dropped without a notice: files joined, cut, interrupted by junk, in every variant of every kind."""

from __future__ import annotations

import random
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boomerang.invoker.audio import audio_facts, decoding, mp3_frames, upload_check
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.messages.message import Message
from tests.invoker.sounds import FORMS, ape, frames, free_format, id3, silence, sound

JUNK = np.random.default_rng(1).bytes(300_000)
DROPPED = {
    "audio.cut",
    "audio.cut_inside",
    "audio.damaged",
    "audio.left_out",
    "audio.left_out_places",
    "audio.not_converted",
    "audio.more_notices",
}
"""Notices that report unread data."""
DECODER_MESSAGES = (
    "pipe",
    "not recognised",
    "unimplemented",
    "unknown error",
    "Unspecified",
    "decoder",
    "Error :",
    "lost sync",
)


def ids(result: audio_facts.AudioFacts) -> list[str]:
    return [notice.id for notice in result.notices]


@pytest.mark.parametrize(
    ("data", "seconds"),
    [
        (silence(2, 100), 100 * 1152 / 44100),
        (silence(1, 100), 100 * 384 / 44100),
        (silence(2, 20, 10) + silence(2, 20, 4) + silence(2, 50, 13), 90 * 1152 / 44100),
        (silence(2, 1), 1152 / 44100),
        (free_format(frames(2.0)), mp3_frames.walk(frames(2.0)).seconds),
        (frames()[: mp3_frames.walk(frames()).first.size], 1152 / 44100),  # type: ignore[union-attr]
    ],
    ids=["layer II", "layer I", "layer II of three bit rates", "one frame of layer II", "free format", "one frame"],
)
def test_mpeg_of_every_layer_is_read_to_its_end(data: bytes, seconds: float) -> None:
    result = audio_facts.facts(data, "sound.mp3")
    assert result.media_type == "audio/mpeg"
    assert result.seconds == pytest.approx(seconds)
    assert result.notices == ()


def test_free_format_sounds_as_with_a_bit_rate() -> None:
    np.testing.assert_array_equal(decoding.decode(free_format(frames(2.0)))[0], decoding.decode(frames(2.0))[0])


@pytest.mark.parametrize("one", [sound("mp3", 6.0), frames(6.0)], ids=["with headers", "without"])
def test_an_mp3_that_changes_its_form_is_all_read(one: bytes) -> None:
    other = sound("mp3", 6.0, 22_050, 1)
    samples, rate_hz = decoding.decode(one + other)
    assert len(samples) / rate_hz == pytest.approx(12.0, abs=0.2)
    after = samples[round(7 * rate_hz) : round(11 * rate_hz)]
    assert np.abs(after).max() == pytest.approx(0.5, abs=0.05)  # the tone, not noise
    result = audio_facts.facts(one + other)
    converted = next(notice for notice in result.notices if notice.id == "audio.converted")
    assert converted.values["seconds"] == pytest.approx(6.0, abs=0.1)
    assert "From 6.0 s on, the file has another form (22,050 Hz, mono)" in str(converted)
    assert not DROPPED & set(ids(result))


@pytest.mark.parametrize(
    "junk", [JUNK, b"\xff" * 300_000, b"\xff\xfb\x90\x64" * 75_000, JUNK * 10], ids=["random", "ff", "evil", "3 MB"]
)
def test_junk_in_the_middle_of_an_mp3_costs_nothing_but_the_junk(junk: bytes) -> None:
    stream = frames(12.0)
    size = mp3_frames.walk(stream).spans[0][1] // 2
    result = audio_facts.facts(stream[:size] + junk + stream[size:])
    assert result.seconds == pytest.approx(12.0, abs=0.2)
    assert [notice.id for notice in result.notices] == ["audio.left_out"]
    assert result.notices[0].values["seconds"] == pytest.approx(6.0, abs=0.1)
    assert result.notices[0].values["size"] == pytest.approx(len(junk), abs=1000)


def test_where_the_search_is_given_up_is_named() -> None:
    stream = frames(4.0)
    result = audio_facts.facts(stream + b"\xff\xfb\x90\x64" * 300_000 + stream)
    assert ids(result) == ["audio.left_out"]
    assert result.notices[0].values["seconds"] == pytest.approx(4.0, abs=0.1)
    assert result.notices[0].values["size"] == pytest.approx(1_200_000 + len(stream), abs=1000)


def test_remarks_about_a_file_are_bounded() -> None:
    parts = [sound("mp3", 0.2, rate_hz, channels) for rate_hz in (44_100, 22_050, 48_000) for channels in (1, 2)]
    result = audio_facts.facts(b"".join(parts * 4))
    assert result.seconds == pytest.approx(24 * 0.25, abs=0.3)  # each piece pads its last frame
    assert len(result.notices) == 9 and result.notices[-1] == Message("audio.more_notices", count=13)


@pytest.mark.parametrize(
    ("format_", "subtype"),
    [
        *(("WAV", subtype) for subtype in ("PCM_U8", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW", "IMA_ADPCM")),
        *(("WAV", subtype) for subtype in ("MS_ADPCM", "GSM610", "G721_32", "NMS_ADPCM_16")),
        *(("WAVEX", subtype) for subtype in ("PCM_16", "PCM_24", "FLOAT", "ULAW")),
        *(("RF64", subtype) for subtype in ("PCM_24", "FLOAT", "ALAW")),
        *(("W64", subtype) for subtype in ("PCM_24", "FLOAT", "MS_ADPCM")),
        *(("AIFF", subtype) for subtype in ("PCM_S8", "PCM_24", "FLOAT", "DOUBLE", "ULAW", "IMA_ADPCM")),
        *(("AU", subtype) for subtype in ("PCM_S8", "PCM_24", "FLOAT", "ULAW")),
        *(("CAF", subtype) for subtype in ("PCM_16", "PCM_24", "FLOAT", "ALAC_24")),
    ],
)
def test_what_libsndfile_reads_is_read(format_: str, subtype: str) -> None:
    result = audio_facts.facts(sound(format_, 1.0, 8000, 1, subtype))
    assert result.seconds == pytest.approx(1.0, abs=0.07)  # block codecs pad the last block
    assert result.peak == pytest.approx(0.5, abs=0.1)
    assert result.notices == ()


def test_wav_of_every_byte_order_and_length_field_is_read() -> None:
    samples = decoding.decode(sound("wav"))[0]
    big = sound("wav", endian="BIG")
    rf64 = sound("rf64")
    odd = sound("WAV", 1.0, 8000, 1, "PCM_U8")
    unpadded = odd[:36] + b"LIST\x03\0\0\0abc" + odd[36:]  # an odd-sized chunk without its padding byte
    for data in (big, rf64, b"BW64" + rf64[4:], sound("WAVEX", subtype="PCM_16")):
        np.testing.assert_array_equal(decoding.decode(data)[0], samples)
        assert audio_facts.facts(data).notices == ()
    np.testing.assert_array_equal(decoding.decode(unpadded)[0], decoding.decode(odd)[0])


@pytest.mark.parametrize("claimed", [0, 1000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF - 44, 0xFFFFFFFF])
def test_a_wav_whose_size_is_wrong_or_open_is_all_read(claimed: int) -> None:
    whole = sound("wav")
    at = whole.index(b"data") + 4
    data = whole[:at] + struct.pack("<I", claimed) + whole[at + 4 :]
    assert audio_facts.facts(data).seconds == pytest.approx(1.0)
    assert audio_facts.facts(data).notices == ()
    if claimed >= 0x7FFFFFFF:
        assert audio_facts.facts(data * 3).seconds == pytest.approx(3.0)


def test_a_flac_that_claims_another_length_is_read_to_its_end() -> None:
    whole = sound("flac", 2.0)
    fields = int.from_bytes(whole[18:26], "big")

    def claiming(total: int) -> bytes:
        return whole[:18] + (fields >> 36 << 36 | total).to_bytes(8, "big") + whole[26:]

    for total in (0, 1000, 2 * 44_100):
        result = audio_facts.facts(claiming(total))
        assert (result.seconds, result.notices) == (2.0, ())
    assert "its header says 7200.0 s" in str(audio_facts.facts(claiming(7200 * 44_100)).notices[0])


def test_an_ogg_page_that_is_damaged_is_named() -> None:
    whole = sound("vorbis", 20.0)
    at = len(whole) * 3 // 5
    for data in (whole[:at] + b"\0\0\0\0" + whole[at + 4 :], whole[:at] + JUNK + whole[at:], whole[:at] + whole[at + 300 :]):
        result = audio_facts.facts(data)
        assert set(ids(result)) & DROPPED
        assert 0 < float(result.notices[0].values["seconds"]) < 20  # type: ignore[arg-type]


def test_the_end_of_a_converted_part_that_is_cut_is_there() -> None:
    other = sound("flac", 4.0, 22_050, 1)
    result = audio_facts.facts(sound("flac", 1.0) + other[: len(other) // 2])
    assert result.seconds == pytest.approx(3.0, abs=0.3)
    assert ids(result)[-1] == "audio.cut"


def test_a_joined_file_that_is_cut_is_named_where_it_ends() -> None:
    first = sound("vorbis", 2.0)
    result = audio_facts.facts(first[: first.rindex(b"OggS")] + sound("vorbis", 1.0))
    assert any("A file that was joined into this one is cut off, at" in str(notice) for notice in result.notices)
    assert result.seconds is not None and 2.0 < result.seconds <= 3.0


@pytest.mark.parametrize("second", ["mp3", "wav", "flac", "vorbis", "opus", "aiff", "w64", "rf64", "au", "caf"])
@pytest.mark.parametrize("first", ["mp3", "wav", "flac", "vorbis", "opus", "aiff", "w64", "rf64", "au", "caf"])
def test_files_of_two_kinds_in_one_are_both_read(first: str, second: str) -> None:
    result = audio_facts.facts(sound(first, 0.5) + sound(second, 0.5))
    assert result.seconds == pytest.approx(1.0, abs=0.12)
    assert result.files == 2
    assert not DROPPED & set(ids(result))


PIECES = {
    **{form: (sound(form, 0.4), 0.4) for form in sorted(set(FORMS) - {"voc", "sphere"})},
    "mp3 of another rate": (sound("mp3", 0.4, 22_050, 1), 0.4),
    "wav of another rate": (sound("wav", 0.4, 16_000, 1), 0.4),
    "layer II": (silence(2, 16), 16 * 1152 / 44100),
    "tag": (id3(b"x" * 3000), 0.0),
    "APE": (ape(b"x" * 300), 0.0),
    "zeros": (bytes(3000), 0.0),
    "junk": (JUNK[:5000], 0.0),
}


def present(names: list[str], size: int) -> float:
    """Return the seconds of the pieces that start in the first `size` bytes of all: missing pieces don't count as dropped."""
    seconds, at = 0.0, 0
    for name in names:
        data, length = PIECES[name]
        here = min(max(0, size - at), len(data)) / len(data)
        seconds += length * (here if name == "layer II" else here > 0)  # its length is stored nowhere
        at += len(data)
    return seconds


@settings(deadline=None, max_examples=150)
@given(st.lists(st.sampled_from(sorted(PIECES)), min_size=1, max_size=5), st.none() | st.floats(0.05, 0.99))
def test_nothing_of_the_sound_is_dropped_without_a_notice(names: list[str], share: float | None) -> None:
    data = b"".join(PIECES[name][0] for name in names)
    expected = sum(PIECES[name][1] for name in names)
    if share is not None:
        data = data[: round(len(data) * share)]
        expected = present(names, len(data))
    try:
        result = audio_facts.facts(data)
    except InvokeBadRequestError:
        return  # reports that nothing was read
    assert result.seconds is not None
    if result.seconds < expected - 0.05 * len(names):
        assert set(ids(result)) & DROPPED
    if share is None and "junk" not in names:
        assert expected - 0.05 * len(names) <= result.seconds <= expected + 0.1 * len(names)  # encoders pad the last frame
        assert not set(ids(result)) & DROPPED


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(sorted(FORMS)), st.floats(0.0, 1.0), st.integers(1, 20_000), st.sampled_from([0, 0, 1, 500, 5000]))
def test_junk_anywhere_in_a_file_drops_nothing_without_a_notice(form: str, share: float, size: int, missing: int) -> None:
    whole = sound(form, 2.0)
    at = round(len(whole) * share)
    try:
        result = audio_facts.facts(whole[:at] + JUNK[:size] + whole[at + missing :])
    except InvokeBadRequestError:
        return
    if result.seconds is not None and result.seconds < 1.95:  # `None`: an unsupported kind, which the page reports
        assert set(ids(result)) & DROPPED


@pytest.mark.parametrize("form", FORMS)
def test_a_file_cut_anywhere_is_read_so_far_or_refused_in_true_words(form: str) -> None:
    whole = sound(form, 1.0)
    for part in range(50):
        check(whole[: len(whole) * part // 50])


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(sorted(FORMS)), st.integers(0, 2**32))
def test_flipped_bits_give_sound_or_true_words(form: str, seed: int) -> None:
    chance, changed = random.Random(seed), bytearray(sound(form, 0.5))
    for _ in range(chance.choice([1, 4, 40])):
        changed[chance.randrange(min(len(changed), chance.choice([80, 1000, 100_000])))] ^= 1 << chance.randrange(8)
    check(bytes(changed))


MAGIC = [b"RIFF\0\0\0\0WAVE", b"RIFX\0\0\0\0WAVE", b"RF64\xff\xff\xff\xffWAVEds64", b"BW64\0\0\0\0WAVE", b"FORM\0\0\0\0AIFF"]
MAGIC += [b"FORM\0\0\0\0AIFCCOMM", b"fLaC\0\0\0\x22", b"OggS\0\2", b"caff\0\1\0\0desc", b".snd\0\0\0\x18", b"dns.\x18\0\0\0"]
MAGIC += [b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0", b"Creative Voice File\x1a\x1a\0\x0a\1", b"NIST_1A\n   1024\n"]
MAGIC += [b"ID3\4\0\0\0\0\1\0", b"APETAGEX\xd0\x07\0\0", b"TAG", b"\xff\xfb\x90\x64", b"\xff\xfd\xa4\x04", b"\xff\xff\xa4\x04"]


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(MAGIC), st.binary(max_size=2000), st.sampled_from([1, 3]))
def test_random_bytes_behind_each_mark_give_sound_or_true_words(mark: bytes, rest: bytes, times: int) -> None:
    check((mark + rest) * times)


def check(data: bytes) -> None:
    """Check that any bytes give consistent facts, or an error at the file in our own words."""
    try:
        upload_check.require_audio(data, "a.mp3")
        result = audio_facts.facts(data, "a.mp3")
        phrase = [str(notice) for notice in result.notices]
        assert result.seconds is None or (result.seconds > 0 and np.isfinite(result.rms))
    except InvokeBadRequestError as error:
        assert error.field == "file" and error.message is not None
        phrase = [str(error)]
    assert not any(bad in text for text in phrase for bad in DECODER_MESSAGES)
