"""Tests for data before the audio: tags of every kind, including ones with a wrong size, padding, junk."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boomerang.invoker.audio import audio_facts, decoding, file_type, markers, upload_check
from boomerang.invoker.errors import InvokeBadRequestError
from tests.invoker.sounds import FORMS, ape, frames, id3, sound

PICTURE = b"APIC\0\0\x75\x30\0\0\0image/jpeg\0\3\0" + np.random.default_rng(5).bytes(30_000)
ID3V1 = b"TAG" + b"t" * 125
BEFORE = {
    "one tag": id3(PICTURE),
    "two tags with pictures": id3(PICTURE) + id3(PICTURE, 3),
    "footer": id3(PICTURE, 4, 0x10) + b"3DI" + id3(PICTURE, 4, 0x10)[3:10],
    "a footer that is not there": id3(PICTURE, 4, 0x10),
    "unknown version": id3(PICTURE, 9),
    "size 0": id3(PICTURE, size=0),
    "size too small": id3(PICTURE, size=1000),
    "size too large": id3(PICTURE, size=len(PICTURE) + 5000),
    "size beyond the file": id3(PICTURE, size=2**27),
    "size in plain bytes": b"ID3\3\0\0\x80\x80\x80\x80" + PICTURE,
    "unsynchronised": id3(PICTURE.replace(b"\xff", b"\xff\0"), 3, 0x80),
    "APE": ape(b"x" * 500),
    "ID3v1": ID3V1,
    "zeros": bytes(8192),
    "zeros and a tag": bytes(8192) + id3(PICTURE),
    "a tag and zeros": id3(PICTURE) + bytes(5000),
}
BEHIND = {"ID3v1": ID3V1, "APE and ID3v1": ape(b"x" * 500) + ID3V1, "zeros": bytes(5000)}
KINDS = {form: file_type.kind_of(sound(form)) for form in FORMS}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("before", BEFORE)
def test_every_tag_and_padding_before_the_sound_is_stepped_over(before: str, form: str) -> None:
    data, plain = BEFORE[before] + sound(form), audio_facts.facts(sound(form))
    assert file_type.kind_of(data) == KINDS[form] == upload_check.require_audio(data)[0]
    assert file_type.sniff(data) == plain.media_type
    result = audio_facts.facts(data)
    assert (result.seconds, result.peak, result.files, result.notices) == (plain.seconds, plain.peak, 1, ())


@pytest.mark.parametrize("form", sorted(set(FORMS) - {"voc", "sphere"}))  # libsndfile reads these two to the end of the data
@pytest.mark.parametrize("behind", BEHIND)
def test_what_follows_the_sound_costs_nothing(behind: str, form: str) -> None:
    result = audio_facts.facts(sound(form) + BEHIND[behind])
    assert (result.seconds, result.files, result.notices) == (audio_facts.facts(sound(form)).seconds, 1, ())


@pytest.mark.parametrize("form", FORMS)
def test_sound_behind_junk_is_found_and_the_junk_is_named(form: str) -> None:
    junk = np.random.default_rng(6).bytes(5000)
    result = audio_facts.facts(junk + sound(form))
    assert result.seconds == audio_facts.facts(sound(form)).seconds
    [notice] = result.notices
    assert notice.id == "audio.left_out" and notice.values == {"seconds": 0.0, "size": 5000}


@pytest.mark.parametrize(
    ("behind", "kind"),
    [
        (b"\0\0\0\x20ftypM4A \0\0\0\0", "M4A"),
        (b"\0\0\1\x20ftypisom\0\0\0\0", "MP4"),
        (b"\xff\xf1\x50\x80\x01\x1f\xfc\0" * 2, "AAC"),
        (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", "WebM"),
    ],
)
@pytest.mark.parametrize("before", ["one tag", "zeros", "zeros and a tag", "APE"])
def test_other_kinds_are_reported_behind_tags_too(before: str, behind: bytes, kind: str) -> None:
    result = file_type.kind_of(BEFORE[before] + behind)
    assert result is not None and result.name == kind


def test_a_tag_without_sound_is_no_sound() -> None:
    for tag in (id3(PICTURE), id3(b"", size=0) * 3000, ape(b"x"), ID3V1):
        with pytest.raises(InvokeBadRequestError, match="no sound in it"):
            decoding.decode(tag)


def test_what_is_only_tags_so_far_is_not_decided() -> None:
    data = id3(PICTURE) + bytes(100)
    assert all(markers.only_tags(data[:end]) for end in range(10, len(data), 997))
    assert not markers.only_tags(data + b"RIFF") and not markers.only_tags(b"")


def test_text_in_utf_16_is_no_mpeg() -> None:
    for text in ("Hello, this is some text. " * 40, "H", "Häuser"):
        assert file_type.kind_of(text.encode("utf-16")) is None


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(sorted(BEFORE)), max_size=3), st.sampled_from(sorted(FORMS)))
def test_any_tags_in_a_row_are_stepped_over(names: list[str], form: str) -> None:
    true = [name for name in names if not name.startswith(("size", "a footer"))]
    data = b"".join(BEFORE[name] for name in true) + sound(form)
    assert file_type.kind_of(data) == KINDS[form]
    assert audio_facts.facts(data).seconds == audio_facts.facts(sound(form)).seconds


def test_frames_behind_a_tag_that_reaches_into_them_are_all_read() -> None:
    stream = frames(3.0)
    assert audio_facts.facts(id3(b"x" * 100, size=2000) + stream).seconds == audio_facts.facts(stream).seconds
