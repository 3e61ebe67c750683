"""Who calls Dify, and where: checks of the connection's four fields, each with the reason."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from boomerang.invoker.http.field_rules import address_fault, key_fault
from boomerang.invoker.messages.message import Message

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PROVIDER = re.compile(r"[a-z0-9_-]+(/[a-z0-9_-]+){2}", re.IGNORECASE)
INNER_API = "/inner/api"


def tenant_fault(tenant_id: Any) -> Message | None:
    """Return why a tenant cannot be sent: some versions answer text that is no UUID with status 500."""
    return None if isinstance(tenant_id, str) and _UUID.fullmatch(tenant_id) else Message("dify.not_uuid")


def user_fault(user_id: Any) -> Message | None:
    """Return why a user cannot be sent; an empty one is Dify's anonymous end user."""
    valid = isinstance(user_id, str) and (not user_id or _UUID.fullmatch(user_id))
    return None if valid else Message("dify.user_not_uuid")


def provider_fault(provider: Any) -> Message | None:
    """Return what is wrong with a completed provider."""
    return None if isinstance(provider, str) and _PROVIDER.fullmatch(provider) else Message("dify.provider_shape")


def inner_key_fault(key: Any) -> Message | None:
    """Return why an inner API key cannot be sent."""
    return key_fault(key) or (None if key else Message("connections.empty"))


def base_url_fault(address: Any, *, filled: bool = True) -> Message | None:
    """Return what is wrong with the address of Dify's API server. Arguments as for `address_fault`."""
    if fault := address_fault(address, filled=filled):
        return fault
    parts = urlsplit(address)
    if "@" in parts.netloc:
        return Message("connections.user")
    return Message("connections.address") if parts.query else None


def server_address(address: str) -> str:
    """Return the address of the server without the path of its inner API, which people tend to include."""
    return address.strip().rstrip("/").removesuffix(INNER_API).rstrip("/")
