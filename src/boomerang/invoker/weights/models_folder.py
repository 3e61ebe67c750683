"""The models folder as the embedded models see it: which file is there, and whether it is what it should be."""

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
"""Environment variable that moves the models folder."""

_LATER_PART = re.compile(r"-(?!00001)\d{5}-of-\d{5}\.gguf$")
"""llama.cpp finds the later parts of a split GGUF by itself; only the first one is a model."""


def models_folder() -> Path:
    """Return the folder of the weights: `BOOMERANG_MODELS`, else `boomerang/models` in the user's cache folder."""
    if chosen := os.environ.get(MODELS_VARIABLE):
        return Path(chosen).expanduser()
    return platformdirs.user_cache_path("boomerang", appauthor=False) / "models"


class Weights:
    """The files of a models folder, each verified before its path is given out; safe to use from several threads.

    A file that looks as it did when its hash was computed is trusted. Any other, such as one put there by hand, is hashed
    once, before a native parser sees it, and the result is kept beside the files, or in this object if they are read-only.

    Args:
        folder: The models folder; `models_folder()` if none is given.
        manifest: What the files must be; the embedded models' own if none is given.
    """

    def __init__(self, folder: Path | None = None, manifest: Manifest | None = None) -> None:
        self.folder = models_folder() if folder is None else folder
        self.manifest = default_manifest() if manifest is None else manifest
        self._files = self.manifest.files
        self._stamps: dict[str, Stamp] = {}
        self._lock = threading.Lock()

    def path(self, name: str) -> Path:
        """Return the path of a file whose content is known to be right.

        Raises:
            InvokeServerUnavailableError: The file is missing, cut or altered; says which, and what to do.
            KeyError: The manifest has no such file.
        """
        if problem := self.problem(name):
            raise InvokeServerUnavailableError(problem, hint=Message("embedded.file_hint"))
        return self.folder / name

    def problem(self, name: str) -> Message | None:
        """Say what keeps a file from being used; `None` if nothing does.

        Takes microseconds for a file that was verified before and has not changed since; one that did change is hashed here.

        Raises:
            KeyError: The manifest has no such file.
        """
        return self._problem(self._files[name], afresh=False)

    def verify(self, name: str) -> Message | None:
        """Hash a file, however it looks, and say what keeps it from being used."""
        return self._problem(self._files[name], afresh=True)

    def extra_llms(self) -> list[Path]:
        """List the GGUF files in the folder that are not in the manifest, sorted by name.

        Left out are hidden files, later parts of a split model, and vision projectors (`mmproj…`), no models by themselves.
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
        # One lock for all: two threads that ask for the same new file must not both read half a gigabyte.
        with self._lock:
            # What is kept beside the files comes first: a fetch by another process may have put a new file there.
            known = [read_stamp(self.folder, file.name), self._stamps.get(file.name)]
            stamp = next((stamp for stamp in known if stamp is not None and stamp.fits(status)), None)
            if afresh or stamp is None:
                # The status is from before the hash: a file written meanwhile no longer fits its stamp.
                stamp = Stamp(status.st_size, status.st_mtime_ns, sha256_of(self.folder / file.name))
                self._keep(file.name, stamp)
            return stamp.sha256

    def _keep(self, name: str, stamp: Stamp) -> None:
        self._stamps[name] = stamp
        try:
            write_stamp(self.folder, name, stamp)
        except OSError:
            # A read-only or full folder is no reason to refuse good weights: this process remembers, the next one hashes again.
            return
