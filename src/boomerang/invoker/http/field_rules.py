"""Which settings HTTP can send: what is wrong with a header, a key, a field of the query or an address."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit, urlunsplit

from boomerang.invoker.messages.message import Message

LONGEST = 16 * 1024
"""Characters of a value; servers read some 8 to 64 kB of headers in all."""
LONGEST_NAME = 256
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""RFC 9110, 5.6.2: what the name of a header is made of."""
_PER_REQUEST = re.compile(
    r"content-(length|type|encoding)|transfer-encoding|(proxy-)?connection|keep-alive|te|trailer|upgrade|expect|http2-settings",
    re.IGNORECASE,
)
"""Headers that describe one body or one connection: of another one they break the exchange."""
_PACKINGS = frozenset({"gzip", "x-gzip", "deflate", "identity"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def header_fault(name: Any, value: Any) -> Message | None:
    """Return what is wrong with a header; `None` if it can be sent. A value is never repeated, for it may be secret."""
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
    """Return what is wrong with a field of the query; `None` if it can be sent."""
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
        address: What was given.
        filled: Whether it is whole, and names no variables.
    """
    if fault := line_fault(address):
        return fault
    parts = _parts(address)
    if parts is None or (filled and not (parts.scheme in ("http", "https") and _has_host(parts))):
        return Message("connections.address")
    return Message("connections.fragment") if "#" in address else None


def proxy_fault(address: Any, *, filled: bool = True) -> Message | None:
    """Return what is wrong with a proxy's address; `None` if it can be used. Arguments as of `address_fault`."""
    if fault := line_fault(address):
        return fault
    parts = _parts(address)
    # What is behind the port is most likely the rest of a password, after its / ? or #.
    if parts is not None and parts.netloc and (parts.path.strip("/") or parts.query or parts.fragment):
        return Message("connections.proxy_end")
    unusable = parts is None or (filled and not (parts.scheme == "http" and _has_host(parts)))
    return Message("connections.proxy_address") if unusable else None


def line_fault(address: Any) -> Message | None:
    """Return why an address is not even one line of text."""
    is_line = isinstance(address, str) and address.isprintable() and address == address.strip() and len(address) <= LONGEST
    return None if is_line else Message("connections.address_line")


def without_query(address: str) -> tuple[str, list[tuple[str, str]]]:
    """Split an address into what is before its query, and the fields of the query."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(query="")), parse_qsl(parts.query, keep_blank_values=True)


def _listed(value: str) -> set[str]:
    """Return the entries of a header that is a list, without their parameters."""
    return {entry.partition(";")[0].strip().lower() for entry in value.split(",")}


def _parts(address: str) -> SplitResult | None:
    """Split an address; `None` if it cannot be, for reasons that may repeat a part of a password."""
    try:
        return urlsplit(address)
    except ValueError:
        return None


def _has_host(parts: SplitResult) -> bool:
    try:
        return bool(parts.hostname) and parts.port != 0 and " " not in parts.netloc
    except ValueError:  # there is no such port
        return False


def _shown(name: Any) -> str:
    """Return a name as it may be shown: with what was written behind it by mistake goes what may be secret."""
    text = name if isinstance(name, str) else type(name).__name__
    return repr(re.split(r"[:=\r\n]", text[:40])[0])
