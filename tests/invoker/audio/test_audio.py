"""Tests for audio files: real ones of every kind, joined, truncated, damaged and misnamed; and data that is not audio."""

import io
import random
import struct
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from boomerang.invoker.audio import audio_facts, decoding, file_type, mp3_encoding, mp3_frames, resampling, upload_check
from boomerang.invoker.errors import InvokeBadRequestError

SAMPLES = Path(__file__).parents[3] / "src/boomerang/workbench/samples/assets/samples"
FORMS = {
    "mp3": ("MP3", "MPEG_LAYER_III", 44100, "audio/mpeg"),
    "wav": ("WAV", "PCM_16", 44100, "audio/wav"),
    "float wav": ("WAV", "FLOAT", 16000, "audio/wav"),
    "flac": ("FLAC", "PCM_16", 44100, "audio/flac"),
    "vorbis": ("OGG", "VORBIS", 44100, "audio/ogg"),
    "opus": ("OGG", "OPUS", 48000, "audio/ogg"),
    "aiff": ("AIFF", "PCM_16", 22050, "audio/aiff"),
}


def tone(seconds: float, rate_hz: int, channels: int = 1, *, hz: float = 440.0) -> np.ndarray:
    wave = 0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


@cache
def file(form: str, seconds: float = 1.0, channels: int = 2, **how: object) -> bytes:
    name, subtype, rate_hz, _ = FORMS[form]
    buffer = io.BytesIO()
    soundfile.write(buffer, tone(seconds, rate_hz, channels), rate_hz, format=name, subtype=subtype, **how)
    return buffer.getvalue()


@pytest.mark.parametrize("form", FORMS)
def test_each_format_is_known_by_its_bytes_and_measured(form: str) -> None:
    _, _, rate_hz, media_type = FORMS[form]
    facts = audio_facts.facts(file(form))
    assert file_type.sniff(file(form)) == facts.media_type == media_type
    assert (facts.sample_rate_hz, facts.channels, facts.bytes, facts.files) == (rate_hz, 2, len(file(form)), 1)
    assert facts.seconds == pytest.approx(1.0, abs=0.001)
    assert facts.peak == pytest.approx(0.5, abs=0.15)  # Opus overshoots
    assert facts.rms == pytest.approx(0.5 / 2**0.5, abs=0.02)
    assert facts.notices == ()


@pytest.mark.parametrize("form", FORMS)
def test_decoding_gives_what_soundfile_gives_in_one_read(form: str) -> None:
    samples, rate_hz = decoding.decode(file(form, 15.0))
    expected, expected_hz = soundfile.read(io.BytesIO(file(form, 15.0)), dtype="float32", always_2d=True)
    assert rate_hz == expected_hz
    np.testing.assert_array_equal(samples, expected)


@pytest.mark.parametrize(
    ("data", "media_type", "name"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "image/png", "a PNG image"),
        (b"\xff\xd8\xff\xe0" + bytes(50), "image/jpeg", "a JPEG image"),
        (b"%PDF-1.7\n", "application/pdf", "a PDF document"),
        (b"PK\x03\x04" + bytes(50), "application/zip", "a ZIP archive"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp", "a WebP image"),
        (b"\n<!DOCTYPE html><html></html>", "text/html", "an HTML page"),
        (b'{"error": "no such voice"}', "application/json", "JSON text"),
        (b"<?xml version='1.0'?><a/>", "application/xml", "XML text"),
        ("größe\n".encode() * 2000, "text/plain", "plain text"),
        (b"\x1f\x8b\x08" + bytes(50), "application/gzip", "a gzip archive"),
    ],
)
def test_what_is_no_audio_is_called_by_its_name(data: bytes, media_type: str, name: str) -> None:
    assert file_type.sniff(data) == media_type
    with pytest.raises(InvokeBadRequestError, match=f"no audio: it looks like {name}") as caught:
        audio_facts.facts(data)
    assert caught.value.field == "file"


@pytest.mark.parametrize(
    ("data", "media_type", "format_"),
    [
        (b"\0\0\0\x20ftypM4A \0\0\0\0", "audio/mp4", "M4A"),
        (b"\0\0\0\x20ftypisom\0\0\0\0", "audio/mp4", "MP4"),
        (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", "audio/webm", "WebM"),
        (b"\xff\xf1\x50\x80\x01\x1f\xfc\0" * 2, "audio/aac", "AAC"),
        (b"#!AMR\n\x3c", "audio/amr", "AMR"),
        (b"OggS\0\2" + bytes(22) + b"\x50Speex   ", "audio/ogg", "Ogg"),
    ],
)
def test_audio_that_is_not_read_here_is_still_distinguished(data: bytes, media_type: str, format_: str) -> None:
    facts = audio_facts.facts(data)
    assert (facts.media_type, facts.format, facts.seconds, facts.peak) == (media_type, format_, None, None)
    with pytest.raises(InvokeBadRequestError, match=f"{format_} audio, which is not read here"):
        decoding.decode(data)


def test_an_id3_tag_hides_nothing() -> None:
    tag = b"ID3\x04\0\0\0\0\x10\0" + bytes(2048)
    assert file_type.sniff(tag + file("mp3")) == "audio/mpeg"
    assert file_type.sniff(tag + file("flac")) == "audio/flac"
    assert audio_facts.facts(tag + file("mp3")).seconds == pytest.approx(1.0, abs=0.06)
    with pytest.raises(InvokeBadRequestError, match="no sound in it"):
        decoding.decode(tag)


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 5000, b"\xff" * 5000, bytes(range(256)) * 20], ids=["empty", "zeros", "ones", "all"]
)
def test_bytes_that_are_nothing_are_refused(data: bytes) -> None:
    assert file_type.sniff(data) is None
    with pytest.raises(InvokeBadRequestError, match="0 bytes" if not data else "no known kind"):
        decoding.decode(data)


@pytest.mark.parametrize("form", ["mp3", "wav", "flac", "vorbis", "opus"])
def test_files_joined_into_one_are_read_to_the_end(form: str) -> None:
    facts = audio_facts.facts(file(form) * 3)
    assert facts.files == 3
    assert facts.seconds == pytest.approx(3.0, abs=0.2)  # a joined MP3 keeps each piece's encoder delay
    assert "3 files were joined" in str(facts.notices[0])


def test_pieces_of_many_bit_rates_are_read_to_the_end() -> None:
    silent, loud = np.zeros((44100, 1), np.float32), np.random.default_rng(0).uniform(-0.9, 0.9, (44100, 1)).astype(np.float32)
    for parts in ((silent, loud, silent), (loud, silent, silent)):
        joined = b"".join(mp3_frames.sound(mp3_encoding.encode_mp3(part, 44100)) for part in parts)
        assert audio_facts.facts(joined).seconds == pytest.approx(3.0, abs=0.2)


def test_joinable_segments_have_the_length_of_their_sum() -> None:
    segments = [mp3_encoding.encode_mp3(tone(seconds, 24000)[:, 0], 24000, joinable=True) for seconds in (0.4, 1.0, 2.5)]
    joined = b"".join(segments)
    lengths = [audio_facts.facts(segment).seconds for segment in segments]
    assert audio_facts.facts(joined).seconds == pytest.approx(sum(lengths))
    assert soundfile.info(io.BytesIO(joined)).duration == pytest.approx(sum(lengths))
    assert mp3_frames.walk(joined).headers == 0
    assert audio_facts.facts(joined).notices == ()


@pytest.mark.parametrize("form", FORMS)
def test_a_cut_off_file_gives_what_is_there_and_says_so(form: str) -> None:
    whole = file(form, 6.0)
    facts = audio_facts.facts(whole[: len(whole) // 2])
    assert 1.0 < facts.seconds < 4.0
    assert any("cut off after" in str(notice) for notice in facts.notices)


@pytest.mark.parametrize("size", [0, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_wav_written_to_a_pipe_is_read_to_its_end(size: int) -> None:
    whole = file("wav")
    at = whole.index(b"data") + 4
    piped = whole[:4] + struct.pack("<I", size) + whole[8:at] + struct.pack("<I", size) + whole[at + 4 :]
    facts = audio_facts.facts(piped)
    assert facts.seconds == pytest.approx(1.0)
    assert facts.notices == ()


def test_damaged_headers_are_refused_before_they_cost_memory() -> None:
    whole = file("wav")
    for at, value in ((24, 1), (24, 2**31 - 1), (22, 1000)):
        damaged = whole[:at] + struct.pack("<I", value)[: 4 if at == 24 else 2] + whole[at + (4 if at == 24 else 2) :]
        with pytest.raises(InvokeBadRequestError, match=r"damaged header|cannot be read"):
            decoding.decode(damaged)


def test_samples_that_are_no_numbers_are_silence() -> None:
    samples = tone(0.5, 16000)
    samples[100:110] = np.nan
    samples[200:210] = np.inf
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, 16000, format="WAV", subtype="FLOAT")
    decoded, _ = decoding.decode(buffer.getvalue())
    assert np.isfinite(decoded).all()
    assert not decoded[100:110].any()


def test_a_wrong_name_is_a_notice() -> None:
    data = (SAMPLES / "wrong-extension.mp3").read_bytes()
    kind, notice = upload_check.require_audio(data, "wrong-extension.mp3")
    assert kind.name == "WAV"
    assert "named .mp3, but its bytes are WAV" in str(notice)
    assert audio_facts.facts(data, "wrong-extension.mp3").notices == (notice,)
    assert upload_check.require_audio(data, "right.WAV")[1] is None
    assert upload_check.require_audio(data, "no extension")[1] is None


def test_a_file_over_the_limit_is_refused() -> None:
    with pytest.raises(InvokeBadRequestError, match="the limit is 25 MB"):
        upload_check.require_audio(file("wav").ljust(upload_check.UPLOAD_LIMIT_BYTES + 1, b"\0"))


@pytest.mark.parametrize(("from_hz", "to_hz"), [(44100, 16000), (8000, 16000), (48000, 24000), (11025, 16000), (16000, 16000)])
def test_resampling_keeps_tones_and_removes_what_does_not_fit(from_hz: int, to_hz: int) -> None:
    seconds, edge = 21.3, 200
    low = resampling.resample(tone(seconds, from_hz)[:, 0], from_hz, to_hz)
    assert len(low) == round(round(seconds * from_hz) * to_hz / from_hz)
    np.testing.assert_allclose(low[edge:-edge], tone(seconds, to_hz)[edge : len(low) - edge, 0], atol=0.01)
    if from_hz > to_hz:
        high = resampling.resample(tone(seconds, from_hz, hz=to_hz * 0.55)[:, 0], from_hz, to_hz)
        assert np.abs(high[edge:-edge]).max() < 0.01


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 30_000), max_size=12), st.sampled_from([(8000, 16000), (22050, 16000), (24000, 8000)]))
def test_resampling_does_not_care_how_the_sound_is_cut_into_blocks(sizes: list[int], rates: tuple[int, int]) -> None:
    whole = np.random.default_rng(1).uniform(-1, 1, sum(sizes)).astype(np.float32)
    blocks = np.split(whole, np.cumsum(sizes)[:-1]) if sizes else []
    pieces = list(resampling.resampled(blocks, *rates))
    np.testing.assert_allclose(np.concatenate([whole[:0], *pieces]), resampling.resample(whole, *rates), atol=1e-6)


def test_a_microphone_recording_becomes_mp3() -> None:
    for rate_hz, channels in ((16000, 1), (44100, 2), (96000, 1), (11025, 6)):
        buffer = io.BytesIO()
        soundfile.write(buffer, tone(1.5, rate_hz, channels), rate_hz, format="WAV")
        facts = audio_facts.facts(mp3_encoding.to_mp3(buffer.getvalue()))
        assert (facts.media_type, facts.channels) == ("audio/mpeg", min(channels, 2) if channels < 3 else 1)
        assert facts.seconds == pytest.approx(1.5, abs=0.05)
        assert facts.peak == pytest.approx(0.5, abs=0.05)


def mutated(data: bytes, seed: int) -> bytes:
    chance = random.Random(seed)
    changed = bytearray(data[: chance.randrange(len(data))] if chance.random() < 0.3 else data)
    for _ in range(chance.choice([1, 3, 30, 300])):
        if changed:
            changed[chance.randrange(min(len(changed), chance.choice([64, 400, 100_000])))] = chance.randrange(256)
    if chance.random() < 0.2:
        at = chance.randrange(len(changed) + 1)
        changed[at:at] = chance.randbytes(chance.randrange(2000))
    return bytes(changed * chance.choice([1, 1, 1, 2]))


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(sorted(FORMS)), st.integers(0, 2**32))
def test_damaged_files_give_samples_or_an_error_at_the_file(form: str, seed: int) -> None:
    check_any(mutated(file(form), seed))


@settings(deadline=None, max_examples=100)
@given(
    st.one_of(
        st.binary(max_size=3000),
        st.builds(bytes.__add__, st.sampled_from([b"ID3", b"RIFF", b"OggS", b"\xff\xfb"]), st.binary()),
    )
)
def test_random_bytes_give_samples_or_an_error_at_the_file(data: bytes) -> None:
    check_any(data)


def check_any(data: bytes) -> None:
    try:
        samples, rate_hz = decoding.decode(data)
    except InvokeBadRequestError as error:
        assert error.field == "file"
        assert str(error)
    else:
        assert len(samples)
        assert np.isfinite(samples).all()
        assert np.isfinite(resampling.resample(resampling.mono(samples[:30_000]), rate_hz, 16000)).all()


def test_an_mp3_without_a_header_has_its_true_length() -> None:
    # Constant-bit-rate frames at 44.1 kHz differ by a byte of padding, and decoders estimate the length from the first one.
    data = mp3_frames.sound(file("mp3", 60.0, bitrate_mode="CONSTANT", compression_level=0.9))
    facts = audio_facts.facts(data)
    assert facts.seconds == pytest.approx(60.0, abs=0.1)
    assert facts.notices == ()
