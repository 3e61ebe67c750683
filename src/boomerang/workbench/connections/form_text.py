"""What is typed into the form and the settings that it makes: lines of headers, what is secret and not shown, addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit, urlunsplit

from boomerang.invoker.http.field_rules import address_fault, without_query
from boomerang.invoker.http.redaction.masking import MASK
from boomerang.invoker.settings import LONGEST_NAME, ConnectionSettings


def as_lines(settings: ConnectionSettings, field: str) -> str:
    """Write the names and values of a field, one pair on a line; what is secret is masked."""
    values: Mapping[str, str] = getattr(settings, field)
    public = settings.public().get(field, {})
    return "\n".join(f"{name}: {public.get(name, MASK)}" for name in values)


def as_values(text: str) -> tuple[dict[str, str], list[str], list[str]]:
    """Read lines.

    Returns:
        The pairs, the lines that are none, and the names that are there twice.
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
    """Put back what was masked; a mask where nothing was before is what somebody typed, and says nothing."""
    return {name: before.get(name, "") if value == MASK else value for name, value in values.items()}


def masked_proxy(proxy: str) -> str:
    """Return the address of a proxy without its user and password."""
    parts = urlsplit(proxy)
    if "@" not in parts.netloc:
        return proxy
    return urlunsplit(parts._replace(netloc=f"{MASK}@{parts.netloc.rpartition('@')[2]}"))


def kept_proxy(typed: str, before: str) -> str:
    """Put user and password back where their mask stands, also before another address of the proxy."""
    user, at, _ = urlsplit(before).netloc.rpartition("@")
    return typed.replace(f"{MASK}@", user + at, 1)


def moved_query(address: str, lines: str) -> tuple[str, str]:
    """Move the query of an address that was typed, or copied from a service's page, to the lines of the field for it.

    Returns:
        Address and lines, which are as they were if the address has no query, or one that cannot be moved.
    """
    if "?" not in address or address_fault(address.strip(), filled=False) is not None:
        return address, lines
    before, fields = without_query(address.strip())
    if len(dict(fields)) < len(fields):
        return address, lines
    others = [line for line in lines.splitlines() if line.partition(":")[0].strip() not in dict(fields)]
    return before, "\n".join([*others, *(f"{name}: {value}" for name, value in fields)])


def with_scheme(typed: str) -> str:
    """Put `http://` or `https://` before an address that was typed without.

    A server near by seldom has a certificate; to any other one no key should go in the clear, unless somebody types so.
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


def free_name(name: str, taken: set[str]) -> str:
    """Return a name, with a number behind it if it is taken."""
    number, candidate = 2, name
    while candidate in taken:
        ending = f" {number}"
        candidate = name[: LONGEST_NAME - len(ending)] + ending
        number += 1
    return candidate
