"""A server with OpenAI's interface, one model and an API key, on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "key-of-the-task"
MODEL = "river"
ANSWER = ["The ", "longest ", "river ", "is ", "the ", "Nile."]


@contextmanager
def running() -> Iterator[str]:
    """Start the server, and stop it at the end; yields its base URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """List the model."""
        self._answer({"object": "list", "data": [{"id": MODEL, "object": "model"}]})

    def do_POST(self) -> None:
        """Stream the answer."""
        self.rfile.read(int(self.headers["Content-Length"]))
        events = [_event({"content": text}) for text in ANSWER] + [_event({}, "stop"), b"data: [DONE]\n\n"]
        self._answer(b"".join(events), "text/event-stream")

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""

    def _answer(self, body: object, media_type: str = "application/json") -> None:
        allowed = self.headers["Authorization"] == f"Bearer {KEY}"
        if not allowed:
            body, media_type = {"error": {"message": "Invalid API key"}}, "application/json"
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(200 if allowed else 401)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _event(delta: dict[str, str], finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return b"data: " + json.dumps({"model": MODEL, "choices": [choice]}).encode() + b"\n\n"
