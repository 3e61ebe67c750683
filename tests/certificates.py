"""A test certificate authority, and TLS contexts for servers and clients that use it."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import trustme

AUTHORITY = trustme.CA()


def secured(*names: str, **more: Any) -> ssl.SSLContext:
    """Return a server's TLS context for these names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert(*names, **more).configure_cert(context)
    return context


def trusting() -> ssl.SSLContext:
    """Return a client's TLS context that trusts our authority."""
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


def authority_file(folder: Path) -> Path:
    """Write our authority's certificate into a folder, for a connection that names it."""
    path = folder / "authority.pem"
    AUTHORITY.cert_pem.write_to_path(str(path))
    return path
