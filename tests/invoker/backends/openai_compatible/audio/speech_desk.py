"""Calls and responses for the tests of speech in both directions, over real sockets."""

from __future__ import annotations

import json
from typing import Any

from tests.invoker.backends.openai_compatible.desk import Desk
from tests.loopback import Script, whole

SPEAKER = {"provider": "p", "model": "t", "model_type": "tts", "voice": "v"}
MP3 = b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10) + b"\xff\xfb\x90\x64" + bytes(413)


def answering(body: bytes | Any, media_type: str = "application/json") -> Script:
    """Return a script that answers with a body."""
    return lambda _request, connection: connection.send(whole(body, media_type=media_type))


def spoken(desk: Desk) -> bytes:
    """Synthesize a text."""
    return b"".join(desk.session.model.tts.invoke(SPEAKER, "Hello."))


def speech_event(value: Any, name: str = "") -> bytes:
    """Return an event with JSON."""
    return (f"event: {name}\n" if name else "").encode() + b"data: " + json.dumps(value).encode() + b"\n\n"
