"""Media of a record by content hash, so that a file is stored once, however often the record refers to it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

SMALLEST = 512
"""Minimum characters; shorter texts are kept in place."""
HASH, ENCODING = "sha256", "encoding"
HEX, BASE64 = "hex", "base64"


class Media:
    """Bytes by SHA-256.

    Args:
        stored: Hash → bytes in base64, as returned by `dump`.
    """

    def __init__(self, stored: Mapping[str, str] | None = None) -> None:
        self._stored = dict(stored or {})

    def dump(self) -> dict[str, str]:
        """Return the stored media as JSON values."""
        return dict(self._stored)

    def take_out(self, value: Any) -> Any:
        """Return a JSON value with file bytes replaced by references."""
        if isinstance(value, dict):
            return {key: self._referred(value, key) or self.take_out(item) for key, item in value.items()}
        return [self.take_out(item) for item in value] if isinstance(value, list) else value

    def put_back(self, value: Any) -> Any:
        """Return a JSON value with references replaced by file bytes."""
        if isinstance(value, list):
            return [self.put_back(item) for item in value]
        if not isinstance(value, dict):
            return value
        if value.keys() == {HASH, ENCODING} and value[HASH] in self._stored:
            text = self._stored[value[HASH]]
            return text if value[ENCODING] == BASE64 else base64.b64decode(text).hex()
        return {key: self.put_back(item) for key, item in value.items()}

    def _referred(self, owner: Mapping[str, Any], key: str) -> dict[str, str] | None:
        """Store the bytes under a key and return a reference; `None` if it has no bytes or their encoding is not canonical."""
        text, encoding = owner[key], _encoding(owner, key)
        if encoding is None or not isinstance(text, str) or len(text) < SMALLEST:
            return None
        try:
            data = bytes.fromhex(text) if encoding == HEX else base64.b64decode(text, validate=True)
        except ValueError:
            return None
        stored = base64.b64encode(data).decode()
        if (data.hex() if encoding == HEX else stored) != text:
            return None
        name = hashlib.sha256(data).hexdigest()
        self._stored[name] = stored
        return {HASH: name, ENCODING: encoding}


def _encoding(owner: Mapping[str, Any], key: str) -> str | None:
    """Return how a key of a request or message encodes file bytes."""
    if key == "file":
        return HEX
    if key == "base64_data" or (key == "content" and owner.get("content_type") == "image"):
        return BASE64
    return None
