"""What the web server adds to Streamlit: who may ask and who asks, security headers, and audio that is still being made."""

from __future__ import annotations

import gc
import os
import secrets
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping

from starlette.concurrency import iterate_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config, runtime
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from boomerang.workbench.connections.saved_connections import data_folder

from .access import HOSTS_VARIABLE, Access, Policy, is_loopback, listed
from .identity import Identity, of_folder
from .session_owners import IDENTITY_HEADER, MEDIA

# 'wasm-unsafe-eval' and blob: scripts are for Streamlit's own charts and inline components. Everything else comes from this
# server, so markup that a model writes cannot load anything from elsewhere.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "frame-src 'self' blob: data:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = [
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
]


class SecurityHeaders:
    """Adds `HEADERS` to each HTTP answer.

    Plain ASGI, so websockets and streams pass untouched.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


def middleware(owns: Callable[[str], bool], environment: Mapping[str, str] = os.environ) -> list[Middleware]:
    """Return what each request passes before Streamlit.

    Args:
        owns: Whether a browser, by its identity, saved a connection.
        environment: Where `BOOMERANG_HOSTS` and the data folder are.

    Raises:
        SystemExit: `BOOMERANG_HOSTS` has an entry that is no host.
    """
    try:
        hosts = listed(environment.get(HOSTS_VARIABLE, ""))
    except ValueError as error:
        raise SystemExit(str(error)) from None
    policy = Policy(is_loopback(config.get_option("server.address")), hosts)
    return [
        Middleware(SecurityHeaders),
        Middleware(Access, policy, base_path()),
        Middleware(Identity, lambda: of_folder(data_folder(environment), owns), base_path()),
    ]


def watch_media() -> None:
    """Note for which browsers media files are drawn, so that others do not find them; without a server, do nothing."""
    if not runtime.exists():
        return
    storage = runtime.get_instance().media_file_mgr._storage
    assert isinstance(storage, MemoryMediaFileStorage)
    MEDIA.watch(storage)


def send_at_once() -> None:
    """Have the server send whatever it writes without waiting for more to come.

    Streamlit 1.67 binds a socket of which asyncio does not see that it is one of TCP, so it leaves the kernel's delay on
    (Nagle's algorithm): the second half of an answer, and each message that follows another one, waits until the browser has
    acknowledged the first, which it does after 40 ms. Connections take the option over from the socket that accepts them.
    """
    sockets = [found for found in gc.get_objects() if isinstance(found, socket.socket) and found.fileno() >= 0]
    for found in sockets:
        over_tcp = found.family in (socket.AF_INET, socket.AF_INET6) and found.type is socket.SOCK_STREAM
        if over_tcp and found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class LiveClips:
    """Audio that is still being made, by an unguessable id that is the permission to hear it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clips: dict[str, tuple[Callable[[], Iterator[bytes]], str]] = {}

    def offer(self, segments: Callable[[], Iterator[bytes]], owner: str = "") -> str:
        """Make audio available.

        Args:
            segments: Returns a fresh iterator over it that waits for what is still to come.
            owner: The browser that may fetch it; empty: any browser that knows the id.
        """
        clip = secrets.token_urlsafe(16)
        with self._lock:
            self._clips[clip] = segments, owner
        return clip

    def withdraw(self, clip: str) -> None:
        """Forget a clip; who listens already hears it to its end."""
        with self._lock:
            self._clips.pop(clip, None)

    def get(self, clip: str, browser: str = "") -> Iterator[bytes] | None:
        """Return the audio of a clip; `None` if there is none for this browser."""
        with self._lock:
            segments, owner = self._clips.get(clip, (None, ""))
        return segments() if segments is not None and owner in ("", browser) else None

    def url(self, clip: str) -> str:
        """Give the address of a clip on this server."""
        return f"{base_path()}/live/{clip}.mp3"


CLIPS = LiveClips()


def base_path() -> str:
    """Give the path under which the app is served, without a trailing slash; `st.App` does not prefix its routes."""
    path = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


async def _live(request: Request) -> Response:
    segments = CLIPS.get(request.path_params["clip"], request.headers.get(IDENTITY_HEADER.decode(), ""))
    if segments is None:
        return Response(status_code=404)
    body: AsyncIterator[bytes] = iterate_in_threadpool(segments)
    return StreamingResponse(body, media_type="audio/mpeg", headers={"Cache-Control": "no-store"})


ROUTES = [Route(f"{base_path()}/live/{{clip}}.mp3", _live)]
