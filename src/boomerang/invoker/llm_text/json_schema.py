"""JSON schemas: check that an object is one, and find out whether and where a value violates it.

Schemas come from visitors or servers, values from models, and small ones can keep any engine busy for hours. So checks run in
a child process with limits on time and memory. What exceeds them is reported as "not checked", with the reason, rather than as
an error.

Nothing is fetched: a `$ref` to another address makes a schema unusable.
"""

from __future__ import annotations

import importlib.util
import json
import signal
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from pathlib import Path
from typing import Any

from boomerang.invoker.errors import InvokeServerUnavailableError, InvokeTimeoutError
from boomerang.invoker.messages.message import Message
from boomerang.invoker.process.child_process import Process, ProcessGoneError
from boomerang.invoker.run import Run

from . import schema_child

SECONDS = 2.0
"""Time limit of a check. 6,000 items against 300 alternatives take 0.03 s."""
MEBIBYTES = 512
"""Memory limit of a child process."""
LARGEST = 16 * 2**20
"""Maximum bytes of JSON, schema and value together."""
MOST_AT_ONCE = 4
"""Maximum concurrent child processes; further checks wait."""
WAIT_SECONDS = 10.0
"""How long a check waits for one of them."""
_MOST_REMEMBERED = 256
"""Cached replies: a page is redrawn often, and a check that timed out would take its full time again."""
_SMALL = 2**20
"""Largest request, in bytes, after which a process is reused; after larger ones it would keep a lot of memory."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Where and how a value violates its schema."""

    path: str
    """From the top, as in `$.people[1].name`."""
    expected: str
    actual: str

    def __str__(self) -> str:
        return f"{self.path}: expected {self.expected}, found {self.actual}"


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """Where and why an object is not a JSON schema."""

    path: tuple[str | int, ...]
    """Keys and indexes from the top to the invalid part."""
    message: str

    def __str__(self) -> str:
        return f"{_written(self.path)}: {self.message}"


@dataclass(frozen=True, slots=True)
class UncheckedPattern:
    """A regular expression in a schema that the engine cannot parse."""

    path: str
    """As in a `Fault`, from the top of the schema."""
    pattern: str


class Outcome(StrEnum):
    """Outcome of a check."""

    FITS = "fits"
    DEPARTS = "departs"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Checked:
    """Result of a check. At most one of `fault` and `reason` is set; with neither, the value fits."""

    fault: Fault | None = None
    """The first violation."""
    reason: Message | None = None
    """Why nothing was checked."""
    patterns: tuple[UncheckedPattern, ...] = ()
    """Patterns left out of the check."""

    @property
    def outcome(self) -> Outcome:
        """Whether the value fits, departs, or was not checked."""
        if self.reason is not None:
            return Outcome.NOT_CHECKED
        return Outcome.FITS if self.fault is None else Outcome.DEPARTS


def schema_fault(schema: Mapping[str, Any], run: Run | None = None) -> SchemaFault | None:
    """Return why an object is not a JSON schema; `None` if it is one, or if the check exceeds its limits.

    An object with no dialect, or an unknown one, is treated as draft 2020-12. A pattern that our engine cannot parse is not an
    error, as the server's engine may support it.

    Args:
        schema: A possible JSON schema.
        run: Checked for a stop while waiting.

    Raises:
        RunStoppedError: The run was stopped.
    """
    if not isinstance(schema.get("$schema", ""), str):
        return SchemaFault(("$schema",), "expected the address of a dialect, as text")
    reply = _ask({"schema": schema}, run)
    if isinstance(reply, Message):
        return SchemaFault((), "nested too deeply") if reply.id == "schemas.too_deep" else None
    return _schema_fault(reply)


def check(value: Any, schema: Mapping[str, Any], run: Run | None = None) -> Checked:
    """Check a value against a JSON schema.

    Args:
        value: A JSON value.
        schema: A possible JSON schema.
        run: Checked for a stop while waiting.

    Raises:
        RunStoppedError: The run was stopped.
    """
    reply = _ask({"schema": schema, "value": value}, run)
    if isinstance(reply, Message):
        return Checked(reason=reply)
    if wrong := _schema_fault(reply):
        return Checked(reason=Message("schemas.no_schema", fault=str(wrong)))
    if "unusable" in reply:
        return Checked(reason=Message("schemas.unusable", reason=reply["unusable"]))
    patterns = tuple(UncheckedPattern(_written(path), pattern) for path, pattern in reply["patterns"])
    if "undecided" in reply:
        return Checked(reason=Message("schemas.undecided"), patterns=patterns)
    if reply["fits"]:
        return Checked(patterns=patterns)
    if "departure" not in reply:  # finding the location takes too long
        return Checked(Fault("$", "what the schema describes", schema_child.short(value)), patterns=patterns)
    path, expected, actual = reply["departure"]
    return Checked(Fault(_written(path), expected, actual), patterns=patterns)


def report(checked: Checked, run: Run) -> None:
    """Report the result of a check as notices of a run; nothing if the value fits all of the schema."""
    if checked.reason is not None:
        run.notice("schemas.not_checked", reason=checked.reason)
    elif (fault := checked.fault) is not None:
        run.notice("schemas.departs", path=fault.path, expected=fault.expected, found=fault.actual)
    for left_out in checked.patterns:
        run.notice("schemas.pattern_not_checked", pattern=left_out.pattern, path=left_out.path)


Reply = dict[str, Any]
"""The merged messages of a child's reply."""


class _Child:
    """A child process that handles one request at a time; `kill` is thread-safe.

    Raises:
        InvokeServerUnavailableError: It cannot be started.
    """

    def __init__(self) -> None:
        spec = importlib.util.find_spec("jsonschema_rs")
        folder = Path(spec.origin).parents[1] if spec is not None and spec.origin else ""
        self._process = Process(
            Path(schema_child.__file__).absolute(),
            {},
            arguments=[str(folder), str(SECONDS), str(MEBIBYTES)],
            flags=("-I", "-S"),
        )
        self.end = weakref.finalize(self, _end, self._process)  # at interpreter exit at the latest
        self.kill = self._process.kill

    def ask(self, request: bytes) -> Reply | Message:
        """Send a request and return the reply, or why there is none."""
        reply: Reply = {}
        try:
            with suppress(ProcessGoneError):  # the incomplete reply and the exit code say why
                self._process.send(request)
            while part := self._process.receive(schema_child.START_SECONDS + SECONDS):
                reply |= part
            return reply
        except ProcessGoneError:
            code = self._process.exit_code
            return reply or _reason(code)
        except InvokeTimeoutError:
            return reply or _reason(-signal.SIGALRM)
        finally:
            if self.ended:
                self.end()

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        return not self._process.alive


class _Children:
    """The child processes: one kept idle for the next request, and temporary ones for concurrent requests."""

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._busy = 0
        self._idle: list[_Child] = []

    def ask(self, request: bytes, run: Run | None) -> Reply | Message:
        """Return the reply to a request, or why there is none."""
        with self._slot(run) as is_mine:
            if not is_mine:
                return Message("schemas.busy")
            with self._free:
                child = self._idle.pop() if self._idle else None
            try:
                child = child if child and not child.ended else _Child()
            except InvokeServerUnavailableError as error:
                return Message("schemas.no_process", reason=str(error.__cause__ or error))
            with run.on_stop(child.kill) if run else nullcontext():
                reply = child.ask(request)
            if run:
                run.check()
            with self._free:
                if not self._idle and not child.ended and len(request) <= _SMALL:
                    self._idle.append(child)
                    return reply
            child.end()
            return reply

    @contextmanager
    def _slot(self, run: Run | None) -> Iterator[bool]:
        """Wait until fewer than `MOST_AT_ONCE` are busy; yield whether that happened in time."""

        def wake() -> None:
            with self._free:
                self._free.notify_all()

        with run.on_stop(wake) if run else nullcontext(), self._free:
            self._free.wait_for(lambda: self._busy < MOST_AT_ONCE or (run is not None and run.stopped), WAIT_SECONDS)
            if run:
                run.check()
            is_free = self._busy < MOST_AT_ONCE
            self._busy += is_free
        try:
            yield is_free
        finally:
            with self._free:
                self._busy -= is_free
                self._free.notify_all()


class _Memory:
    """Cache of the last replies, by request. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._replies: OrderedDict[bytes, Reply | Message] = OrderedDict()

    def reply(self, request: bytes, ask: Callable[[], Reply | Message]) -> Reply | Message:
        """Return the reply to a request, calling `ask` if it is not cached."""
        key = blake2b(request, digest_size=16).digest()
        with self._lock:
            if key in self._replies:
                self._replies.move_to_end(key)
                return self._replies[key]
        reply = ask()
        if isinstance(reply, Message) and reply.id in ("schemas.busy", "schemas.no_process"):
            return reply
        with self._lock:
            self._replies[key] = reply
            if len(self._replies) > _MOST_REMEMBERED:
                self._replies.popitem(last=False)
        return reply


_children, _memory = _Children(), _Memory()


def _ask(request: Mapping[str, Any], run: Run | None) -> Reply | Message:
    try:
        sent = _encoded(request)
    except RecursionError:
        return Message("schemas.too_deep")
    except (ValueError, TypeError) as error:
        return Message("schemas.no_json", reason=str(error))
    if len(sent) > LARGEST:
        return Message("schemas.too_large", mebibytes=LARGEST >> 20)
    reply = _memory.reply(sent, lambda: _children.ask(sent, run))
    return Message("schemas.too_deep") if isinstance(reply, dict) and "too_deep" in reply else reply


def _encoded(request: Mapping[str, Any]) -> bytes:
    text = json.dumps(request, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:  # contains a lone surrogate, which the engine rejects
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _reason(code: int | None) -> Message:
    """Return why a child ended without a reply."""
    if code == -signal.SIGALRM:
        return Message("schemas.too_long", seconds=SECONDS)
    if code == -signal.SIGSEGV:
        return Message("schemas.too_deep")
    return Message("schemas.too_much_memory", mebibytes=MEBIBYTES)


def _end(process: Process) -> None:
    process.kill()  # it has no state to clean up
    process.end()


def _schema_fault(reply: Reply) -> SchemaFault | None:
    if "schema_fault" not in reply:
        return None
    path, message = reply["schema_fault"]
    return SchemaFault(tuple(path), message)


def _written(path: Iterable[str | int]) -> str:
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
