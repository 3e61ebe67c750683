"""Which addresses a connection may reach: what `CONNECTIONS_ALLOW` lists, and never those by which a cloud hands out its keys.

What is judged is the address that is really dialled, behind whatever name, and after whatever redirect; so a name that leads
somewhere else by the time it is used gains nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import TypeAlias

from ..errors import ConfigError, InvokeBadRequestError

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

ALLOW_VARIABLE = "CONNECTIONS_ALLOW"
_REFUSED: tuple[Network, ...] = tuple(
    ipaddress.ip_network(network)
    for network in (
        "169.254.0.0/16",  # link-local, and with it the metadata of AWS, Azure, Google and most others
        "fe80::/10",
        "fd00:ec2::/32",  # AWS
        "fd20:ce::254/128",  # Google
        "100.100.100.200/32",  # Alibaba
        "192.0.0.192/32",  # Oracle
        "168.63.129.16/32",  # Azure's platform
    )
)
_REFUSED_NAMES = frozenset({"metadata.google.internal", "metadata.goog", "instance-data.ec2.internal"})
"""What the same are called, for where a proxy finds the address."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Allowed:
    """Addresses that may be reached. Without rules: all but those of clouds' metadata and link-local ones.

    Args:
        names: Host names, with `*.` for whatever is below one; each with a port, or `None` for any.
        networks: Addresses by range; likewise.
    """

    names: tuple[tuple[str, int | None], ...] = ()
    networks: tuple[tuple[Network, int | None], ...] = ()
    everything: bool = True

    def judge(self, host: str, address: Address | None, port: int) -> None:
        """Refuse what may not be dialled; for use as the dialler's judge.

        Args:
            host: The name or address that a connection or a redirect gives.
            address: What is dialled for it; `None` if somebody else dials, such as a proxy.
            port: What is dialled.

        Raises:
            InvokeBadRequestError: It may not be reached.
        """
        real = _plain(address if address is not None else _literal(host))
        listed = real is not None and any(real in network and _fits(port, given) for network, given in self.networks)
        if listed:
            return
        if real is not None and any(real in network for network in _REFUSED):
            shown = f"{host} ({real})" if str(real) != host else host
            raise InvokeBadRequestError(
                f"{shown} is a link-local address or a cloud's metadata: it is not called.",
                field="base_url",
                hint=f"If it is a model server all the same, whoever runs this app can list {real} in {ALLOW_VARIABLE}.",
            )
        if address is None and host.lower().rstrip(".") in _REFUSED_NAMES:
            raise InvokeBadRequestError(
                f"{host} is a link-local address or a cloud's metadata: it is not called.", field="base_url"
            )
        if self.everything or any(_named(host, name) and _fits(port, given) for name, given in self.names):
            return
        shown = f"[{host}]" if ":" in host else host
        raise InvokeBadRequestError(
            f"{shown}:{port} is not among the addresses that may be called here.",
            field="base_url",
            hint=f"Whoever runs this app lists them in {ALLOW_VARIABLE}.",
        )


def allowed(text: str | None) -> Allowed:
    """Read the value of `CONNECTIONS_ALLOW`: names, `*.names`, addresses and ranges, each perhaps with a port.

    `*` is everything. Separated by commas or blanks, such as `api.openai.com, *.lab.example:8000, 10.0.0.0/8, [fd00::/8]:443`.

    Raises:
        ConfigError: An entry is none of these.
    """
    entries = re.split(r"[\s,]+", (text or "").strip())
    if entries == [""]:
        return Allowed()
    names: list[tuple[str, int | None]] = []
    networks: list[tuple[Network, int | None]] = []
    for entry in filter(None, entries):
        host, port = _split(entry)
        network = _network(host)
        if network is not None:
            networks.append((network, port))
        elif re.fullmatch(r"(\*\.)?[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", host):
            names.append((host.lower(), port))
        elif host != "*":
            raise ConfigError(
                f"{ALLOW_VARIABLE}: {entry!r} is no name, address or range, such as *.lab.example:8000 or 10.0.0.0/8"
            )
    return Allowed(tuple(names), tuple(networks), "*" in entries)


def _split(entry: str) -> tuple[str, int | None]:
    found = re.fullmatch(r"(?:\[(?P<inside>[^\]]+)\]|(?P<host>[^:\[\]]+))(?::(?P<port>\d{1,5}))?", entry)
    if found is None:
        return entry, None
    return found["inside"] or found["host"], int(found["port"]) if found["port"] else None


def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _literal(host: str) -> Address | None:
    host = host.strip("[]").partition("%")[0].rstrip(".")
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:  # the old ways to write an address, such as 0xA9FEA9FE and 169.254.43518, which whoever dials may take
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def _plain(address: Address | None) -> Address | None:
    """Give the IPv4 address that an IPv6 one stands for, where it stands for one."""
    if not isinstance(address, ipaddress.IPv6Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _named(host: str, name: str) -> bool:
    host = host.lower().rstrip(".")
    return host.endswith(name[1:]) if name.startswith("*.") else host == name


def _fits(port: int, given: int | None) -> bool:
    return given is None or given == port
