"""A channel knows all that it passed on without keeping it."""

from __future__ import annotations

import tracemalloc

import pytest

from boomerang.invoker.backends.openai_compatible.chat.text_channel import Channel
from boomerang.invoker.http.redaction.masking import Hiding

TEXTS = [("Hé, you", True), ("He, you", False), ("Hé", False), ("", False), ("\ud83d" * 7, False)]


@pytest.mark.parametrize(("text", "same"), TEXTS)
def test_a_channel_reports_whether_a_text_is_everything_it_passed_on(text: str, same: bool) -> None:
    channel = Channel(Hiding())
    for piece in ("Hé", ",", " you"):
        channel.feed(piece)
    assert channel.was(text) is same


def test_a_long_text_in_pieces_takes_no_memory() -> None:
    channel = Channel(Hiding())
    tracemalloc.start()
    try:
        for number in range(10_000):
            channel.feed(f" word {number}")
        assert tracemalloc.get_traced_memory()[0] < 10_000
    finally:
        tracemalloc.stop()
