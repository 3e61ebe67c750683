"""Test the analysis and degradation of recordings."""

import random
from math import inf, log10

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.audio import file_type, mp3_encoding
from boomerang.invoker.audio.mp3_seams import joined
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.workbench.analysis.waveform import (
    Silence,
    decibels,
    envelope,
    peak_dbfs,
    profile,
    profile_of_file,
    rms_dbfs,
    silence,
)
from boomerang.workbench.experiments import audio_degradation

RATE = 8000


def tone(seconds: float, hz: float = 440.0, rate_hz: int = RATE, level: float = 0.5) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz)).astype(np.float32)


def quiet(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.float32)


def test_levels_of_known_waves() -> None:
    sine = profile([tone(1, level=1.0, hz=100)], RATE)
    assert peak_dbfs(sine) == pytest.approx(0, abs=0.001)
    assert rms_dbfs(sine) == pytest.approx(-3.0103, abs=0.001)
    square = profile([np.tile(np.float32([0.5, -0.5]), 400)], RATE)
    assert peak_dbfs(square) == pytest.approx(20 * log10(0.5))
    assert rms_dbfs(square) == pytest.approx(20 * log10(0.5))
    assert decibels(0) == -inf


def test_silence_at_the_ends_is_measured_in_seconds() -> None:
    result = silence(profile([np.concatenate([quiet(0.3), tone(0.5), quiet(0.1), tone(0.5), quiet(0.75)])], RATE))
    assert result.leading == pytest.approx(0.3, abs=0.0026)
    assert result.trailing == pytest.approx(0.75, abs=0.0026)
    assert result.threshold_dbfs == -50


def test_the_threshold_decides_what_silence_is() -> None:
    faint = profile([np.concatenate([tone(0.5, level=0.001), tone(0.5)])], RATE)
    assert silence(faint).leading == pytest.approx(0.5, abs=0.0026)
    assert silence(faint, -90).leading == pytest.approx(0, abs=0.0026)


@pytest.mark.parametrize(("blocks", "seconds"), [([], 0), ([quiet(0)], 0), ([quiet(0.5)], 0.5), ([quiet(0.0001)], 1 / RATE)])
def test_no_sound_is_silence_all_over(blocks: list[np.ndarray], seconds: float) -> None:
    result = profile(blocks, RATE)
    assert silence(result) == Silence(seconds, seconds, -50)
    assert peak_dbfs(result) == rms_dbfs(result) == -inf
    assert len(envelope(result, 10).low) == min(10, len(result.power))
    assert result.clips.shape == (0, 2)


def test_an_envelope_holds_the_extremes() -> None:
    samples = tone(2, hz=50)
    samples[RATE // 2] = 0.9
    result = envelope(profile([samples], RATE), 8)
    assert result.high == pytest.approx([0.5, 0.5, 0.9, 0.5, 0.5, 0.5, 0.5, 0.5], abs=0.001)
    assert result.low == pytest.approx([-0.5] * 8, abs=0.001)
    assert result.rms == pytest.approx([0.5 / 2**0.5] * 8, abs=0.001)
    assert result.starts == pytest.approx(np.arange(8) * 0.25)
    with pytest.raises(ValueError, match="at least one"):
        envelope(profile([samples], RATE), 0)


def test_runs_at_full_scale_are_clipping_and_single_peaks_are_not() -> None:
    samples = quiet(1)
    samples[800:820] = 1.2
    samples[820:822] = -1.0  # too short
    samples[4000] = 1.0
    samples[-5:] = -1.0
    result = profile([samples], RATE)
    assert result.clips == pytest.approx(np.array([[0.1, 20 / RATE], [1 - 5 / RATE, 5 / RATE]]))
    both = np.stack([quiet(1), samples], axis=1)
    assert profile([both], RATE).clips == pytest.approx(result.clips)


@given(st.lists(st.sampled_from([0.0, 0.3, 1.0, -1.0, 1.5]), max_size=300), st.integers(0, 2**32), st.integers(1, 2))
def test_blocks_of_any_size_give_the_same_profile(values: list[float], seed: int, channels: int) -> None:
    chance = random.Random(seed)
    samples = np.float32(values * channels).reshape(-1, channels)
    cuts = sorted(chance.randrange(len(samples) + 1) for _ in range(chance.randrange(8)))
    whole, parts = profile([samples], RATE), profile(np.split(samples, cuts), RATE)
    for name in ("low", "high", "power", "clips"):
        assert np.array_equal(getattr(whole, name), getattr(parts, name))
    assert whole.frames == parts.frames == len(samples)


@given(st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=500), st.integers(1, 40))
def test_an_envelope_is_true_at_any_width(values: list[float], bins: int) -> None:
    samples = np.float32(values)
    result = envelope(profile([samples], RATE), bins)
    assert result.high.max() == samples.max()
    assert result.low.min() == samples.min()
    assert (result.rms <= np.maximum(abs(result.low), abs(result.high)) + 1e-6).all()
    assert len(result.starts) == min(bins, -(-len(samples) // 20))


def test_an_hour_is_measured_block_by_block() -> None:
    second = tone(1, rate_hz=16000)
    result = profile((second for _ in range(3600)), 16000)
    assert result.seconds == 3600
    assert len(envelope(result, 1000).low) == 1000


def test_a_file_is_measured() -> None:
    data = audio_degradation.write(np.concatenate([quiet(0.5), tone(1), quiet(0.5)]), RATE)
    result = profile_of_file(data)
    assert result.seconds == pytest.approx(2, abs=0.2)
    assert silence(result).leading == pytest.approx(0.5, abs=0.1)
    with pytest.raises(InvokeBadRequestError):
        profile_of_file(b"no audio")


def test_seams_of_joined_files_are_found() -> None:
    one = audio_degradation.write(tone(1, rate_hz=24000), 24000)
    tag = b"ID3\x04\x00\x00\x00\x00\x00\x0a" + b"ID3" + bytes(7)
    assert joined(one).files == 1
    result = joined(tag + one + tag + one + one)
    assert (result.headers, result.tags, result.files) == (3, 2, 3)
    assert result.seconds == pytest.approx(3 * joined(one).seconds)
    assert result.promised_seconds == pytest.approx(joined(one).seconds)
    assert joined(mp3_encoding.encode_mp3(tone(1), RATE, joinable=True) * 3).files == 1
    assert joined(b"") is None
    assert joined(b"RIFF....WAVEfmt ") is None


def test_a_low_rate_takes_away_high_tones_only() -> None:
    low, high = tone(1, 500, 24000), tone(1, 6000, 24000)
    through = audio_degradation.lower_rate(low + high, 24000)
    assert len(through) == 24000
    assert through[1000:-1000] == pytest.approx(low[1000:-1000], abs=0.01)
    assert np.array_equal(audio_degradation.lower_rate(low, 24000, 24000), low)
    assert len(audio_degradation.lower_rate(tone(1.00007, rate_hz=11025), 11025)) == len(tone(1.00007, rate_hz=11025))
    assert len(audio_degradation.lower_rate(quiet(0), 24000)) == 0


@pytest.mark.parametrize("snr_db", [30, 10, 0, -10])
def test_noise_has_the_ratio_asked_for(snr_db: float) -> None:
    clean = tone(2)
    result = audio_degradation.noisy(clean, snr_db, seed=1)
    assert np.abs(result).max() <= 1
    scale = float(result @ clean) / float(clean @ clean)  # noise and tone are almost uncorrelated
    noise = result - scale * clean
    assert 20 * log10(scale * clean.std() / noise.std()) == pytest.approx(snr_db, abs=0.3)
    assert np.array_equal(result, audio_degradation.noisy(clean, snr_db, seed=1))
    assert not np.array_equal(result, audio_degradation.noisy(clean, snr_db, seed=2))
    assert result.dtype == np.float32


def test_silence_and_nothing_get_no_noise() -> None:
    assert not audio_degradation.noisy(quiet(1), 10, seed=1).any()
    assert len(audio_degradation.noisy(quiet(0), 10, seed=1)) == 0


def test_silence_is_put_at_the_ends() -> None:
    result = audio_degradation.padded(tone(1), RATE, before=0.25, after=1)
    assert len(result) == round(2.25 * RATE)
    assert not result[: RATE // 4].any()
    assert np.array_equal(result[RATE // 4 : RATE // 4 + RATE], tone(1))
    with pytest.raises(ValueError, match="negative"):
        audio_degradation.padded(tone(1), RATE, before=-1)


@pytest.mark.parametrize("rate_hz", [8000, 10000, 24000, 96000])
def test_damaged_samples_become_an_mp3_that_can_be_read_again(rate_hz: int) -> None:
    data = audio_degradation.write(tone(1, rate_hz=rate_hz), rate_hz)
    assert file_type.sniff(data) == "audio/mpeg"
    samples, found_hz = audio_degradation.read(data)
    assert samples.ndim == 1
    assert found_hz == {8000: 8000, 10000: 11025, 24000: 24000, 96000: 48000}[rate_hz]
    assert len(samples) / found_hz == pytest.approx(1, abs=0.15)
    assert np.sqrt(np.square(samples).mean()) == pytest.approx(0.5 / 2**0.5, abs=0.05)


def test_an_mp3_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one sample"):
        audio_degradation.write(quiet(0), RATE)
