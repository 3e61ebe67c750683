"""A raw-socket server with OpenAI's formats, as fast as Python can answer; prints its port, and exits when stdin closes.

The requested model selects the response: `whole`, `chunks-8000`, `waiting-200` (pieces 5 ms apart), `vectors-200x1536`.
`whole` and `chunks-…` also exist in the format of Dify's daemon, for the reference SDK's transactions, and in that of Dify's
inner API.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from functools import cache

HEAD = "HTTP/1.1 200 OK\r\nContent-Type: {type}\r\n{more}\r\n\r\n"
EVENT = {
    "id": "chatcmpl-benchmark",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "m",
    "system_fingerprint": "f",
    "choices": [{"index": 0, "delta": {"content": " word"}, "finish_reason": None}],
}
PAUSE_SECONDS = 0.005
USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}


def event(value: object) -> bytes:
    """Format a server-sent event."""
    return b"data: " + json.dumps(value).encode() + b"\n\n"


LAST = event({**EVENT, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": USAGE}) + b"data: [DONE]\n\n"


TRANSACTION = b"/backwards-invocation/transaction"
PRICES = {"unit_price": "0", "price_unit": "0", "price": "0"}
DIFYS_USAGE = {
    **USAGE,
    **{f"{side}_{name}": value for side in ("prompt", "completion") for name, value in PRICES.items()},
    "total_price": "0",
    "currency": "USD",
    "latency": 0.5,
}


def line(event: str, data: object = None) -> bytes:
    """Format a line of Dify's daemon."""
    about: dict[str, object] = {"conversation_id": None, "message_id": None, "app_id": None, "endpoint_id": None, "context": {}}
    inner = {"backwards_request_id": "0" * 32, "event": event, "message": "", "data": data}
    value = {"session_id": "s", **about, "event": "backwards_response", "data": inner}
    return json.dumps(value, separators=(",", ":")).encode() + b"\n\n"


def chunk(text: str, finish_reason: str | None = None) -> bytes:
    """Format a chunk of an answer as a line of Dify's daemon; the last one has usage and finish reason."""
    message = {"role": "assistant", "content": text, "name": "", "tool_calls": [], "tool_call_id": ""}
    usage = DIFYS_USAGE if finish_reason else None
    delta = {"index": 0, "message": message, "usage": usage, "finish_reason": finish_reason}
    return line("response", {"model": "m", "system_fingerprint": "f", "delta": delta, "prompt_messages": []})


@cache
def transaction(model: str) -> bytes:
    """Build a whole response of Dify's daemon, header and body."""
    kind, _, size = model.partition("-")
    body = chunk(" word") * int(size) + chunk("", "stop") if kind == "chunks" else chunk("It runs the others.", "stop")
    return _headed(body + line("end"), "text/event-stream")


@cache
def inner_api(model: str) -> bytes:
    """Build a whole streamed response of Dify's inner API, header and body."""
    kind, _, size = model.partition("-")
    body = frame(" word") * int(size) + frame("", "stop") if kind == "chunks" else frame("It runs the others.", "stop")
    return _headed(body, "text/event-stream")


def frame(text: str, finish_reason: str | None = None) -> bytes:
    """Format a chunk of an answer as a frame of Dify's inner API."""
    message = {"role": "assistant", "content": text, "name": "", "tool_calls": []}
    usage = DIFYS_USAGE if finish_reason else None
    delta = {"index": 0, "message": message, "usage": usage, "finish_reason": finish_reason}
    data = {"model": "m", "prompt_messages": [], "system_fingerprint": "f", "delta": delta}
    envelope = json.dumps({"data": data, "error": ""}, separators=(",", ":")).encode()
    return b"\x0f\x00\x0a\x00" + len(envelope).to_bytes(4, "little") + bytes(6) + envelope


@cache
def answer(model: str) -> bytes:
    """Build a whole response, header and body."""
    kind, _, size = model.partition("-")
    if kind == "chunks":
        body = event(EVENT) * int(size) + LAST
        return _headed(body, "text/event-stream")
    if kind == "vectors":
        texts, dimensions = map(int, size.split("x"))
        vectors = [[((row * 31 + place * 17) % 2000 - 1000) / 1003 for place in range(dimensions)] for row in range(texts)]
        data = [{"object": "embedding", "index": row, "embedding": vector} for row, vector in enumerate(vectors)]
        return _headed(json.dumps({"object": "list", "data": data, "model": "m", "usage": USAGE}).encode(), "application/json")
    message = {"role": "assistant", "content": "It runs the others."}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return _headed(json.dumps({"model": "m", "choices": [choice], "usage": USAGE}).encode(), "application/json")


def _headed(body: bytes, media_type: str) -> bytes:
    return HEAD.format(type=media_type, more=f"Content-Length: {len(body)}").encode() + body


def serve(connection: socket.socket) -> None:
    """Answer the requests of one connection."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection, connection.makefile("rb") as reading:
        while first := reading.readline():
            length = 0
            while header := reading.readline().strip():
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            body = json.loads(reading.read(length))
            if first.split()[1] == TRANSACTION:
                connection.sendall(transaction(body["data"]["data"]["request"]["model"]))
                continue
            model = body["model"]
            if first.split()[1].startswith(b"/inner/api/"):
                connection.sendall(inner_api(model))
            elif model.startswith("waiting-"):
                _drip(connection, int(model.partition("-")[2]))
            else:
                connection.sendall(answer(model))


def _drip(connection: socket.socket, count: int) -> None:
    one = event(EVENT)
    size = len(one) * count + len(LAST)
    connection.sendall(HEAD.format(type="text/event-stream", more=f"Content-Length: {size}").encode())
    for _ in range(count):
        time.sleep(PAUSE_SECONDS)
        connection.sendall(one)
    connection.sendall(LAST)


def accept(listening: socket.socket) -> None:
    """Accept connections, each in its own thread."""
    while True:
        threading.Thread(target=serve, args=(listening.accept()[0],), daemon=True).start()


if __name__ == "__main__":
    server = socket.create_server(("127.0.0.1", 0), backlog=256)
    print(server.getsockname()[1], flush=True)
    threading.Thread(target=accept, args=(server,), daemon=True).start()
    sys.stdin.read()
