"""The models folder: which weight files exist, and whether they are valid."""

from __future__ import annotations

import os
import re
import stat
import threading
from pathlib import Path

import platformdirs

from boomerang.invoker.errors import InvokeServerUnavailableError
from boomerang.invoker.messages.message import Message

from .hash_cache import Stamp, read_stamp, sha256_of, write_stamp
from .manifest import Manifest, WeightFile, default_manifest

MODELS_VARIABLE = "BOOMERANG_MODELS"
"""Environment variable for the location of the models folder."""

_LATER_PART = re.compile(r"-(?!00001)\d{5}-of-\d{5}\.gguf$")
"""Matches the later parts of a split GGUF, which llama.cpp finds on its own; only the first part is a model."""


def models_folder() -> Path:
    """Return the folder of the weights: `BOOMERANG_MODELS`, else `boomerang/models` in the user's cache folder."""
    if chosen := os.environ.get(MODELS_VARIABLE):
        return Path(chosen).expanduser()
    return platformdirs.user_cache_path("boomerang", appauthor=False) / "models"


class Weights:
    """The files of a models folder, each verified before its path is returned. Thread-safe.

    A file whose size and modification time have not changed since its hash was computed is trusted. Any other, such as one
    copied there by hand, is hashed once, before a native parser reads it. The result is stored beside the files, or in this
    object if they are read-only.

    Args:
        folder: The models folder; `models_folder()` by default.
        manifest: The expected files; the embedded models' manifest by default.
    """

    def __init__(self, folder: Path | None = None, manifest: Manifest | None = None) -> None:
        self.folder = models_folder() if folder is None else folder
        self.manifest = default_manifest() if manifest is None else manifest
        self._files = self.manifest.files
        self._stamps: dict[str, Stamp] = {}
        self._lock = threading.Lock()

    def path(self, name: str) -> Path:
        """Return the path of a file after verifying its content.

        Raises:
            InvokeServerUnavailableError: The file is missing, truncated or altered; says which, and what to do.
            KeyError: The manifest has no such file.
        """
        if problem := self.problem(name):
            raise InvokeServerUnavailableError(problem, hint=Message("embedded.file_hint"))
        return self.folder / name

    def problem(self, name: str) -> Message | None:
        """Return why a file cannot be used; `None` if it can.

        Takes microseconds for a file that was verified before and has not changed since; a changed file is hashed.

        Raises:
            KeyError: The manifest has no such file.
        """
        return self._problem(self._files[name], afresh=False)

    def verify(self, name: str) -> Message | None:
        """Hash a file unconditionally and return why it cannot be used; `None` if it can."""
        return self._problem(self._files[name], afresh=True)

    def extra_llms(self) -> list[Path]:
        """List the GGUF files in the folder that are not in the manifest, sorted by name.

        Excludes hidden files, later parts of a split model, and vision projectors (`mmproj…`), which are not models.
        """
        return sorted(
            path
            for path in self.folder.glob("*.gguf")
            if path.name not in self._files
            and not path.name.startswith((".", "mmproj"))
            and not _LATER_PART.search(path.name)
            and path.is_file()
        )

    def _problem(self, file: WeightFile, *, afresh: bool) -> Message | None:
        path = self.folder / file.name
        folder = str(self.folder)
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                return Message("embedded.file_other", file=file.name, folder=folder)
            if status.st_size != file.size:
                return Message("embedded.file_size", file=file.name, folder=folder, size=status.st_size, expected=file.size)
            actual = self._sha256(file, status, afresh=afresh)
        except (FileNotFoundError, NotADirectoryError):
            return Message("embedded.file_missing", file=file.name, folder=folder)
        except OSError as error:
            return Message("embedded.file_unreadable", file=file.name, folder=folder, fault=str(error.strerror))
        if actual != file.sha256:
            return Message("embedded.file_altered", file=file.name, folder=folder, found=actual, expected=file.sha256)
        return None

    def _sha256(self, file: WeightFile, status: os.stat_result, *, afresh: bool) -> str:
        # A single lock, so that two threads asking for the same new file do not both read half a gigabyte.
        with self._lock:
            # Prefer the stored stamp: another process may have fetched a new file.
            known = [read_stamp(self.folder, file.name), self._stamps.get(file.name)]
            stamp = next((stamp for stamp in known if stamp is not None and stamp.fits(status)), None)
            if afresh or stamp is None:
                # The status predates the hash: a file written in between will not match its stamp.
                stamp = Stamp(status.st_size, status.st_mtime_ns, sha256_of(self.folder / file.name))
                self._keep(file.name, stamp)
            return stamp.sha256

    def _keep(self, name: str, stamp: Stamp) -> None:
        self._stamps[name] = stamp
        try:
            write_stamp(self.folder, name, stamp)
        except OSError:
            # A read-only or full folder is no reason to reject good weights: keep the stamp in memory only.
            return
