"""Cleanup of sessions; that it frees memory is tested in a browser (`test_process`)."""

from __future__ import annotations

import asyncio

import pytest

from boomerang.playground.server.session_cleanup import forget_gone, let_go
from boomerang.playground.server.startup import return_large_blocks


def test_without_a_server_there_is_no_owner_to_forget() -> None:
    assert forget_gone({}) == {}


def test_it_goes_on_until_it_is_cancelled() -> None:
    async def cancelled() -> None:
        task = asyncio.create_task(let_go(0.001))
        await asyncio.wait([task], timeout=0.02)
        assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())


def test_large_blocks_can_be_asked_back_more_than_once() -> None:
    return_large_blocks()
    return_large_blocks()
    block = bytearray(4 << 20)
    assert len(block) == 4 << 20
