"""Download wheels from the package index with pip.

pip uses the index, mirrors, proxies, certificates and passwords configured on this machine, so no further settings are needed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from .download_errors import Report, SourceError
from .hash_cache import sha256_of
from .manifest import Wheel

PLATFORM = ("--platform", "manylinux_2_34_x86_64", "--python-version", "3.11", "--implementation", "cp")
"""The same wheel on every system: only its data is read."""
POLL_SECONDS = 0.2
REASON_CHARACTERS = 400


class PipIndex:
    """Downloads wheels with `pip download`, pinned by their hash.

    Args:
        arguments: Further pip arguments, placed before those that name the wheel.
        python: The interpreter whose pip is used; the running one by default.
    """

    def __init__(self, arguments: Sequence[str] = (), *, python: str | None = None) -> None:
        self._arguments = tuple(arguments)
        self._python = sys.executable if python is None else python

    def download(self, wheel: Wheel, folder: Path, report: Report) -> Path:
        """Download one wheel, or reuse it from an earlier, interrupted run.

        Args:
            wheel: The wheel to download.
            folder: Where to put it; also pip's working directory.
            report: Called with the number of bytes so far.

        Raises:
            SourceError: pip failed, or the file differs from the manifest's; contains pip's own text.
            OSError: The folder cannot be written.
        """
        kept = kept_wheel(wheel, folder)
        if kept.is_file() and sha256_of(kept) == wheel.sha256:
            return kept
        work = staging(wheel, folder)
        shutil.rmtree(work, ignore_errors=True)
        arrived = work / "wheel"
        arrived.mkdir(parents=True)
        try:
            self._run(wheel, work, arrived, report)
            os.replace(next(arrived.iterdir()), kept)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return kept

    def _run(self, wheel: Wheel, work: Path, arrived: Path, report: Report) -> None:
        requirement = work / "requirement.txt"
        requirement.write_text(f"{wheel} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
        # pip unpacks and builds in TMPDIR: this puts it on the disk whose space was checked, and lets us watch the file grow.
        # Its cache would keep a second copy of every wheel forever.
        command = [self._python, "-P", "-m", "pip", "download", *self._arguments, "--no-deps", "--require-hashes"]
        command += ["--only-binary=:all:", *PLATFORM, "--no-cache-dir", "--progress-bar", "off", "--no-input"]
        command += ["--disable-pip-version-check", "--dest", str(arrived), "--requirement", str(requirement)]
        with (
            (work / "output").open("w+", encoding="utf-8", errors="replace") as output,
            subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "TMPDIR": str(work), "PYTHONIOENCODING": "utf-8"},
            ) as process,
        ):
            try:
                while _running(process):
                    report(min(wheel.size, largest_file(work)))
            except BaseException:
                process.terminate()
                raise
            output.seek(0)
            if process.returncode:
                raise SourceError(_reason(output.read()))


def kept_wheel(wheel: Wheel, folder: Path) -> Path:
    """Return the path where a downloaded wheel is kept until the others have arrived."""
    return folder / f"{wheel.project}-{wheel.version}.whl"


def staging(wheel: Wheel, folder: Path) -> Path:
    """Return pip's working folder for a wheel."""
    return folder / f"{wheel.project}-{wheel.version}.pip"


def _running(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return True
    return False


def largest_file(folder: Path) -> int:
    """Return the size of the largest file below a folder that another process is using."""
    largest = 0
    for parent, _folders, names in os.walk(folder):  # skips a folder that was deleted since it was listed; rglob raises
        for name in names:
            with suppress(FileNotFoundError):
                largest = max(largest, os.lstat(os.path.join(parent, name)).st_size)
    return largest


def _reason(output: str) -> str:
    """Extract the error from pip's output; its last lines if there is no line beginning with `ERROR:`."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    first = next((number for number, line in enumerate(lines) if line.startswith("ERROR:")), max(0, len(lines) - 3))
    text = " ".join(line.removeprefix("ERROR: ") for line in lines[first:])
    return text[:REASON_CHARACTERS] or "pip failed without a word"
