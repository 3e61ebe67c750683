"""Browser identities: a signed cookie recognises a browser, and keeps others out of its sessions, uploads and audio.

A browser's identity owns its saved connections and its runs. The cookie contains the identity, its time of issue, and an HMAC
of both with a key in the data folder; only identities issued by the server are accepted. Processes that share a data folder
share the key.

The identity is passed to Streamlit in a header, which `server.trustedUserHeaders` makes part of a session. So a session knows
its owner, and a session id alone, taken from an upload URL or a proxy's log, opens nothing.
"""

from __future__ import annotations

import hmac
import logging
import os
import re
import secrets
import stat
import tempfile
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .access import refuse
from .session_owners import IDENTITY_HEADER, MEDIA, identity_of_session

COOKIE = "boomerang"
COOKIE_SECONDS = 400 * 24 * 3600
"""Longest lifetime of a cookie in browsers (RFC 6265bis)."""
RENEW_SECONDS = 24 * 3600
"""Age at which a cookie is reissued, so that it expires only if unused."""
KEY_FILE = "cookie-key"
_KEY_BYTES = 32
_NEW = "~"
"""Prefix of identities of this scheme. The previous scheme, which accepted any unsigned value, never used it."""
_LONGEST_VALUE = 512
_MOST_VALUES = 8
"""Cookies with our names examined per request; browsers send one or two."""
_PLAIN = re.compile(r"[!#-+\--:<-\[\]-~]{1,128}")
"""Characters allowed in an identity: those allowed in a cookie (RFC 6265), because it is put into headers."""
_SIGNED = re.compile(r"(.+)\.([0-9]{1,12})\.([A-Za-z0-9_-]{43})")

_UPLOAD = "/_stcore/upload_file/"
_MEDIA = "/media/"
_SUBPROTOCOL = b"sec-websocket-protocol"
_FOREIGN_SESSION = "This session belongs to another browser, or the cookie was replaced since it began: reload the page."

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Browser:
    """The sender of a request."""

    identity: str
    """Printable ASCII, never empty."""
    cookie: str | None = None
    """Name of the cookie to issue; `None` if the browser has a fresh one."""


class Identities:
    """Issuer and verifier of identities.

    Args:
        key: Key that signs cookies.
        owns: Returns whether an identity saved a connection.
        second_name: Cookie name if `COOKIE` belongs to another server on the same host: cookies ignore ports.
        clock: Returns seconds since the epoch.
    """

    def __init__(
        self, key: bytes, owns: Callable[[str], bool], second_name: str = "", clock: Callable[[], float] = time.time
    ) -> None:
        self._key = key
        self._owns = owns
        self._second_name = second_name or f"{COOKIE}-{hmac.digest(key, b'name', 'sha256').hex()[:8]}"
        self._clock = clock

    def recognise(self, headers: Iterable[tuple[bytes, bytes]]) -> Browser:
        """Return the sender of a request; a new identity if it has no cookie issued by this server.

        An unsigned cookie of the previous scheme is accepted if its identity saved a connection, and reissued with a signature.
        """
        first, second = _cookies(headers, COOKIE), _cookies(headers, self._second_name)
        for name, values in ((self._second_name, second), (COOKIE, first)):
            for value in values:
                if (verified := self._verified(value)) is not None:
                    identity, issued = verified
                    fresh = abs(self._clock() - issued) < RENEW_SECONDS  # a clock may have been set back
                    return Browser(identity, None if fresh else name)
        of_another = any(_SIGNED.fullmatch(value) for value in first)
        name = self._second_name if second or of_another else COOKIE
        for claimed in (claim for value in (*first, *second) for claim in _unsigned(value)):
            if self._owns(claimed):
                return Browser(claimed, name)
        return Browser(_NEW + secrets.token_urlsafe(16), name)

    def issued(self, identity: str) -> str:
        """Return a cookie's value for an identity."""
        signed = f"{identity}.{int(self._clock())}"
        return f"{signed}.{self._signature(signed)}"

    def _verified(self, value: str) -> tuple[str, int] | None:
        match = _SIGNED.fullmatch(value)
        if match is None:
            return None
        identity, issued, signature = match.groups()
        if not hmac.compare_digest(self._signature(f"{identity}.{issued}"), signature):
            return None
        return identity, int(issued)

    def _signature(self, text: str) -> str:
        return urlsafe_b64encode(hmac.digest(self._key, text.encode(), "sha256")).decode().rstrip("=")


def of_folder(folder: Path, owns: Callable[[str], bool]) -> Identities:
    """Return identities with the data folder's key, created on first use; without one, they end with the process."""
    try:
        return Identities(_kept_key(folder), owns)
    except (OSError, ValueError) as error:
        _log.warning("Browsers are recognised only until the app ends, as there is no key in %s: %s", folder, error)
        return Identities(secrets.token_bytes(_KEY_BYTES), owns, f"{COOKIE}-unsaved")


def _kept_key(folder: Path) -> bytes:
    path = folder / KEY_FILE
    if not path.exists():
        _make_key(path)
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ValueError(f"{path} can be read by others than its owner; make it private: chmod 600 {path}")
    key = bytes.fromhex(path.read_text("ascii"))
    if len(key) != _KEY_BYTES:
        raise ValueError(f"{path} is no key; remove it, and a new one is made")
    return key


def _make_key(path: Path) -> None:
    """Create a key file atomically: of processes that start together, one creates it and all use it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # readable by its owner only
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        os.link(fresh, path)
    except FileExistsError:
        pass  # another process was faster
    finally:
        os.unlink(fresh)


class Identity:
    """Middleware that adds the browser's identity to each request, issues cookies, and refuses access to others' data.

    - A websocket that names a session to resume gets a new one instead, unless the session began with the same identity.
    - An upload, and the removal of one, is refused in another browser's session.
    - A media file that was drawn for other browsers only is not found.
    """

    def __init__(self, app: ASGIApp, identities: Callable[[], Identities], base_path: str = "") -> None:
        self._app = app
        self._identities = identities()
        self._base_path = base_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        kind = scope["type"]
        if kind not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        browser = self._identities.recognise(scope["headers"])
        if kind == "http":
            if (refusal := self._refusal(scope["path"], browser.identity)) is not None:
                await refuse(scope, receive, send, *refusal)
                return
            headers = scope["headers"]
        else:
            headers = _resuming_own_sessions(scope["headers"], browser.identity)
        passed_on = [(name, value) for name, value in headers if name.lower() != IDENTITY_HEADER]
        passed_on.append((IDENTITY_HEADER, browser.identity.encode("ascii")))
        if browser.cookie is not None and (kind == "websocket" or scope["method"] == "GET"):
            send = self._issuing(browser.identity, browser.cookie, scope, send)
        await self._app({**scope, "headers": passed_on}, receive, send)

    def _refusal(self, path: str, identity: str) -> tuple[str, int] | None:
        own = path.removeprefix(self._base_path)
        if own.startswith(_UPLOAD):
            session = own.removeprefix(_UPLOAD).partition("/")[0]
            if identity_of_session(session) not in (None, identity):
                return _FOREIGN_SESSION, 403
        elif own.startswith(_MEDIA) and not MEDIA.may_fetch(own.removeprefix(_MEDIA), identity):
            return "File not found", 404
        return None

    def _issuing(self, identity: str, cookie: str, scope: Scope, send: Send) -> Send:
        """Add a cookie to HTML pages, and to accepted websockets, which may outlive the page's own cookie."""

        async def with_cookie(message: Message) -> None:
            if _begins_page(message):
                secure = "; Secure" if _is_secure(scope) else ""
                path = self._base_path or "/"
                value = f"{cookie}={self._identities.issued(identity)}; Path={path}; Max-Age={COOKIE_SECONDS}"
                issued = (b"set-cookie", f"{value}; HttpOnly; SameSite=Lax{secure}".encode("ascii"))
                message = {**message, "headers": [*message.get("headers", ()), issued]}
            await send(message)

        return with_cookie


def _begins_page(message: Message) -> bool:
    if message["type"] != "http.response.start":
        return bool(message["type"] == "websocket.accept")
    return any(name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in message["headers"])


def _is_secure(scope: Scope) -> bool:
    """Return whether the browser uses TLS. A proxy's header is trusted: a browser that forges it harms only itself."""
    if scope.get("scheme") in ("https", "wss"):
        return True
    return any(
        name.lower() == b"x-forwarded-proto" and value.partition(b",")[0].strip().lower() == b"https"
        for name, value in scope["headers"]
    )


def _resuming_own_sessions(headers: Iterable[tuple[bytes, bytes]], identity: str) -> Iterator[tuple[bytes, bytes]]:
    """Remove the session to resume, unless it is the browser's own.

    Streamlit's pages send three entries in `Sec-WebSocket-Protocol`: protocol, token against forged requests, session.
    """
    for name, value in headers:
        if name.lower() == _SUBPROTOCOL:
            entries = value.split(b",")
            if len(entries) > 2 and identity_of_session(entries[2].strip().decode("latin-1")) != identity:
                value = b",".join(entries[:2])
        yield name, value


def _cookies(headers: Iterable[tuple[bytes, bytes]], name: str) -> list[str]:
    """Return all values of a cookie; there are several if it was set for several paths."""
    pairs = (
        pair.partition("=") for key, value in headers if key.lower() == b"cookie" for pair in value.decode("latin-1").split(";")
    )
    values = (value.strip().strip('"') for key, _, value in pairs if key.strip() == name)
    return [value for value in values if value and len(value) <= _LONGEST_VALUE][:_MOST_VALUES]


def _unsigned(value: str) -> Iterator[str]:
    """Yield the previous scheme's identities that a cookie may contain: its value, or the identity another server signed."""
    signed = _SIGNED.fullmatch(value)
    for claimed in (value, *([signed[1]] if signed else [])):
        if _PLAIN.fullmatch(claimed) and not claimed.startswith(_NEW):
            yield claimed
