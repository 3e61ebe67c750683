"""JSON schemas: whether an object is one, and whether and where a value departs from it.

A schema comes from a visitor or a server, a value from a model, and small ones can make any engine work for hours. So checks
run in a child process with limits of time and memory. What goes beyond them is "not checked", with the reason; it is no error.

Nothing is fetched: a `$ref` to another address makes a schema unusable, whoever wrote the address.
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
"""What one check may take. 6,000 items against 300 alternatives take 0.03."""
MEBIBYTES = 512
"""What the process of a check may allocate."""
LARGEST = 16 * 2**20
"""Bytes of JSON, schema and value together, that are checked."""
MOST_AT_ONCE = 4
"""Processes that check at the same time; further checks wait."""
WAIT_SECONDS = 10.0
"""How long a check waits for one of them."""
_MOST_REMEMBERED = 256
"""Answers that are kept: a page is drawn many times, and an answer that took its whole time would take it each time."""
_SMALL = 2**20
"""Bytes of a request after which a process is used again; after larger ones it would keep much memory."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Where and how a value departs from its schema."""

    path: str
    """From the top down, as in `$.people[1].name`."""
    expected: str
    actual: str

    def __str__(self) -> str:
        return f"{self.path}: expected {self.expected}, found {self.actual}"


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """Where and why an object is no JSON schema."""

    path: tuple[str | int, ...]
    """Keys and positions from the top to what is wrong."""
    message: str

    def __str__(self) -> str:
        return f"{_written(self.path)}: {self.message}"


@dataclass(frozen=True, slots=True)
class UncheckedPattern:
    """A regular expression of a schema that the engine cannot read."""

    path: str
    """As in a `Fault`, from the top of the schema."""
    pattern: str


class Outcome(StrEnum):
    """What a check found."""

    FITS = "fits"
    DEPARTS = "departs"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found. At most one of `fault` and `reason` is set; with neither, the value fits."""

    fault: Fault | None = None
    """The first departure."""
    reason: Message | None = None
    """Why nothing was checked."""
    patterns: tuple[UncheckedPattern, ...] = ()
    """What was left out of the check."""

    @property
    def outcome(self) -> Outcome:
        """Whether the value fits, departs, or was not checked."""
        if self.reason is not None:
            return Outcome.NOT_CHECKED
        return Outcome.FITS if self.fault is None else Outcome.DEPARTS


def schema_fault(schema: Mapping[str, Any], run: Run | None = None) -> SchemaFault | None:
    """Return why an object is no JSON schema; `None` if it is one, or if that cannot be found out within the limits.

    An object that names no dialect, or an unknown one, counts as draft 2020-12. A pattern that our engine cannot read is no
    fault: the server's engine may read it.

    Args:
        schema: What may be a JSON schema.
        run: May be stopped meanwhile.

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
        value: What JSON can hold.
        schema: What may be a JSON schema.
        run: May be stopped meanwhile.

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
    if "departure" not in reply:  # it takes too long to find the place
        return Checked(Fault("$", "what the schema describes", schema_child.short(value)), patterns=patterns)
    path, expected, actual = reply["departure"]
    return Checked(Fault(_written(path), expected, actual), patterns=patterns)


def report(checked: Checked, run: Run) -> None:
    """Report as notices of a run what a check found; nothing if the value fits all of the schema."""
    if checked.reason is not None:
        run.notice("schemas.not_checked", reason=checked.reason)
    elif (fault := checked.fault) is not None:
        run.notice("schemas.departs", path=fault.path, expected=fault.expected, found=fault.actual)
    for left_out in checked.patterns:
        run.notice("schemas.pattern_not_checked", pattern=left_out.pattern, path=left_out.path)


Reply = dict[str, Any]
"""The messages of a child's answer, put together."""


class _Child:
    """A process that checks, one request at a time; `kill` may be called from any thread.

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
        self.end = weakref.finalize(self, _end, self._process)  # at the latest when the interpreter ends
        self.kill = self._process.kill

    def ask(self, request: bytes) -> Reply | Message:
        """Send a request and return the answer, or the reason why there is none."""
        reply: Reply = {}
        try:
            with suppress(ProcessGoneError):  # what its answer lacks and its exit code say why
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
        """Whether it has ended."""
        return not self._process.alive


class _Children:
    """The processes that check: one that waits for the next request, and as many more as are needed at once."""

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._busy = 0
        self._idle: list[_Child] = []

    def ask(self, request: bytes, run: Run | None) -> Reply | Message:
        """Return the answer to a request, or the reason why there is none."""
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
        """Wait until less than `MOST_AT_ONCE` are busy; yields whether that was so in time."""

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
    """The last answers, by what was asked; safe under several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._replies: OrderedDict[bytes, Reply | Message] = OrderedDict()

    def reply(self, request: bytes, ask: Callable[[], Reply | Message]) -> Reply | Message:
        """Return the answer to a request; asks for it if it is not known."""
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
    except UnicodeEncodeError:  # half a character stands alone in it; the engine takes whole ones only
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _reason(code: int | None) -> Message:
    """Return why a child ended without an answer."""
    if code == -signal.SIGALRM:
        return Message("schemas.too_long", seconds=SECONDS)
    if code == -signal.SIGSEGV:
        return Message("schemas.too_deep")
    return Message("schemas.too_much_memory", mebibytes=MEBIBYTES)


def _end(process: Process) -> None:
    process.kill()  # it holds nothing that it would have to put in order
    process.end()


def _schema_fault(reply: Reply) -> SchemaFault | None:
    if "schema_fault" not in reply:
        return None
    path, message = reply["schema_fault"]
    return SchemaFault(tuple(path), message)


def _written(path: Iterable[str | int]) -> str:
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
