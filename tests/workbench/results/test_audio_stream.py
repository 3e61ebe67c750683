"""Test audio that is still arriving: whether it can be played as a stream."""

from __future__ import annotations

import pytest

from boomerang.invoker.entities.tts import RequestInvokeTTS, TTSResult
from boomerang.invoker.records.record import Record
from boomerang.workbench.results.audio_stream import ENOUGH_BYTES, streams, whole
from boomerang.workbench.samples.inputs import ASSETS
from tests.invoker.sounds import id3
from tests.scripted import SPOKEN

WAV = (ASSETS / "samples" / "wrong-extension.mp3").read_bytes()


def record(*pieces: bytes) -> Record[TTSResult]:
    request = RequestInvokeTTS(provider="p", model="m", voice="v", content_text="x")
    made: Record[TTSResult] = Record(request, "test")
    made.chunks.extend(TTSResult.of(piece) for piece in pieces)
    return made


@pytest.mark.parametrize(
    ("pieces", "shown"),
    [
        ((), None),
        ((SPOKEN,), True),
        ((SPOKEN[:1], SPOKEN[1:7], SPOKEN[7:3000]), True),
        ((WAV[:20],), False),
        ((b"\0" * 10,), None),
        ((b"\0" * ENOUGH_BYTES,), False),
        ((id3(b"x" * 9000)[:5000],), None),
        ((id3(b"x" * 9000), SPOKEN), True),
        ((id3(b"x" * 9000), WAV), False),
    ],
)
def test_only_mp3_is_played_as_it_comes(pieces: tuple[bytes, ...], shown: bool | None) -> None:
    assert streams(record(*pieces)) is shown


def test_the_whole_ends_where_a_piece_is_no_audio() -> None:
    broken = record(b"ab", b"cd")
    broken.chunks.insert(1, TTSResult(result="zz"))
    assert whole(broken) == b"ab"
