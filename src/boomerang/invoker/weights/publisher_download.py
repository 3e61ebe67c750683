"""Download weight files from their publishers' addresses; the fallback when the wheels are unavailable."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from .download_errors import Report, SourceError
from .manifest import WeightFile

if TYPE_CHECKING:
    import httpx

TIMEOUT_SECONDS = 30.0
"""Timeout for connecting, and for the next bytes."""
ATTEMPTS_WITHOUT_PROGRESS = 2
BLOCK_BYTES = 1 << 20
_CONTENT_RANGE = re.compile(r"bytes (\d+)-")


class Official:
    """Downloads files over HTTP, resuming interrupted downloads.

    Args:
        client: The HTTP client; by default one that follows redirects and uses the environment's proxy settings.
    """

    def __init__(self, client: httpx.Client | None = None) -> None:
        self._client = client

    def download(self, file: WeightFile, part: Path, report: Report) -> None:
        """Download a file into `part`, resuming after the bytes it already has.

        Raises:
            SourceError: The address is unreachable, refuses, or has a file that differs from the manifest's.
            OSError: The file cannot be written.
        """
        resumed = _size(part) > 0
        with self._opened() as client:
            actual = self._persist(client, file, part, report)
            if actual != file.sha256 and resumed:
                # The bytes of an earlier run may be wrong: start over once.
                part.unlink()
                actual = self._persist(client, file, part, report)
        if actual != file.sha256:
            part.unlink()
            raise SourceError(f"{file.address} has another file: its SHA-256 is {actual}, expected {file.sha256}")

    def _persist(self, client: httpx.Client, file: WeightFile, part: Path, report: Report) -> str:
        """Resume after interruptions as long as each attempt makes progress; return the SHA-256 of the whole file."""
        import httpx  # takes a fifth of a second, never needed for a complete models folder

        failures = 0
        while True:
            before = _size(part)
            try:
                return self._attempt(client, file, part, report)
            except httpx.TransportError as error:
                failures = 0 if _size(part) > before else failures + 1
                if failures == ATTEMPTS_WITHOUT_PROGRESS:
                    raise SourceError(f"{file.address}: {error or type(error).__name__}") from error

    def _attempt(self, client: httpx.Client, file: WeightFile, part: Path, report: Report) -> str:
        """Request the missing bytes once; return the SHA-256 of the whole file."""
        if _size(part) > file.size:
            part.unlink()
        with part.open("a+b") as target:
            digest = hashlib.sha256()
            size = _read_into(digest, target)
            if size == file.size:
                return digest.hexdigest()
            # With compression, a byte offset would be meaningless.
            headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={size}-"} if size else {})
            with client.stream("GET", file.address, headers=headers) as response:
                _check(response, file, size)
                if response.status_code == 200 and size:  # the server ignored the range and sends everything
                    target.truncate(0)
                    digest, size = hashlib.sha256(), 0
                for data in response.iter_bytes():
                    size += len(data)
                    if size > file.size:
                        break
                    target.write(data)
                    digest.update(data)
                    report(size)
        if size != file.size:
            part.unlink()
            raise SourceError(
                f"{file.address} has {'more' if size > file.size else 'fewer'} than the {file.size:,} bytes expected"
            )
        return digest.hexdigest()

    @contextmanager
    def _opened(self) -> Iterator[httpx.Client]:
        import httpx

        if self._client is not None:
            yield self._client
            return
        with httpx.Client(follow_redirects=True, timeout=TIMEOUT_SECONDS) as client:
            yield client


def _read_into(digest: hashlib._Hash, file: IO[bytes]) -> int:
    """Hash a file from the start; return its size and leave the position at its end."""
    file.seek(0)
    while block := file.read(BLOCK_BYTES):
        digest.update(block)
    return file.tell()


def _check(response: httpx.Response, file: WeightFile, offset: int) -> None:
    """Raise unless the response has the whole file or the part from the offset on.

    Source: RFC 9110, sections 14.4 and 15.3.7.
    """
    if response.status_code not in (200, 206):
        raise SourceError(f"{file.address} answered {response.status_code} {response.reason_phrase}")
    if response.status_code == 206:
        match = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
        if match is None or int(match[1]) != offset:
            raise SourceError(f"{file.address} sent another range than asked for")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
