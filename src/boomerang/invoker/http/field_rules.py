"""Check that settings can be sent over HTTP: headers, keys, query fields and addresses."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit, urlunsplit

from boomerang.invoker.messages.message import Message

LONGEST = 16 * 1024
"""Characters of a value; servers accept about 8 to 64 kB of headers in total."""
LONGEST_NAME = 256
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""RFC 9110, 5.6.2: a header name."""
_PER_REQUEST = re.compile(
    r"content-(length|type|encoding)|transfer-encoding|(proxy-)?connection|keep-alive|te|trailer|upgrade|expect|http2-settings",
    re.IGNORECASE,
)
"""Headers that describe a single body or connection and break exchanges with another one."""
_PACKINGS = frozenset({"gzip", "x-gzip", "deflate", "identity"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def header_fault(name: Any, value: Any) -> Message | None:
    """Return what is wrong with a header; `None` if it can be sent. Never quotes the value, which may be secret."""
    if not isinstance(name, str) or not _TOKEN.fullmatch(name) or len(name) > LONGEST_NAME:
        return Message("connections.header_name", name=_shown(name))
    if _PER_REQUEST.fullmatch(name):
        return Message("connections.header_reserved", name=name)
    if not isinstance(value, str):
        return Message("connections.value_kind", name=name)
    if not (value.isprintable() and value.isascii()):
        return Message("connections.header_value", name=name)
    if value != value.strip():
        return Message("connections.header_blanks", name=name)
    if len(value) > LONGEST:
        return Message("connections.value_long", name=name, most=LONGEST)
    if name.lower() == "accept-encoding" and not _PACKINGS.issuperset(_listed(value)):
        return Message("connections.header_packing", name=name)
    return None


def key_fault(key: Any) -> Message | None:
    """Return why a key cannot be sent; `None` if it can."""
    if not (isinstance(key, str) and key.isprintable() and key.isascii()):
        return Message("connections.ascii_line")
    if key != key.strip():
        return Message("connections.blanks")
    return Message("connections.long", most=LONGEST) if len(key) > LONGEST else None


def query_fault(name: Any, value: Any) -> Message | None:
    """Return what is wrong with a query field; `None` if it can be sent."""
    if not isinstance(name, str) or not name.strip() or _CONTROL.search(name) or len(name) > LONGEST_NAME:
        return Message("connections.query_name", name=_shown(name))
    if not isinstance(value, str):
        return Message("connections.value_kind", name=name)
    if _CONTROL.search(value):
        return Message("connections.query_value", name=name)
    return Message("connections.value_long", name=name, most=LONGEST) if len(value) > LONGEST else None


def address_fault(address: Any, *, filled: bool = True) -> Message | None:
    """Return what is wrong with a server's address; `None` if it can be called.

    Args:
        address: The address as entered.
        filled: Whether it is complete, without variables to fill in.
    """
    if fault := line_fault(address):
        return fault
    parts = _parts(address)
    if parts is None or (filled and not (parts.scheme in ("http", "https") and _has_host(parts))):
        return Message("connections.address")
    return Message("connections.fragment") if "#" in address else None


def proxy_fault(address: Any, *, filled: bool = True) -> Message | None:
    """Return what is wrong with a proxy's address; `None` if it can be used. Arguments as for `address_fault`."""
    if fault := line_fault(address):
        return fault
    parts = _parts(address)
    # Text after the port is most likely the rest of a password that contains / ? or #.
    if parts is not None and parts.netloc and (parts.path.strip("/") or parts.query or parts.fragment):
        return Message("connections.proxy_end")
    unusable = parts is None or (filled and not (parts.scheme == "http" and _has_host(parts)))
    return Message("connections.proxy_address") if unusable else None


def line_fault(address: Any) -> Message | None:
    """Return an error if an address is not a single line of text."""
    is_line = isinstance(address, str) and address.isprintable() and address == address.strip() and len(address) <= LONGEST
    return None if is_line else Message("connections.address_line")


def without_query(address: str) -> tuple[str, list[tuple[str, str]]]:
    """Split an address into the part without the query, and the query's fields."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(query="")), parse_qsl(parts.query, keep_blank_values=True)


def _listed(value: str) -> set[str]:
    """Return the entries of a list-valued header, without their parameters."""
    return {entry.partition(";")[0].strip().lower() for entry in value.split(",")}


def _parts(address: str) -> SplitResult | None:
    """Split an address; return `None` if it is invalid, since the error may quote part of a password."""
    try:
        return urlsplit(address)
    except ValueError:
        return None


def _has_host(parts: SplitResult) -> bool:
    try:
        return bool(parts.hostname) and parts.port != 0 and " " not in parts.netloc
    except ValueError:  # invalid port
        return False


def _shown(name: Any) -> str:
    """Return a name safe to show: cut at the first separator, as a secret may have been pasted after it."""
    text = name if isinstance(name, str) else type(name).__name__
    return repr(re.split(r"[:=\r\n]", text[:40])[0])
