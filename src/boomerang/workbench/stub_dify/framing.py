"""Write envelopes as Dify does: binary frames, or lines (dify-protocol 3.4.4 and 3.4.8)."""

from __future__ import annotations

import json
from typing import Any

OVER_LIMIT = 30 * 1024 * 1024 + 1


def compact(value: Any) -> bytes:
    """Return JSON without spaces, as in streams."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def spaced(value: Any) -> bytes:
    """Return JSON with spaces and a line break at the end, as in all other answers."""
    return json.dumps(value).encode() + b"\n"


def frame(envelope: bytes) -> bytes:
    """Return a frame: magic, zero, header length 10, data length, six zeros, data; numbers are little endian."""
    return b"\x0f\x00\x0a\x00" + len(envelope).to_bytes(4, "little") + bytes(6) + envelope


def line(envelope: bytes) -> bytes:
    """Return a line of an old Dify."""
    return envelope + b"\n\n"


def oversized() -> bytes:
    """Return the header of a frame that announces more than the daemon accepts, and a little data."""
    return b"\x0f\x00\x0a\x00" + OVER_LIMIT.to_bytes(4, "little") + bytes(6) + b'{"data":'
