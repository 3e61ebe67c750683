"""A server for the contract: it answers each call as OpenAI's interface does, or is silent or endless on request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.loopback import STREAM, ClientConnection, ReceivedRequest, chunked, head, whole

from .desk import USAGE, event

SILENT, ENDLESS = "silence, please", "without an end"
CATEGORIES = (
    *("harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent"),
    *("self-harm", "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic"),
)
MODELS = {"chat", "embedder", "ranker", "speaker", "listener", "judge"}


def script(request: ReceivedRequest, connection: ClientConnection) -> None:
    """Answer a request."""
    if SILENT.encode() in request.body:
        connection.wait_until_gone()
        raise EOFError
    what = request.path.removeprefix("/v1/")
    if what == "audio/transcriptions":
        connection.send(whole({"text": "Good morning."}))
        return
    body = request.json
    name = body.get("model", "")  # rerank requests may omit it while the format is being detected
    if name not in MODELS:
        connection.send(whole({"error": {"message": f"The model `{name}` does not exist.", "code": "model_not_found"}}, 404))
    elif what == "chat/completions":
        _chat(body, connection)
    elif what == "audio/speech":
        # Without Content-Length: the audio ends with the connection.
        connection.send(head(media_type="audio/mpeg"), b"ID3" + b"\0" * 20_000, b"\xff\xfb" * 10_000)
        raise EOFError
    else:
        connection.send(whole(_answer(what, body)))


def _answer(what: str, body: Mapping[str, Any]) -> Any:
    match what:
        case "embeddings":
            vectors = [[float(len(text)), 0.5] for text in body["input"]]
            data = [{"object": "embedding", "index": i, "embedding": vector} for i, vector in enumerate(vectors)]
            usage = {"prompt_tokens": len(data), "total_tokens": len(data)}
            return {"object": "list", "model": body["model"], "data": data, "usage": usage}
        case "rerank":
            return {"results": [{"index": 0, "relevance_score": 0.9}, {"index": 1, "relevance_score": 0.1}]}
        case "moderations":
            scored = {
                "flagged": False,
                "categories": dict.fromkeys(CATEGORIES, False),
                "category_scores": dict.fromkeys(CATEGORIES, 0.01),
                "category_applied_input_types": {name: ["text"] for name in CATEGORIES},
            }
            return {"id": "m", "model": body["model"], "results": [scored]}
    raise AssertionError(f"The contract asks for nothing at {what}.")


def _chat(body: Mapping[str, Any], connection: ClientConnection) -> None:
    name = body["model"]
    if ENDLESS in json.dumps(body["messages"]):
        connection.send(STREAM)
        frames = list(chunked([event({"content": "and so on "})]))
        while True:  # until the client leaves and sending fails
            connection.send(frames[0])
    pieces = ['{"name":', ' "Ada"', "}"] if "response_format" in body else ["Red, ", "green, ", "blue."]
    if body.get("stream"):
        events = [event({"content": piece}, model=name) for piece in pieces]
        connection.send(
            STREAM, *chunked([*events, event({}, "stop", model=name), event(usage=USAGE, model=name), b"data: [DONE]\n\n"])
        )
    else:
        choice = {"index": 0, "message": {"role": "assistant", "content": "".join(pieces)}, "finish_reason": "stop"}
        about = {"id": "c", "object": "chat.completion", "created": 1}
        connection.send(whole({**about, "model": name, "choices": [choice], "usage": USAGE}))
