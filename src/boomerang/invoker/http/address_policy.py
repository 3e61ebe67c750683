"""The addresses that a visitor's connection may call.

The check sees the address actually connected to, whatever the host name or redirect, so DNS rebinding gains nothing.
Connections configured by the operator are not checked.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import TypeAlias

from boomerang.invoker.errors import ConfigError, InvokeBadRequestError
from boomerang.invoker.messages.message import Message

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

ALLOW_VARIABLE = "CONNECTIONS_ALLOW"
"""Environment variable with the only addresses that may be called."""
LOOPBACK_VARIABLE = "CONNECTIONS_LOOPBACK"
"""Environment variable: whether the app's own machine may be called, `allow` (default) or `refuse` (in the image)."""
ANYTHING, PUBLIC = "*", "public"


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


_LINK_LOCAL = _networks(
    "169.254.0.0/16",  # link-local, including the metadata of AWS, Azure, Google and most others
    "fe80::/10",
    "fd00:ec2::/32",  # AWS
    "fd20:ce::254/128",  # Google
    "fd00:42::42/128",  # Scaleway
    "100.100.100.200/32",  # Alibaba
    "192.0.0.192/32",  # Oracle
    "168.63.129.16/32",  # Azure's platform
)
_METADATA_NAMES = frozenset({"metadata.google.internal", "metadata.goog", "instance-data.ec2.internal"})
"""Host names of metadata services, for a proxy that resolves them."""
_LOOPBACK = _networks("127.0.0.0/8", "0.0.0.0/8", "::1/128", "::/128")
"""The app's own machine; connecting to the unspecified address also reaches it."""
_LOOPBACK_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"})
_IPV4_INSIDE = _networks("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")
"""IPv6 ranges whose last 32 bits are an IPv4 address: compatible, mapped, translated, and the two NAT64 prefixes."""
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of `CONNECTIONS_ALLOW`."""

    what: str | Network
    """A host name, `*.` and a name for all its subdomains, an address range, `*` for anything, or `public`."""
    port: int | None = None
    """The only port allowed; any if `None`."""

    def fits(self, host: str, address: Address | None, port: int) -> bool:
        """Return whether the entry covers a connection.

        Args:
            host: Name or address as given, in lower case and without a trailing dot.
            address: The resolved address; `None` if a proxy resolves the name.
            port: The port to connect to.
        """
        if self.port not in (None, port):
            return False
        if not isinstance(self.what, str):
            return address is not None and address in self.what
        if self.what == PUBLIC:
            return address is None or _is_public(address)
        if self.what.startswith("*."):
            return host.endswith(self.what[1:])
        return self.what in (ANYTHING, host)

    def names(self, address: Address, port: int, within: tuple[Network, ...] = ()) -> bool:
        """Return whether the entry is exactly this address, or a range that contains it and lies in one of `within`."""
        if isinstance(self.what, str) or self.port not in (None, port) or address not in self.what:
            return False
        return self.what.num_addresses == 1 or any(
            network.version == self.what.version and self.what.subnet_of(network)  # type: ignore[arg-type]
            for network in within
        )


@dataclass(frozen=True, slots=True)
class Allowed:
    """The addresses that may be called. By default all but link-local ones and cloud metadata services.

    Args:
        entries: The only addresses that may be called. Link-local and metadata addresses have to be listed individually.
        loopback: Whether the app's own machine is treated like other addresses. If not, it has to be listed explicitly: an
            address or range of loopback, or the name `localhost`.
    """

    entries: tuple[Entry, ...] = (Entry(ANYTHING),)
    loopback: bool = True

    def check(self, host: str, address: Address | None, port: int) -> None:
        """Raise if an address may not be called; used as the dialler's check.

        Args:
            host: The name or address from a connection or redirect.
            address: The address to connect to; `None` if a proxy connects.
            port: The port to connect to.

        Raises:
            InvokeBadRequestError: It may not be called.
        """
        name = host.lower().rstrip(".")
        real = _real(address if address is not None else _literal(name))
        shown = f"{host} ({real})" if real is not None and str(real) != host else host
        if real is not None and any(entry.names(real, port) for entry in self.entries):
            return
        if _is_in(real, _LINK_LOCAL):
            raise _refusal(
                Message("saved.address_link_local", address=shown),
                Message("saved.address_link_local_hint", address=str(real), variable=ALLOW_VARIABLE),
            )
        if address is None and name in _METADATA_NAMES:
            raise _refusal(Message("saved.address_link_local", address=host))
        if not self.loopback and _is_in(real, _LOOPBACK) and not self._means_loopback(name, real, port):
            raise _refusal(
                Message("saved.address_loopback", address=shown),
                Message("saved.address_loopback_hint", address=str(real), allow=ALLOW_VARIABLE, loopback=LOOPBACK_VARIABLE),
            )
        if any(entry.fits(name, real, port) for entry in self.entries):
            return
        shown = f"{f'[{host}]' if ':' in name else host}:{port}"
        if self.entries and all(entry.what == PUBLIC for entry in self.entries):
            raise _refusal(
                Message("saved.address_not_public", address=shown),
                Message("saved.address_not_public_hint", variable=ALLOW_VARIABLE),
            )
        raise _refusal(
            Message("saved.address_not_listed", address=shown),
            Message("saved.address_not_listed_hint", variable=ALLOW_VARIABLE),
        )

    def _means_loopback(self, name: str, address: Address | None, port: int) -> bool:
        return address is not None and any(
            entry.names(address, port, _LOOPBACK) or (entry.what == name == "localhost" and entry.port in (None, port))
            for entry in self.entries
        )


def allowed(text: str | None, loopback: str | None = None) -> Allowed:
    """Parse the values of `CONNECTIONS_ALLOW` and `CONNECTIONS_LOOPBACK`.

    Args:
        text: Host names, `*.names`, addresses, ranges, `public` for what is routed on the internet, or `*` for anything; each
            may have a port. Separated by commas or blanks: `api.openai.com, *.lab.example:8000, 10.0.0.0/8, [fd00::/8]:443`.
        loopback: `allow` (default) or `refuse`.

    Raises:
        ConfigError: An entry is invalid.
    """
    choice = (loopback or "").strip().lower()
    if choice not in ("", "allow", "refuse"):
        raise ConfigError(Message("saved.loopback_value"), field=LOOPBACK_VARIABLE)
    entries = tuple(_entry(entry) for entry in re.split(r"[\s,]+", text or "") if entry)
    return Allowed(entries or Allowed().entries, choice != "refuse")


def _entry(text: str) -> Entry:
    host, port = _split(text)
    network = _network(host)
    if network is not None:
        return Entry(network, port)
    name = host.lower().rstrip(".")
    if name != ANYTHING and not re.fullmatch(r"(\*\.)?[a-z0-9]([a-z0-9._-]*[a-z0-9])?", name):
        raise ConfigError(Message("saved.address_entry", entry=repr(text)), field=ALLOW_VARIABLE)
    return Entry(name, port)


def _split(entry: str) -> tuple[str, int | None]:
    match = re.fullmatch(r"(?:\[(?P<inside>[^\]]+)\]|(?P<host>[^:\[\]]+))(?::(?P<port>\d{1,5}))?", entry)
    if match is None or int(match["port"] or 0) > 65535:
        return entry, None
    return match["inside"] or match["host"], int(match["port"]) if match["port"] else None


def _network(text: str) -> Network | None:
    """Parse an address range; a single IPv6 address that embeds an IPv4 one becomes that one."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    return ipaddress.ip_network(_real(network.network_address)) if network.num_addresses == 1 else network  # type: ignore[arg-type]


def _literal(host: str) -> Address | None:
    """Return the address that a host literally is, without a lookup; a loopback address for localhost names."""
    host = host.strip("[]").partition("%")[0].rstrip(".")
    if host in _LOOPBACK_NAMES or host.endswith(".localhost"):
        return ipaddress.IPv4Address("127.0.0.1")
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:  # legacy notations such as 0xA9FEA9FE and 169.254.43518, which a proxy may accept
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def _real(address: Address | None) -> Address | None:
    """Return the IPv4 address embedded in an IPv6 one, if any; else the address without its zone."""
    if not isinstance(address, ipaddress.IPv6Address):
        return address
    address = ipaddress.IPv6Address(int(address))
    if _is_in(address, _IPV4_INSIDE) and not _is_in(address, _LOOPBACK):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.sixtofour or address


def _is_public(address: Address) -> bool:
    """Return whether an address is a public unicast one."""
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return address.is_global and not address.is_multicast


def _is_in(address: Address | None, networks: tuple[Network, ...]) -> bool:
    return address is not None and any(address in network for network in networks)


def _refusal(text: Message, hint: Message | None = None) -> InvokeBadRequestError:
    return InvokeBadRequestError(text, field="base_url", hint=hint)
