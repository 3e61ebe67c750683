"""Tests that a file is read only once, by the first caller."""

from __future__ import annotations

import pytest
import soundfile

from boomerang.invoker.audio import playing_time
from boomerang.invoker.audio.audio_facts import MeasuredRecording, facts
from boomerang.invoker.audio.decoding import Recording
from boomerang.invoker.audio.playing_time import MOST_REMEMBERED, PLAYING_TIMES, PlayingTimes
from tests.invoker.sounds import sound


class Counting:
    """A reader that counts its calls."""

    def __init__(self) -> None:
        self.read: list[bytes] = []

    def __call__(self, data: bytes) -> float | None:
        self.read.append(data)
        return playing_time.read(data)


def test_a_file_is_read_once_and_so_is_one_that_is_no_audio() -> None:
    count = Counting()
    times = PlayingTimes(count)
    wav = sound("wav", 0.5)
    assert [times.get(wav), times.get(bytes(bytearray(wav))), times.get(b"no"), times.get(b"no")] == [0.5, 0.5, None, None]
    assert count.read == [wav, b"no"] and times.reads == 2


def test_what_was_found_out_elsewhere_is_not_read_again() -> None:
    count = Counting()
    times = PlayingTimes(count)
    times.put(b"anything", 3.0)
    assert times.get(b"anything") == 3.0 and count.read == []


def test_it_does_not_grow_without_end() -> None:
    count = Counting()
    times = PlayingTimes(count)
    for number in range(MOST_REMEMBERED + 1):
        times.put(str(number).encode(), float(number))
    assert times.get(str(MOST_REMEMBERED).encode()) == MOST_REMEMBERED and count.read == []
    assert times.get(b"0") is None and count.read == [b"0"]


def test_measuring_a_file_reports_how_long_it_plays() -> None:
    data = sound("flac", 0.31)
    facts(data)
    before = PLAYING_TIMES.reads
    assert PLAYING_TIMES.get(data) == playing_time.read(data)
    assert PLAYING_TIMES.reads == before


def test_measuring_beside_another_use_finds_the_same_in_one_pass() -> None:
    data = sound("wav", 0.37)
    measured = MeasuredRecording(data)
    frames = sum(len(block) for block in measured.blocks())
    assert measured.facts() == facts(data)
    assert frames == sum(len(block) for block in Recording(data).blocks())


def test_a_file_is_opened_once_for_each_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    mp3, flac = sound("mp3", 0.31), sound("flac", 0.29)
    opened: list[object] = []
    open_file = soundfile.SoundFile.__init__

    def counted(self: object, *args: object) -> None:
        opened.append(self)
        open_file(self, *args)

    monkeypatch.setattr(soundfile.SoundFile, "__init__", counted)
    recording = Recording(mp3)
    lengths = [sum(len(block) for block in recording.blocks()) for _reading in range(2)]
    assert len(opened) == 2 and lengths[0] == lengths[1] > 0
    facts(flac)
    assert len(opened) == 3
