"""An authority of our own, and what a server and a client need of it to speak https."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import trustme

AUTHORITY = trustme.CA()


def secured(*names: str, **more: Any) -> ssl.SSLContext:
    """Give what a server needs for https under these names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert(*names, **more).configure_cert(context)
    return context


def trusting() -> ssl.SSLContext:
    """Give what a client needs to trust our authority."""
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


def authority_file(folder: Path) -> Path:
    """Write our authority's certificate into a folder, for a connection that names it."""
    path = folder / "authority.pem"
    AUTHORITY.cert_pem.write_to_path(str(path))
    return path
