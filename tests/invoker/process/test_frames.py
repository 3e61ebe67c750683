"""Tests for messages in a pipe: complete however they are split, and refused if too long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.process.frames import FrameBuffer, FrameTooLargeError, framed


@given(st.lists(st.binary(max_size=40), max_size=6), st.integers(1, 9))
def test_messages_are_whole_at_every_cut(messages: list[bytes], step: int) -> None:
    data = b"".join(map(framed, messages))
    buffer, result = FrameBuffer(), []
    for start in range(0, len(data), step):
        buffer.add(data[start : start + step])
        while (message := buffer.take()) is not None:
            result.append(message)
    assert result == messages


def test_a_message_is_refused_by_its_head_alone() -> None:
    buffer = FrameBuffer(largest=9)
    buffer.add(b"\0\0\0\x0a")
    with pytest.raises(FrameTooLargeError, match="10 bytes"):
        buffer.take()
    with pytest.raises(FrameTooLargeError, match="10 bytes"):
        framed(b"x" * 10, 9)
    assert framed(b"x" * 9, 9) == b"\0\0\0\x09" + b"x" * 9
