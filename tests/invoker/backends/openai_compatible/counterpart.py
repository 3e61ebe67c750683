"""Our back end and OpenAI's own client on one loopback server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import openai

from tests.loopback import BOUND, Script

from .desk import KEY, Desk, opened


@contextmanager
def both(script: Script) -> Iterator[tuple[Desk, openai.OpenAI]]:
    """Open our back end and OpenAI's client, which accepts only responses of its own types, on one server."""
    with opened(script) as desk:
        address = f"{desk.server.address}/v1"
        with openai.OpenAI(
            base_url=address, api_key=KEY, max_retries=0, timeout=BOUND, _strict_response_validation=True
        ) as client:
            yield desk, client
