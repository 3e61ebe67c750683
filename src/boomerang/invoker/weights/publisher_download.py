"""Weight files from the address where their author publishes them; the way out when the wheels are gone."""

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
"""Longest wait for a connection, and for the next bytes."""
ATTEMPTS_WITHOUT_PROGRESS = 2
BLOCK_BYTES = 1 << 20
_CONTENT_RANGE = re.compile(r"bytes (\d+)-")


class Official:
    """Downloads files over HTTP, and goes on where an earlier download was cut off.

    Args:
        client: The HTTP client; one that follows redirects and the proxy settings of the environment if none is given.
    """

    def __init__(self, client: httpx.Client | None = None) -> None:
        self._client = client

    def download(self, file: WeightFile, part: Path, report: Report) -> None:
        """Download a file into `part`, going on behind the bytes already there.

        Raises:
            SourceError: The address cannot be reached, refuses, or has another file than the manifest's.
            OSError: The file cannot be written.
        """
        resumed = _size(part) > 0
        with self._opened() as client:
            actual = self._persist(client, file, part, report)
            if actual != file.sha256 and resumed:
                # What an earlier run had left may be the wrong half; once more from the start.
                part.unlink()
                actual = self._persist(client, file, part, report)
        if actual != file.sha256:
            part.unlink()
            raise SourceError(f"{file.address} has another file: its SHA-256 is {actual}, expected {file.sha256}")

    def _persist(self, client: httpx.Client, file: WeightFile, part: Path, report: Report) -> str:
        """Ask again after a cut, as long as each attempt brings something; return the SHA-256 of the whole."""
        import httpx  # a fifth of a second that a complete models folder never needs

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
        """Ask once for what is missing; return the SHA-256 of the whole."""
        if _size(part) > file.size:
            part.unlink()
        with part.open("a+b") as target:
            digest = hashlib.sha256()
            size = _read_into(digest, target)
            if size == file.size:
                return digest.hexdigest()
            # Compressed on the way, a byte offset would mean nothing.
            headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={size}-"} if size else {})
            with client.stream("GET", file.address, headers=headers) as response:
                _check(response, file, size)
                if response.status_code == 200 and size:  # it sends everything, whatever was asked for
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
    """Hash what is there, from the start; return its bytes and stand behind them."""
    file.seek(0)
    while block := file.read(BLOCK_BYTES):
        digest.update(block)
    return file.tell()


def _check(response: httpx.Response, file: WeightFile, offset: int) -> None:
    """Refuse an answer that is neither the whole file nor what follows the offset.

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
