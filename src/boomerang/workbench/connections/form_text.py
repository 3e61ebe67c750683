"""Convert between form text and settings: header lines, masked secrets, addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit, urlunsplit

from boomerang.invoker.connection_kind import Preset
from boomerang.invoker.http.field_rules import address_fault, without_query
from boomerang.invoker.http.redaction.masking import MASK
from boomerang.invoker.settings import LONGEST_NAME, ConnectionSettings


def as_lines(settings: ConnectionSettings, field: str) -> str:
    """Return a field's names and values, one pair per line, with secrets masked."""
    values: Mapping[str, str] = getattr(settings, field)
    public = settings.public().get(field, {})
    return "\n".join(f"{name}: {public.get(name, MASK)}" for name in values)


def as_values(text: str) -> tuple[dict[str, str], list[str], list[str]]:
    """Parse lines of `name: value`.

    Returns:
        The pairs, the lines that are not pairs, and the duplicate names.
    """
    values: dict[str, str] = {}
    wrong, twice = [], []
    for line in filter(None, map(str.strip, text.splitlines())):
        name, colon, value = line.partition(":")
        if not colon:
            wrong.append(line)
        elif name.strip() in values:
            twice.append(name.strip())
        else:
            values[name.strip()] = value.strip()
    return values, wrong, twice


def kept(values: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """Restore masked values; a mask with no earlier value was typed, and becomes empty."""
    return {name: before.get(name, "") if value == MASK else value for name, value in values.items()}


def masked_proxy(proxy: str) -> str:
    """Return a proxy's address with its user and password masked."""
    parts = urlsplit(proxy)
    if "@" not in parts.netloc:
        return proxy
    return urlunsplit(parts._replace(netloc=f"{MASK}@{parts.netloc.rpartition('@')[2]}"))


def kept_proxy(typed: str, before: str) -> str:
    """Restore user and password in place of their mask, even if the proxy's address changed."""
    user, at, _ = urlsplit(before).netloc.rpartition("@")
    return typed.replace(f"{MASK}@", user + at, 1)


def moved_query(address: str, lines: str) -> tuple[str, str]:
    """Move the query of a typed or pasted address to the lines of the query field.

    Returns:
        Address and lines, unchanged if the address has no query or the query cannot be moved.
    """
    if "?" not in address or address_fault(address.strip(), filled=False) is not None:
        return address, lines
    before, fields = without_query(address.strip())
    if len(dict(fields)) < len(fields):
        return address, lines
    others = [line for line in lines.splitlines() if line.partition(":")[0].strip() not in dict(fields)]
    return before, "\n".join([*others, *(f"{name}: {value}" for name, value in fields)])


def with_scheme(typed: str) -> str:
    """Prefix an address without a scheme with `http://` or `https://`.

    Local servers seldom have a certificate; to any other server a key is sent in clear text only if the user typed `http://`.
    """
    match = _ADDRESS.fullmatch(typed.strip())
    if match is None:
        return typed
    return f"{'http' if _near(match['host'].strip('[]')) else 'https'}://{match[0]}"


_ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[\w.-]+)(:\d{1,5})?([/?]\S*)?")


def _near(host: str) -> bool:
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".local", ".lan", ".internal", ".localhost"))


def proposed_name(address: str, presets: Iterable[Preset]) -> str:
    """Return a name for the server at an address: its product if only one listens there, else its host and port.

    Returns:
        The name; empty if the address has no host.
    """
    if not (host := _host(address)):
        return ""
    titles = [preset.title for preset in presets if preset.base_url and _host(preset.base_url) == host]
    return titles[0] if len(titles) == 1 else host[:LONGEST_NAME]


def _host(address: str) -> str:
    try:
        parts = urlsplit(with_scheme(address))
    except ValueError:  # brackets without an address of IPv6
        return ""
    host = parts.netloc.rpartition("@")[2].lower()
    return re.sub(r"^127\.0\.0\.1(?=:|$)", "localhost", host)


def free_name(name: str, taken: set[str]) -> str:
    """Return the name, numbered if it is taken."""
    number, candidate = 2, name
    while candidate in taken:
        ending = f" {number}"
        candidate = name[: LONGEST_NAME - len(ending)] + ending
        number += 1
    return candidate
