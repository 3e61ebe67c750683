"""Property test: for any JSON response, a call has a result, or an error that describes the response."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boomerang.invoker.errors import InvokeError
from boomerang.invoker.records.event_values import dump_event
from boomerang.invoker.run import Run
from tests.json_values import JSON_VALUES
from tests.loopback import ClientConnection, ReceivedRequest, whole

from .desk import Desk, opened

PYTHON = re.compile(
    r"NoneType|object has no attribute|validation error|unhashable|(?:list|tuple|string) ind|not subscriptable|not iterable"
    r"|pydantic|KeyError|TypeError|ValueError|Traceback|<class|expected str instance|Input should be|codec can"
    r"|surrogates"
)
NAMES = [
    *("data", "models", "results", "result", "output", "embeddings", "embedding", "float", "int8", "values", "index", "object"),
    *("score", "relevance_score", "document", "text", "flagged", "categories", "category_scores", "segments", "transcription"),
    *("alternatives", "transcript", "audio", "usage", "prompt_tokens", "total_tokens", "model", "id", "name", "capabilities"),
    *(
        "architecture",
        "model_info",
        "meta",
        "n_ctx_train",
        "mode",
        "type",
        "max_tokens",
        "context_length",
        "model_id",
        "model_type",
    ),
]
LEAVES = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        1,
        -1,
        0.5,
        2.0,
        "",
        "0",
        "0.5",
        "1e-3",
        "NaN",
        "true",
        "x",
        "\ud800",
        "AAAA",
        "[1]",
        10**400,
        10**25,
    ]
) | st.sampled_from([float("nan"), float("inf"), "embedding", "a", "b", "data:audio/mpeg;base64,AAAA"])
SHAPED = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=20,
)
"""JSON that contains the field names of real responses at every level."""
MODEL = {"provider": "p", "model": "m"}
RANKER = MODEL | {"model_type": "rerank", "score_threshold": -1e9, "top_n": 2}
CALLS: dict[str, Callable[[Desk], Any]] = {
    "models": lambda desk: desk.backend.fetch_models(Run(lambda note: json.dumps(dump_event(note)))),
    "text_embedding": lambda desk: desk.session.model.text_embedding.invoke(
        MODEL | {"model_type": "text-embedding"}, ["a", "b"]
    ),
    "rerank": lambda desk: desk.session.model.rerank.invoke(RANKER, ["a", "b"], "q"),
    "moderation": lambda desk: desk.session.model.moderation.invoke(MODEL | {"model_type": "moderation"}, "text"),
    "speech2text": lambda desk: desk.session.model.speech2text.invoke(
        MODEL | {"model_type": "speech2text"}, io.BytesIO(b"RIFF")
    ),
    "tts": lambda desk: list(desk.session.model.tts.invoke(MODEL | {"model_type": "tts", "voice": "v"}, "Hello.")),
}


class Changing:
    """A script whose response can be changed."""

    def __init__(self) -> None:
        self.body = b""

    def __call__(self, _request: ReceivedRequest, connection: ClientConnection) -> None:
        """Answer with the current body."""
        connection.send(whole(self.body))


@pytest.fixture(scope="module")
def counter() -> Iterator[tuple[Changing, Desk]]:
    """A back end on a server whose response can be changed."""
    script = Changing()
    with opened(script) as desk:
        yield script, desk


@pytest.mark.parametrize("call", CALLS)
@given(value=JSON_VALUES | SHAPED)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_answer_has_a_result_or_an_error_in_words_about_it(counter: tuple[Changing, Desk], call: str, value: Any) -> None:
    script, desk = counter
    script.body = json.dumps(value).encode()
    try:
        CALLS[call](desk)
    except InvokeError as error:
        text = f"{error} {error.hint or ''}"
        assert str(error) and text.encode() and not PYTHON.search(text), text
    if desk.records:
        assert all(notice.encode() for notice in desk.notices)
    desk.records.clear()
    desk.server.requests.clear()
