"""Middleware of the web server: access control, identity and security headers."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config, runtime
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from boomerang.workbench.store.data_folder import data_folder

from .access import HOSTS_VARIABLE, Access, Policy, is_loopback, listed
from .audio_route import base_path
from .identity import Identity, of_folder
from .session_owners import MEDIA

# 'wasm-unsafe-eval' and blob: scripts are for Streamlit's own charts and inline components. Everything else comes from this
# server, so markup written by a model cannot load anything from elsewhere.
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
    """Middleware that adds `HEADERS` to each HTTP response.

    Plain ASGI, so websockets and streams pass unchanged.
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
    """Return the middleware that each request passes before Streamlit.

    Args:
        owns: Returns whether a browser, by its identity, saved a connection.
        environment: Variables with `BOOMERANG_HOSTS` and the data folder.

    Raises:
        SystemExit: `BOOMERANG_HOSTS` has an invalid entry.
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
    """Record which browsers each media file is drawn for, so that only they can fetch it; without a server, do nothing."""
    if not runtime.exists():
        return
    storage = runtime.get_instance().media_file_mgr._storage
    assert isinstance(storage, MemoryMediaFileStorage)
    MEDIA.watch(storage)
