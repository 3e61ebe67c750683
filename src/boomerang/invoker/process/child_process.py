"""A Python script in a child process that talks in lines of JSON: started, asked, listened to, ended in steps."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

from boomerang.invoker.errors import InvokeServerUnavailableError, ProtocolError

WORDS_LIMIT = 2048
"""Bytes of what a child printed that are kept."""
STEP_SECONDS = 1.0
"""How long each step of ending a child waits for it."""
_KEPT = (
    "PATH", "HOME", "LANG", "TZ", "TMPDIR", "TEMP", "SYSTEMROOT", "PYTHONHOME",
    "LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH",
)  # fmt: skip
_KEPT_FAMILIES = ("LC_", "OMP_", "GOMP_")
"""Beginnings of names."""

_GONE = (OSError, ValueError)
"""What writing raises when nobody reads any more, or when our end of the pipe was closed."""
_log = logging.getLogger(__name__)


class ProcessGoneError(InvokeServerUnavailableError):
    """The child process ended when it was needed; `body` has what it printed last."""


class Process:
    """A script that runs in a child process.

    One thread sends requests and receives answers at a time; `alive`, `try_send` and `kill` may be called from any.

    Args:
        script: A Python file. It runs without the project's environment: no secrets, no import path.
        environment: Variables for it, beside those of the system.

    Raises:
        InvokeServerUnavailableError: It cannot be started.
    """

    def __init__(self, script: Path, environment: Mapping[str, str]) -> None:
        try:
            self._process = subprocess.Popen(
                [sys.executable or "python3", "-P", str(script)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**environment, **_kept()},
                start_new_session=True,  # Ctrl-C in the terminal is for us; the child ends with its stdin
            )
        except OSError as error:
            raise InvokeServerUnavailableError(f"A process for the model cannot be started: {error}") from error
        self._in, self._out = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)
        self._writing = threading.Lock()
        self._words = b""
        # A daemon, as it lives as long as the child: waiting for it at exit would come before the child is ended.
        self._listener = threading.Thread(target=self._listen, name="invoker-child-words", daemon=True)
        try:
            self._listener.start()
        except RuntimeError as error:
            self._process.kill()
            self._process.communicate()
            raise InvokeServerUnavailableError(f"A thread for the model cannot be started: {error}") from error

    @property
    def pid(self) -> int:
        """The child's process number."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def send(self, line: bytes) -> None:
        """Send a line, given without its end.

        Raises:
            ProcessGoneError: It has ended.
        """
        try:
            self._write(line)
        except _GONE as error:
            raise self.gone() from error

    def try_send(self, line: bytes) -> None:
        """Send a line, unless it has ended: then whoever receives learns of that."""
        with suppress(*_GONE):
            self._write(line)

    def receive(self) -> Any:
        """Wait for a line and give its value.

        Raises:
            ProcessGoneError: It has ended.
            ProtocolError: The line is no JSON. The child is ended, since nobody knows what it will say next.
        """
        try:
            line = self._out.readline()
        except ValueError as error:  # closed meanwhile
            raise self.gone() from error
        if not line.endswith(b"\n"):
            raise self.gone()
        try:
            return json.loads(line)
        except ValueError as error:
            self.kill()
            raise ProtocolError("The model's process said what is no JSON.", body=line.decode("utf-8", "replace")) from error

    def gone(self) -> ProcessGoneError:
        """End what is left of it, and give the error that says how it ended, with its last words."""
        if not self._ended(STEP_SECONDS):  # it closed its pipes and goes on
            self.kill()
            self._ended(STEP_SECONDS)
        self._listener.join(STEP_SECONDS)
        words = self._words.decode("utf-8", "replace").strip()
        last = words.rpartition("\n")[2]
        return ProcessGoneError(
            f"The model's process {_fate(self._process.poll())}" + (f": {last}" if last else "."),
            body=words or None,
            hint="Run again: the model is loaded anew. The system kills processes where memory runs out.",
        )

    def kill(self) -> None:
        """End it at once, whatever it is doing."""
        self._process.kill()

    def end(self) -> None:
        """End it in steps, each with its time: close its stdin, terminate, kill."""
        if self._writing.acquire(blocking=False):  # else somebody waits in vain to be read, and closing would wait with him
            with suppress(OSError):
                self._in.close()
            self._writing.release()
        else:
            self._process.terminate()
        for harder in (self._process.terminate, self._process.kill):
            if not self._ended(STEP_SECONDS):
                harder()
        if not self._ended(STEP_SECONDS):  # the system does not let go of it, such as in the middle of a read from a dead disk
            _log.warning("Process %d was killed and has not ended yet", self.pid)
            return
        self._listener.join(STEP_SECONDS)
        with suppress(OSError):
            self._in.close()
        self._out.close()

    def _ended(self, seconds: float) -> bool:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _write(self, line: bytes) -> None:
        with self._writing:
            self._in.write(line + b"\n")
            self._in.flush()

    def _listen(self) -> None:
        with cast(IO[bytes], self._process.stderr) as stderr:
            while words := os.read(stderr.fileno(), WORDS_LIMIT):
                self._words = (self._words + words)[-WORDS_LIMIT:]


def _kept() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith(_KEPT_FAMILIES)}


def _fate(code: int | None) -> str:
    if code is None:
        return "does not answer"
    if code >= 0:
        return f"ended with exit code {code}"
    known = {number.value: number.name for number in signal.Signals}
    return f"was ended by signal {known.get(-code, -code)}"
