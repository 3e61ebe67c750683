"""One call of each kind, and failing servers, for the tests of failures over real sockets."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from tests.invoker.backends.openai_compatible.desk import CONFIG, GOOD, Desk
from tests.loopback import ClientConnection, ReceivedRequest, Script

RANKER = {"provider": "p", "model": "r", "model_type": "rerank", "score_threshold": 0.0, "top_n": 9}
CALLS: dict[str, Callable[[Desk], Any]] = {
    "llm": Desk.ask,
    "embedding": lambda desk: desk.session.model.text_embedding.invoke(CONFIG | {"model_type": "text-embedding"}, ["a"]),
    "rerank": lambda desk: desk.session.model.rerank.invoke(RANKER, ["a"], "b"),
    "moderation": lambda desk: desk.session.model.moderation.invoke(CONFIG | {"model_type": "moderation"}, "a"),
    "hearing": lambda desk: desk.session.model.speech2text.invoke(CONFIG | {"model_type": "speech2text"}, io.BytesIO(b"RIFF")),
    "the list of models": lambda desk: desk.backend.fetch_models(),
}


def closing(*pieces: bytes) -> Script:
    """Return a script that sends some bytes and closes the connection."""

    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(*pieces)
        raise EOFError

    return script


def silent(*pieces: bytes) -> Script:
    """Return a script that sends some bytes and then nothing, until the client leaves."""

    def script(_request: ReceivedRequest, connection: ClientConnection) -> None:
        connection.send(*pieces)
        connection.wait_until_gone()

    return script


FRAME = b"%x\r\n%s\r\n" % (len(GOOD[1]), GOOD[1])
