"""Tests for audio in chunks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.entities.tts import TTSResult
from boomerang.invoker.errors import ProtocolError


@given(st.binary())
def test_audio_comes_out_as_it_went_in_and_is_lower_case_hex_between(audio: bytes) -> None:
    chunk = TTSResult.of(audio, "audio/mpeg")
    assert chunk.audio == audio
    assert chunk.result == audio.hex()
    assert TTSResult.model_validate_json(chunk.model_dump_json()) == chunk


@pytest.mark.parametrize("result", ["abc", "xy", "ä"])
def test_audio_that_is_not_hex_is_a_protocol_error(result: str) -> None:
    with pytest.raises(ProtocolError, match="hex"):
        _ = TTSResult(result=result).audio
