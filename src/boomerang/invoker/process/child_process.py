"""A Python script in a child process that talks in framed messages: started, asked, listened to, ended in steps.

The child leads a process group of its own. What it starts ends with it, unless that leaves the group. Every wait is bounded.
"""

from __future__ import annotations

import json
import logging
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import IO, Any, cast

from boomerang.invoker.errors import InvokeServerUnavailableError, InvokeTimeoutError, ProtocolError
from boomerang.invoker.messages.message import Message

from .frames import LARGEST_FRAME, FrameBuffer, FrameTooLargeError, framed

STDERR_LIMIT = 2048
"""Bytes of what a child printed that are kept."""
STEP_SECONDS = 1.0
"""How long each step of ending a child waits for it."""
SEND_SECONDS = 60.0
"""How long a message may wait to be read by the child."""
SILENT_SECONDS = 600.0
"""How long the child may be silent while a message is expected."""
_LOOK_SECONDS = 0.2
"""How often a wait for a pipe looks whether the child is still there: something that it started may keep the pipe open."""
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

    One thread sends requests and receives answers at a time; `alive`, `try_send`, `kill` and `end` may be called from any.

    Args:
        script: A Python file. It runs without the project's environment: no secrets, no import path.
        environment: Variables for it, beside those of the system.
        arguments: Its command line.
        flags: Options of the interpreter.
        largest: Bytes of the longest message in either direction.

    Raises:
        InvokeServerUnavailableError: It cannot be started.
    """

    def __init__(
        self,
        script: Path,
        environment: Mapping[str, str],
        *,
        arguments: Sequence[str] = (),
        flags: Sequence[str] = ("-P",),
        largest: int = LARGEST_FRAME,
    ) -> None:
        try:
            self._process = subprocess.Popen(
                [sys.executable or "python3", *flags, str(script), *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                env={**environment, **_kept()},
                start_new_session=True,  # Ctrl-C in the terminal is for us, and what the child starts ends with it
            )
        except OSError as error:
            raise InvokeServerUnavailableError(Message("embedded.no_process", fault=str(error))) from error
        self._in, self._out = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)
        os.set_blocking(self._in.fileno(), False)
        os.set_blocking(self._out.fileno(), False)
        self._largest = largest
        self._frames = FrameBuffer(largest)
        self._writing, self._reading, self._signalling = threading.Lock(), threading.Lock(), threading.Lock()
        self._ending = self._group_ended = False
        self._stderr = b""
        # A daemon, as it lives as long as the child: waiting for it at exit would come before the child is ended.
        self._listener = threading.Thread(target=self._drain_stderr, name="invoker-child-words", daemon=True)
        try:
            self._listener.start()
        except RuntimeError as error:
            self._signal(signal.SIGKILL)
            self._process.communicate()
            raise InvokeServerUnavailableError(Message("embedded.no_thread", fault=str(error))) from error

    @property
    def pid(self) -> int:
        """The child's process number."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended, negative for the number of a signal; `None` while it runs."""
        return self._process.poll() if not self.alive else None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        with self._signalling:
            if self._process.poll() is None:
                return True
            # At once: as long as something of the group runs, its number belongs to no other.
            self._end_group()
            return False

    def send(self, message: bytes, seconds: float = SEND_SECONDS) -> None:
        """Send a message.

        Args:
            message: Any bytes.
            seconds: How long the child may take to read it; then it is killed, as half a message would garble the next.

        Raises:
            FrameTooLargeError: The message is too long; nothing was sent.
            ProcessGoneError: The child has ended, or does not read.
        """
        data = framed(message, self._largest)
        try:
            with self._writing:
                self._write(data, monotonic() + seconds)
        except _GONE as error:
            raise self.gone() from error

    def try_send(self, message: bytes) -> None:
        """Send a short message, unless the child has ended: then the thread that receives finds out."""
        if not self._writing.acquire(timeout=STEP_SECONDS):
            return
        try:
            with suppress(*_GONE):
                self._write(framed(message, self._largest), monotonic() + STEP_SECONDS)
        finally:
            self._writing.release()

    def receive(self, seconds: float = SILENT_SECONDS) -> Any:
        """Wait for a message and return its JSON value.

        Args:
            seconds: How long to wait; then the child is killed.

        Raises:
            ProcessGoneError: The child has ended; half a message of it is dropped.
            InvokeTimeoutError: It was silent for too long.
            ProtocolError: The message is no JSON, or too long. The child is killed, since its next bytes mean nothing.
        """
        message = self.receive_bytes(seconds)
        try:
            return json.loads(message)
        except ValueError as error:
            self.kill()
            raise ProtocolError(Message("embedded.not_json"), body=message.decode("utf-8", "replace")) from error

    def receive_bytes(self, seconds: float = SILENT_SECONDS) -> bytes:
        """Wait for a message, as `receive` does, and return it as it is."""
        end = monotonic() + seconds
        with self._reading:
            try:
                while (message := self._frames.take()) is None:
                    if not self._wait_for(self._out, select.POLLIN, end):
                        self.kill()
                        silent = Message("embedded.silent", seconds=seconds)
                        raise InvokeTimeoutError(silent, clock="between chunks", seconds=seconds)
                    if not (data := os.read(self._out.fileno(), 1 << 16)):
                        raise self.gone()
                    self._frames.add(data)
            except FrameTooLargeError as error:
                self.kill()
                raise ProtocolError(Message("embedded.long_message", size=error.size, most=error.largest)) from error
            except _GONE as error:
                raise self.gone() from error
        return message

    def gone(self) -> ProcessGoneError:
        """End what is left of it, and give the error that says how it ended, with its last words."""
        if not self._ended(STEP_SECONDS):  # it closed its pipes and goes on
            self.kill()
            self._ended(STEP_SECONDS)
        self._listener.join(STEP_SECONDS)
        output = self._stderr.decode("utf-8", "replace").strip()
        last = output.rpartition("\n")[2]
        fate = _fate(self._process.poll())
        message = Message("embedded.gone_saying", fate=fate, words=last) if last else Message("embedded.gone", fate=fate)
        return ProcessGoneError(message, body=output or None, hint=Message("embedded.gone_hint"))

    def kill(self) -> None:
        """End it and all that it started at once, whatever they are doing."""
        self._signal(signal.SIGKILL)

    def end(self) -> None:
        """End it in steps, each with its time: close its stdin, terminate, kill."""
        self._ending = True  # a thread that waits to write gives up
        if self._writing.acquire(blocking=False):
            self._close(self._in)
            self._writing.release()
        else:
            self._signal(signal.SIGTERM)
        for harder in (signal.SIGTERM, signal.SIGKILL):
            if not self._ended(STEP_SECONDS):
                self._signal(harder)
        if not self._ended(STEP_SECONDS):  # the system does not let go of it, such as in the middle of a read from a dead disk
            _log.warning("Process %d was killed and has not ended yet", self.pid)
            return
        self._listener.join(STEP_SECONDS)
        for lock, pipe in ((self._writing, self._in), (self._reading, self._out)):
            if lock.acquire(timeout=STEP_SECONDS):  # else a waiting thread could end up on another file's number
                self._close(pipe)
                lock.release()

    def _ended(self, seconds: float) -> bool:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return not self.alive

    def _signal(self, number: signal.Signals) -> None:
        """Send a signal to the child's group, while that is known to be the child's."""
        with self._signalling:
            if self._process.poll() is None:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.pid, number)
            else:
                self._end_group()

    def _end_group(self) -> None:
        """Kill what the child left behind, once."""
        if not self._group_ended:
            self._group_ended = True
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    def _write(self, data: bytes, end: float) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._in.fileno(), rest) :]
            except BlockingIOError:
                if self._ending or not self._wait_for(self._in, select.POLLOUT, end):
                    self.kill()
                    raise BrokenPipeError("the child does not read") from None

    def _wait_for(self, pipe: IO[bytes], event: int, end: float) -> bool:
        """Wait for a pipe; returns whether it is ready in time.

        Raises:
            OSError: The child has ended, and there is nothing left in the pipe.
        """
        waiting = select.poll()
        waiting.register(pipe.fileno(), event)
        while (left := end - monotonic()) > 0:
            if waiting.poll(min(left, _LOOK_SECONDS) * 1000):
                return True
            if self._ending and event == select.POLLOUT:
                return False
            if not self.alive and not waiting.poll(0):
                raise BrokenPipeError("the child has ended")
        return False

    def _close(self, pipe: IO[bytes]) -> None:
        with suppress(OSError):
            pipe.close()

    def _drain_stderr(self) -> None:
        with cast(IO[bytes], self._process.stderr) as stderr:
            while data := os.read(stderr.fileno(), STDERR_LIMIT):
                self._stderr = (self._stderr + data)[-STDERR_LIMIT:]


def _kept() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith(_KEPT_FAMILIES)}


def _fate(code: int | None) -> Message:
    if code is None:
        return Message("embedded.fate_silent")
    if code >= 0:
        return Message("embedded.fate_code", code=code)
    known = {number.value: number.name for number in signal.Signals}
    return Message("embedded.fate_signal", signal=known.get(-code, str(-code)))
