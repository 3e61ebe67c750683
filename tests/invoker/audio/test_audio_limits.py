"""Tests for decoding limits: by the header before any work, by the actual data, and only blocks in memory at a time."""

from __future__ import annotations

import io
import threading
import tracemalloc
from functools import cache

import numpy as np
import pytest
import soundfile

from boomerang.invoker.audio import audio_facts, decoding, mp3_encoding
from boomerang.invoker.audio.decoding import LONGEST_HOURS, LONGEST_VALUES
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.workbench.analysis import waveform as analysis
from tests.invoker.sounds import claiming, frames, sound


@cache
def silent(hours: float, rate_hz: int = 44_100, channels: int = 2) -> bytes:
    """Return silence as FLAC; an hour of stereo has 0.6 MB."""
    buffer = io.BytesIO()
    minute = np.zeros((60 * rate_hz, channels), np.float32)
    with soundfile.SoundFile(buffer, "w", rate_hz, channels, format="FLAC", subtype="PCM_16") as file:
        for _ in range(round(hours * 60)):
            file.write(minute)
    return buffer.getvalue()


@pytest.fixture
def decoders(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Frames returned by each decoder call."""
    calls: list[int] = []
    real = decoding._block

    def counted(file: object) -> object:
        block, failed = real(file)  # type: ignore[arg-type]
        calls.append(len(block))
        return block, failed

    monkeypatch.setattr(decoding, "_block", counted)
    return calls


@pytest.mark.parametrize(
    "work", [audio_facts.facts, decoding.decode, analysis.profile_of_file, mp3_encoding.to_mp3, decoding.Recording]
)
def test_twelve_hours_are_refused_by_name_before_anything_is_decoded(work: object, decoders: list[int]) -> None:
    data = claiming(silent(0.1, 8000, 1), 12 * 3600, 8000)
    with pytest.raises(InvokeBadRequestError) as caught:
        work(data)  # type: ignore[operator]
    assert str(caught.value) == f"By its header the file plays for 12.0 hours; the limit is {LONGEST_HOURS} hours."
    assert caught.value.field == "file" and caught.value.hint is not None
    assert decoders == []


def test_a_header_that_claims_less_is_found_out_while_decoding(decoders: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "LONGEST_HOURS", 0.1)
    data = claiming(silent(0.3, 8000, 1), 60, 8000)
    with pytest.raises(InvokeBadRequestError, match=r"plays for more than 0\.1 hours"):
        audio_facts.facts(data)
    assert sum(decoders) <= 0.1 * 3600 * 8000 + decoding.BLOCK_VALUES


def test_samples_count_over_all_channels_and_rates() -> None:
    data = claiming(silent(1 / 60, 192_000, 8), 3000, 192_000)
    with pytest.raises(InvokeBadRequestError, match=f"more than {LONGEST_VALUES:,} samples over all channels"):
        audio_facts.facts(data)


def test_many_files_in_one_count_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "LONGEST_HOURS", 0.1)
    with pytest.raises(InvokeBadRequestError, match=r"plays for more than 0\.1 hours"):
        audio_facts.facts(silent(0.02, 8000, 1) * 7)
    assert audio_facts.facts(silent(0.1, 8000, 1)).seconds == 360


def test_memory_holds_blocks_and_not_the_file() -> None:
    data = silent(0.3, 8000, 1)
    audio_facts.facts(data)  # loads the one-time imports
    tracemalloc.start()
    try:
        audio_facts.facts(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 * 4 * decoding.BLOCK_VALUES < 4 * 0.3 * 3600 * 8000


def test_other_threads_run_while_a_block_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check by event order: a thread woken before a block is decoded finishes before the file does."""
    turns, wake, done = [], threading.Event(), threading.Event()

    def other() -> None:
        wake.wait()
        turns.append("other")
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    for number, _ in enumerate(decoding.Recording(silent(0.1)).blocks()):
        if number == 0:
            wake.set()
    turns.append("file")
    thread.join()
    assert turns == ["other", "file"]


def test_a_part_that_is_too_large_to_convert_is_named() -> None:
    data = sound("wav", 0.5) + sound("WAV", 0.2, 384_000, 8, "PCM_16")
    result = audio_facts.facts(data)
    assert result.seconds == pytest.approx(0.5)
    assert [notice.id for notice in result.notices] == ["audio.joined", "audio.not_converted"]


def test_more_than_memory_has_room_for_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "DECODED_LIMIT_BYTES", 4 * 2 * 44_100)
    with pytest.raises(InvokeBadRequestError, match="too much to hold in memory"):
        decoding.decode(frames(12.0) * 3)
