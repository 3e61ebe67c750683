"""Run a Python script in a child process and exchange framed messages with it.

The child leads its own process group. Processes that it starts end with it, unless they leave the group. Every wait is bounded.
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
"""Bytes of the child's stderr that are kept."""
STEP_SECONDS = 1.0
"""How long each step of ending a child may take."""
SEND_SECONDS = 60.0
"""Default limit for the child to read a message."""
SILENT_SECONDS = 600.0
"""Default limit for the child to send a message."""
_LOOK_SECONDS = 0.2
"""How often a wait for a pipe checks that the child is alive: its subprocesses may keep the pipe open."""
_KEPT = (
    "PATH", "HOME", "LANG", "TZ", "TMPDIR", "TEMP", "SYSTEMROOT", "PYTHONHOME",
    "LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH",
)  # fmt: skip
_KEPT_FAMILIES = ("LC_", "OMP_", "GOMP_")
"""Prefixes of names."""

_GONE = (OSError, ValueError)
"""Exceptions raised by writing to a pipe that is closed on either side."""
_log = logging.getLogger(__name__)


class ProcessGoneError(InvokeServerUnavailableError):
    """The child process ended while it was needed; `body` has its last output."""


class Process:
    """A script running in a child process.

    Only one thread may send requests and receive responses at a time; `alive`, `try_send`, `kill` and `end` are thread-safe.

    Args:
        script: A Python file. It runs without the project's environment: no secrets, no import path.
        environment: Variables for it, in addition to those of the system.
        arguments: Its command line.
        flags: Options of the interpreter.
        largest: Maximum bytes of a message in either direction.

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
                start_new_session=True,  # Ctrl-C in the terminal must not reach the child, and its own children end with it
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
        # A daemon, since it lives as long as the child: exit would wait for it before the child is ended.
        self._listener = threading.Thread(target=self._drain_stderr, name="invoker-child-words", daemon=True)
        try:
            self._listener.start()
        except RuntimeError as error:
            self._signal(signal.SIGKILL)
            self._process.communicate()
            raise InvokeServerUnavailableError(Message("embedded.no_thread", fault=str(error))) from error

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code, negative for a signal number; `None` while it runs."""
        return self._process.poll() if not self.alive else None

    @property
    def alive(self) -> bool:
        """Whether the child is running."""
        with self._signalling:
            if self._process.poll() is None:
                return True
            # Immediately: the group id cannot be reused while a process of the group still runs.
            self._end_group()
            return False

    def send(self, message: bytes, seconds: float = SEND_SECONDS) -> None:
        """Send a message.

        Args:
            message: Any bytes.
            seconds: How long the child may take to read it. Then it is killed: a partial message would garble the next.

        Raises:
            FrameTooLargeError: The message is too long; nothing was sent.
            ProcessGoneError: The child has ended or does not read.
        """
        data = framed(message, self._largest)
        try:
            with self._writing:
                self._write(data, monotonic() + seconds)
        except _GONE as error:
            raise self.gone() from error

    def try_send(self, message: bytes) -> None:
        """Send a short message; do nothing if the child has ended, which the receiving thread will notice."""
        if not self._writing.acquire(timeout=STEP_SECONDS):
            return
        try:
            with suppress(*_GONE):
                self._write(framed(message, self._largest), monotonic() + STEP_SECONDS)
        finally:
            self._writing.release()

    def receive(self, seconds: float = SILENT_SECONDS) -> Any:
        """Receive a message and return its JSON value.

        Args:
            seconds: How long to wait; after that the child is killed.

        Raises:
            ProcessGoneError: The child has ended; a partial message is dropped.
            InvokeTimeoutError: No message arrived in time.
            ProtocolError: The message is not JSON, or too long. The child is killed, since the rest of its output is unusable.
        """
        message = self.receive_bytes(seconds)
        try:
            return json.loads(message)
        except ValueError as error:
            self.kill()
            raise ProtocolError(Message("embedded.not_json"), body=message.decode("utf-8", "replace")) from error

    def receive_bytes(self, seconds: float = SILENT_SECONDS) -> bytes:
        """Receive a message, as `receive` does, and return its bytes."""
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
        """End the child and return an error with its exit status and last output."""
        if not self._ended(STEP_SECONDS):  # it closed its pipes but is still running
            self.kill()
            self._ended(STEP_SECONDS)
        self._listener.join(STEP_SECONDS)
        output = self._stderr.decode("utf-8", "replace").strip()
        last = output.rpartition("\n")[2]
        fate = _fate(self._process.poll())
        message = Message("embedded.gone_saying", fate=fate, words=last) if last else Message("embedded.gone", fate=fate)
        return ProcessGoneError(message, body=output or None, hint=Message("embedded.gone_hint"))

    def kill(self) -> None:
        """Kill the child's process group immediately."""
        self._signal(signal.SIGKILL)

    def end(self) -> None:
        """End the child in steps, each with a time limit: close its stdin, terminate, kill."""
        self._ending = True  # a thread waiting to write gives up
        if self._writing.acquire(blocking=False):
            self._close(self._in)
            self._writing.release()
        else:
            self._signal(signal.SIGTERM)
        for harder in (signal.SIGTERM, signal.SIGKILL):
            if not self._ended(STEP_SECONDS):
                self._signal(harder)
        if not self._ended(STEP_SECONDS):  # stuck in the kernel, for example in a read from a failed disk
            _log.warning("Process %d was killed and has not ended yet", self.pid)
            return
        self._listener.join(STEP_SECONDS)
        for lock, pipe in ((self._writing, self._in), (self._reading, self._out)):
            if lock.acquire(timeout=STEP_SECONDS):  # otherwise a waiting thread could use a reused file descriptor
                self._close(pipe)
                lock.release()

    def _ended(self, seconds: float) -> bool:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return not self.alive

    def _signal(self, number: signal.Signals) -> None:
        """Send a signal to the child's group if the group id is still the child's."""
        with self._signalling:
            if self._process.poll() is None:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.pid, number)
            else:
                self._end_group()

    def _end_group(self) -> None:
        """Kill the remaining processes of the group, once."""
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
        """Wait for a pipe; return whether it became ready in time.

        Raises:
            OSError: The child has ended and the pipe is empty.
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
