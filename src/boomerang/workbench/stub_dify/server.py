"""Serve the inner API over HTTP: one thread per connection; a call stops when its client disconnects."""

from __future__ import annotations

import json
import os
import select
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from boomerang.invoker.backend import Backend
from boomerang.invoker.errors import RunStoppedError
from boomerang.invoker.request import InvokeType
from boomerang.invoker.run import Run, Runs

from .calls import Calls, UnknownProviderError
from .checks import NOT_FOUND_PAGE, Refusal, Workspace, check, invalid
from .faults import Faults
from .framing import compact, frame, line, spaced
from .payloads import PAYLOADS, InvalidPayloadError, RequestModelCatalog, checked
from .profiles import PROFILES, Profile

LONGEST_BODY = 64 * 2**20
LOOK_SECONDS = 0.05
"""How often the stub looks whether the client has disconnected."""
STREAM = "text/event-stream; charset=utf-8"
PAGE = "text/html; charset=utf-8"
FRONT_END = '<!DOCTYPE html><html><head><script src="/_next/static/main.js"></script></head><body>404</body></html>'
CALLS: Mapping[str, InvokeType] = {
    "/inner/api/invoke/llm": InvokeType.LLM,
    "/inner/api/invoke/llm/structured-output": InvokeType.LLM_STRUCTURED_OUTPUT,
    "/inner/api/invoke/text-embedding": InvokeType.TEXT_EMBEDDING,
    "/inner/api/invoke/multimodal-embedding": InvokeType.MULTIMODAL_EMBEDDING,
    "/inner/api/invoke/rerank": InvokeType.RERANK,
    "/inner/api/invoke/tts": InvokeType.TTS,
    "/inner/api/invoke/speech2text": InvokeType.SPEECH2TEXT,
    "/inner/api/invoke/moderation": InvokeType.MODERATION,
    "/inner/api/invoke/summary": InvokeType.SYSTEM_SUMMARY,
}
STREAMED = (InvokeType.LLM, InvokeType.LLM_STRUCTURED_OUTPUT, InvokeType.TTS)
CATALOGUE = "/inner/api/invoke/model-catalog"
UPLOAD = "/inner/api/upload/file/request"


class StubDify:
    """The stub, listening once created; used as a context manager.

    Args:
        backend: Answers the calls; stays open.
        workspace: Key and tenant.
        profile: The version of Dify.
        faults: What goes wrong; may be replaced while it runs.
        address: Where to listen.
        port: Where to listen; any free one if 0.
    """

    def __init__(
        self,
        backend: Backend,
        workspace: Workspace,
        profile: Profile = PROFILES["1.16"],
        faults: Faults = Faults(),  # noqa: B008  (immutable)
        address: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.backend = backend
        self.workspace = workspace
        self.profile = profile
        self.faults = faults
        self.runs = Runs()
        self._server = _Server(self, (address, port))
        host, number = self._server.server_address[:2]
        self.base_url = f"http://{host!s}:{number}"

    def providers(self) -> list[str]:
        """Return the full names of the providers that it has."""
        return list(Calls(self.backend, self.profile, self.faults).providers())

    def serve(self) -> None:
        """Serve until closed, in this thread."""
        self._server.serve_forever(poll_interval=LOOK_SECONDS)

    def close(self) -> None:
        """Stop all runs and stop listening; called from another thread than `serve`."""
        self.runs.close()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> StubDify:
        """Serve in another thread."""
        self._thread = threading.Thread(target=self.serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, stub: StubDify, address: tuple[str, int]) -> None:
        self.stub = stub
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without looking up the host's name, which may take seconds."""
        socket.socket.bind(self.socket, self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a client that disconnected."""


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: requests contain prompts."""

    def do_GET(self) -> None:
        """Answer `/health`."""
        stub = self.server.stub
        if self.path == "/health" and not stub.faults.web_front_end:
            self._json(200, {"pid": os.getpid(), "status": "ok", "version": stub.profile.version})
        else:
            self._page()

    def do_POST(self) -> None:
        """Answer a call."""
        text = self._body()
        if text is None:
            return
        if self.server.stub.faults.web_front_end or not self._exists():
            self._page()
            return
        try:
            self._answer(self._checked(text))
        except Refusal as refusal:
            self._json(refusal.status, refusal.body)
        except (InvalidPayloadError, UnknownProviderError) as error:
            self._json(400, invalid(str(error)).body)

    def _body(self) -> bytes | None:
        """Return the body; `None` if the request was refused."""
        length = self.headers.get("content-length", "")
        if not length.isascii() or not length.isdecimal() or len(length) > 12 or int(length) > LONGEST_BODY:
            self.close_connection = True
            self._json(413, {"code": "too_large", "message": "The request needs a Content-Length of at most 64 MiB."})
            return None
        return self.rfile.read(int(length))

    def _exists(self) -> bool:
        """Return whether this version has the path."""
        profile = self.server.stub.profile
        if self.path == CATALOGUE or CALLS.get(self.path) is InvokeType.MULTIMODAL_EMBEDDING:
            return profile.newer
        if CALLS.get(self.path) is InvokeType.LLM_STRUCTURED_OUTPUT:
            return profile.structured_output
        return self.path in CALLS or self.path == UPLOAD

    def _checked(self, text: bytes) -> Mapping[str, Any]:
        stub = self.server.stub
        if stub.faults.not_set_up:
            message = "Dify has not been initialized and installed yet."
            raise Refusal(401, {"code": "not_setup", "message": message, "status": 401})
        if stub.faults.server_error:
            raise Refusal(500, {"message": "Internal Server Error", "code": "unknown", "status": 500})
        try:
            body = json.loads(text)
        except (ValueError, RecursionError):
            body = None
        return check(stub.workspace, stub.profile, self.path, self.headers.get("X-Inner-Api-Key"), body)

    def _answer(self, body: Mapping[str, Any]) -> None:
        stub = self.server.stub
        calls = Calls(stub.backend, stub.profile, stub.faults)
        if self.path == UPLOAD:
            query = f"tenant_id={stub.workspace.tenant_id}"
            self._json(200, {"data": {"url": f"{stub.base_url}/files/upload/for-plugin?{query}"}, "error": ""})
        elif self.path == CATALOGUE:
            page = checked(RequestModelCatalog, body, stub.profile)
            assert isinstance(page, RequestModelCatalog)
            self._json(200, calls.catalogue(page))
        else:
            invoke_type = CALLS[self.path]
            payload = checked(PAYLOADS[invoke_type], body, stub.profile)
            with self._run() as run:
                if invoke_type in STREAMED:
                    self._stream(calls, invoke_type, body, payload, run)
                else:
                    self._json(200, calls.unary(invoke_type, body, payload, run))

    @contextmanager
    def _run(self) -> Iterator[Run]:
        """Yield a run that stops when the client disconnects or the stub closes."""
        run, finished = Run(), threading.Event()

        def look() -> None:
            while not finished.is_set():
                with suppress(OSError, ValueError):
                    if select.select([self.connection], [], [], LOOK_SECONDS)[0] and not finished.is_set():
                        if self.connection.recv(1, socket.MSG_PEEK):
                            finished.wait(LOOK_SECONDS)
                            continue
                        run.stop()
                        return
                    continue
                run.stop()
                return

        watching = threading.Thread(target=look, daemon=True)
        watching.start()
        try:
            with self.server.stub.runs.holding(run):
                yield run
        finally:
            finished.set()
            watching.join()

    def _stream(self, calls: Calls, invoke_type: InvokeType, body: Mapping[str, Any], payload: Any, run: Run) -> None:
        stub = self.server.stub
        try:
            envelopes = calls.stream(invoke_type, body, payload, run)
        except UnknownProviderError:
            raise
        except Exception as error:  # of the model, before the stream begins
            raise invalid(calls.text(error, body)) from error
        error_envelope = compact({"data": None, "error": calls.text(RuntimeError("switched on"), body)})
        written = stub.faults.envelopes(map(compact, envelopes), error_envelope)
        frames = stub.faults.frames(map(frame if stub.profile.framed else line, written))
        try:
            self._chunked(stub.faults.pieces(frames, run))
        except (OSError, RunStoppedError):
            self.close_connection = True
        finally:
            run.stop()  # closes the back end's stream, whatever the generators were doing

    def _chunked(self, pieces: Iterable[bytes]) -> None:
        self._head(200, STREAM, {"Transfer-Encoding": "chunked"})
        for piece in pieces:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def _json(self, status: int, value: Any) -> None:
        self._whole(status, "application/json", spaced(value))

    def _page(self) -> None:
        front_end = self.server.stub.faults.web_front_end
        self._whole(404, PAGE, (FRONT_END if front_end else NOT_FOUND_PAGE).encode())

    def _whole(self, status: int, content_type: str, body: bytes) -> None:
        with suppress(OSError):
            self._head(status, content_type, {"Content-Length": str(len(body))})
            self.wfile.write(body)

    def _head(self, status: int, content_type: str, headers: Mapping[str, str]) -> None:
        stub = self.server.stub
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        for name, value in headers.items():
            self.send_header(name, value)
        if stub.faults.web_front_end:
            self.send_header("X-Powered-By", "Next.js")
        else:
            self.send_header("X-Version", stub.profile.version)
        self.end_headers()
