"""Access control by `Host` and `Origin`, applied before any other part of the app sees a request.

Streamlit answers to every `Host`, so a web page could rebind its own name to this machine (DNS rebinding) and read
everything. It checks the `Origin` of websockets only, accepts other ports of the same machine, and looks up the machine's
external address for an unknown `Origin`: inside the event loop, blocking all visitors.

- `Host`. Bound to loopback, the server answers to `localhost`, to numeric addresses, and to the entries of `BOOMERANG_HOSTS`.
  Bound elsewhere it answers to every name, or only to the entries if there are any.
- `Origin`. Whatever the server is bound to, host and port must equal those of `Host`, or be listed. A request without an
  `Origin` passes: browsers send one with each websocket and each request that changes something, and programs that send none
  have no visitor's cookies to abuse.

`X-Forwarded-Host` is ignored: anyone who reaches the server can send it.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

HOSTS_VARIABLE = "BOOMERANG_HOSTS"
"""Environment variable that lists the host names of the server."""
EXEMPT = ("/_stcore/health", "/_stcore/script-health-check")
"""Used by load balancers and containers, under any name; the response only says whether the server works."""
DEFAULT_PORTS = {"http": 80, "https": 443}
_LONGEST_NAME = 253
_AUTHORITY = re.compile(r"(?:\[([0-9A-Za-z:.%_-]+)\]|([^:\[\]]+))(?::([0-9]{0,5}))?")
_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_ORIGIN = re.compile(r"(https?)://([^/?#@\\\s]+)", re.IGNORECASE)
_SHOWN_CHARACTERS = 80
_MOST_LOGGED = 20
"""Limit of distinct refusals that are logged; senders could cause any number."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Authority:
    """A host with an optional port, as in `Host`."""

    name: str
    """In lower case, without a trailing dot; an address in its usual spelling."""
    port: int | None = None
    is_address: bool = False


@lru_cache(maxsize=256)
def authority(text: str) -> Authority | None:
    """Parse a host with an optional port; return `None` for anything else, such as one with a user name or a path."""
    match = _AUTHORITY.fullmatch(text) if text.isascii() else None
    if match is None:
        return None
    bracketed, name, digits = match.groups()
    port = int(digits) if digits else None
    if port is not None and not 0 < port <= 65535:
        return None
    try:
        if bracketed is not None:
            return Authority(str(IPv6Address(bracketed)), port, is_address=True)
        name = name.lower().removesuffix(".")
        return Authority(str(IPv4Address(name)), port, is_address=True)
    except ValueError:
        named = bracketed is None and len(name) <= _LONGEST_NAME and _NAME.fullmatch(name)
        return Authority(name, port) if named else None


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of a page."""

    scheme: str
    name: str
    port: int

    @property
    def usual(self) -> bool:
        """Whether the port is the default of its scheme."""
        return self.port == DEFAULT_PORTS[self.scheme]

    @property
    def entry(self) -> str:
        """Entry to list in `BOOMERANG_HOSTS` to allow it."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self.usual else f"{name}:{self.port}"


def origin(text: str) -> Origin | None:
    """Parse an `Origin`; return `None` for anything but a web page's, such as `null` or a browser extension's."""
    match = _ORIGIN.fullmatch(text)
    at = authority(match[2]) if match else None
    if match is None or at is None:
        return None
    scheme = match[1].lower()
    return Origin(scheme, at.name, at.port or DEFAULT_PORTS[scheme])


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of `BOOMERANG_HOSTS`."""

    name: str
    """Without `*.` if `below`."""
    port: int | None
    """`None` means every port of a `Host`, and the default port of an `Origin`'s scheme."""
    below: bool = False
    """Whether it covers every name below this one, but not this one."""

    def covers(self, name: str) -> bool:
        """Return whether this entry covers a name."""
        return name.endswith(f".{self.name}") if self.below else name == self.name


def listed(text: str) -> tuple[Listed, ...]:
    """Parse `BOOMERANG_HOSTS`: comma-separated names and addresses, with optional ports; names may begin with `*.`.

    Raises:
        ValueError: An entry is none of these; the message is for the operator.
    """
    return tuple(_listed(entry.strip()) for entry in text.split(",") if entry.strip())


def _listed(entry: str) -> Listed:
    below = entry.startswith("*.")
    name = entry[2:] if below else entry
    try:
        name = name if name.isascii() else name.encode("idna").decode("ascii")  # browsers send names in this form
        name = f"[{ip_address(name)}]" if ":" in name and name.count(":") > 1 and not name.startswith("[") else name
    except ValueError:
        name = ""
    host = authority(name)
    if host is None or (below and host.is_address):
        raise ValueError(
            f"{HOSTS_VARIABLE}: {entry!r} is no host; write names or addresses with commas between them, each perhaps with a "
            "port, such as app.example.com, *.example.com, 192.0.2.7:8501"
        )
    return Listed(host.name, host.port, below)


@dataclass(frozen=True, slots=True)
class Policy:
    """Hosts and origins that the server accepts."""

    loopback: bool
    """Whether the server is bound to this machine only."""
    hosts: tuple[Listed, ...] = ()
    """Entries of `BOOMERANG_HOSTS`."""

    def refusal(self, hosts: list[str], origins: list[str], *, secure: bool) -> str | None:
        """Return why a request is refused, as a sentence; `None` if it is accepted.

        Args:
            hosts: Its `Host` headers.
            origins: Its `Origin` headers.
            secure: Whether it came over TLS, as far as the server knows; a proxy may have terminated TLS.
        """
        if len(hosts) > 1 or len(origins) > 1:
            return f"A request with several Host or Origin headers is refused, whatever {HOSTS_VARIABLE} lists."
        host = authority(hosts[0]) if hosts else None
        if hosts and host is None:
            return f"{_shown(hosts[0])} is no host name, so the request is refused, whatever {HOSTS_VARIABLE} lists."
        if not self._answers_to(host):
            name = host.name if host else ""
            name = f"[{name}]" if ":" in name else name
            return (
                f"This server does not answer to the host {name or '(none)'}: if it is reached by that name, add "
                f"{name or 'the name'} to the environment variable {HOSTS_VARIABLE}."
            )
        return self._refusal_of_origin(origins[0], host, secure=secure) if origins else None

    def _answers_to(self, host: Authority | None) -> bool:
        if host is None:
            return not self.loopback and not self.hosts
        ports = DEFAULT_PORTS.values() if host.port is None else (host.port,)
        if any(entry.covers(host.name) and (entry.port is None or entry.port in ports) for entry in self.hosts):
            return True
        if self.loopback:
            # Not DNS names, so a web page cannot rebind them.
            return host.is_address or host.name == "localhost"
        return not self.hosts

    def _refusal_of_origin(self, text: str, host: Authority | None, *, secure: bool) -> str | None:
        page = origin(text)
        if page is None:
            return (
                f"Requests of pages without an address of their own (Origin: {_shown(text)}) are refused, "
                f"whatever {HOSTS_VARIABLE} lists."
            )
        if host is not None and host.name == page.name:
            # Without a port, `Host` means the default of the browser's scheme, which behind a proxy only the browser knows.
            usual = DEFAULT_PORTS["https" if secure else page.scheme]
            if page.port == (host.port or usual):
                return None
        for entry in self.hosts:
            if entry.covers(page.name) and (page.usual if entry.port is None else entry.port == page.port):
                return None
        return (
            f"This server does not take requests of pages of {page.entry}: if that is how it is reached, through a proxy, add "
            f"{page.entry} to the environment variable {HOSTS_VARIABLE}."
        )


class Access:
    """Middleware that refuses what `Policy` refuses, with status 403 and a reason, before any other processing."""

    def __init__(self, app: ASGIApp, policy: Policy, base_path: str = "") -> None:
        self._app = app
        self._policy = policy
        self._exempt = frozenset(f"{base_path}{path}" for path in EXEMPT)
        self._logged: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        kind = scope["type"]
        if kind not in ("http", "websocket") or (kind == "http" and scope["path"] in self._exempt):
            await self._app(scope, receive, send)
            return
        hosts, origins = list(_values(scope, b"host")), list(_values(scope, b"origin"))
        reason = self._policy.refusal(hosts, origins, secure=scope.get("scheme") in ("https", "wss"))
        if not scope["path"].startswith("/"):  # `GET http://other/ HTTP/1.1`: its host would override the header above
            reason = f"Only requests for a path are answered, whatever {HOSTS_VARIABLE} lists."
        if reason is not None:
            self._note(reason)
            await refuse(scope, receive, send, reason)
            return
        if kind == "websocket" and origins:
            scope = {**scope, "headers": list(_of_this_server(scope["headers"], origins[0], hosts[0]))}
        await self._app(scope, receive, send)

    def _note(self, reason: str) -> None:
        """Log a refusal once: browsers do not show why a websocket was refused."""
        if reason not in self._logged and len(self._logged) < _MOST_LOGGED:
            self._logged.add(reason)
            _log.warning("%s", reason)


async def refuse(scope: Scope, receive: Receive, send: Send, reason: str, status: int = 403) -> None:
    """Refuse a request, or a websocket before it is accepted, with a reason."""
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})  # before it is accepted: the server turns it into a 403
        return
    await PlainTextResponse(f"{reason}\n", status, {"Cache-Control": "no-store"})(scope, receive, send)
    if scope["type"] == "websocket":
        await asyncio.sleep(0)  # uvicorn closes the connection now; it logs an error if we return earlier


def is_loopback(address: str | None) -> bool:
    """Return whether a server bound to this address is reachable from its own machine only; `None` is every address."""
    if address is None:
        return False
    try:
        return address.lower() == "localhost" or ip_address(address).is_loopback
    except ValueError:
        return False


def _values(scope: Scope, name: bytes) -> Iterator[str]:
    return (value.decode("latin-1").strip() for key, value in scope["headers"] if key.lower() == name)


def _of_this_server(headers: Iterable[tuple[bytes, bytes]], page: str, host: str) -> Iterator[tuple[bytes, bytes]]:
    """Replace a permitted `Origin` by the server's own `Host`.

    Streamlit compares the two as text. If they differ, even by a default port only, it asks the network for its own addresses.
    """
    scheme = page.partition(":")[0].lower()
    for name, value in headers:
        yield (name, f"{scheme}://{host}".encode("latin-1") if name.lower() == b"origin" else value)


def _shown(text: str) -> str:
    """Return a header's value, made safe for a message."""
    return "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in text[:_SHOWN_CHARACTERS])
