"""Test connections in the background: several in parallel, the calls of each in sequence."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from boomerang.invoker.backend import Backend, ListedModel, ModelState
from boomerang.invoker.connection_kind import Check, Probe
from boomerang.invoker.errors import ConfigError, InvokeTimeoutError, RunStoppedError
from boomerang.invoker.events import Event, HTTPRequest, HTTPResponse
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run, Runs
from boomerang.workbench.runs.background_work import Work

from .probe import CALLS, check_call, check_connection, refused

SERVER = "server"
"""The check that lists a server's models."""
AT_ONCE = 4
"""Most connections tested in parallel."""
CHECK_SECONDS = 60.0
"""Most seconds one check may take."""
MOST_EXCHANGES = 40
"""Most requests and responses that are noted of a check."""

Named = tuple[str, str]
"""A connection's name, and `SERVER` or a member of `session.model`."""


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """A connection to test."""

    name: str
    backend: Callable[[], Backend]
    base_url: str = ""
    at_address: Callable[[str], Backend] | None = None
    """Opens it at another address, to suggest a correction."""
    calls: Mapping[str, str | None] | None = None
    """Calls to make, each with its model; by default, all calls that the connection has a model for."""
    probe: Probe = check_connection
    """Tests whether the connection reaches its server."""
    close: bool = False
    """Whether to close the back end afterwards, because it was opened only for this test."""


class ProbeJob(Work):
    """Tests connections in threads.

    Args:
        requests: The connections to test.
        **more: Arguments of `Work`.
    """

    def __init__(self, requests: Sequence[ProbeRequest], **more: Any) -> None:
        super().__init__(**more)
        self.requests = list(requests)
        self.results: dict[Named, Check] = {}
        self.under_way: set[Named] = set()
        self.exchanges: dict[Named, list[HTTPRequest | HTTPResponse]] = {}
        """What each check of a server has sent and received so far, in order; for a model's call, nothing."""
        self._lock = threading.Lock()
        self._runs = Runs()

    @property
    def size(self) -> int:
        """Grows with every exchange and every check that begins or ends.

        An end counts double, so that one check replacing another is visible.
        """
        with self._lock:
            return 2 * len(self.results) + len(self.under_way) + sum(map(len, self.exchanges.values()))

    def _do(self) -> None:
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="check") as threads:
            for request in [threads.submit(self._try, request) for request in self.requests]:
                request.result()

    def _end(self, cause: Exception | None) -> None:
        self._runs.stop(cause)

    def _try(self, request: ProbeRequest) -> None:
        try:
            backend = request.backend()
        except ConfigError as error:
            self._keep((request.name, SERVER), refused(error, request.base_url))
            return
        try:
            self._try_open(request, backend)
        finally:
            if request.close:
                backend.close()

    def _try_open(self, request: ProbeRequest, backend: Backend) -> None:
        calls = request.calls
        if calls is None or SERVER in calls:
            reached = self._check(
                (request.name, SERVER),
                lambda run: request.probe(backend, run, request.at_address, request.base_url),
            )
            if not reached and calls is None and not backend.models():
                return
        for member, model in (calls if calls is not None else dict.fromkeys(CALLS)).items():
            chosen = model_for(backend, member, model) if member != SERVER else None
            if chosen is not None:
                self._check(
                    (request.name, member),
                    lambda run, member=member, chosen=chosen: check_call(backend, member, chosen, run, request.base_url),  # type: ignore[misc]
                )

    def _check(self, named: Named, check: Callable[[Run], Check]) -> bool:
        """Make one check; return whether it succeeded."""
        run = Run(lambda event: self._note(named, event))
        with self._lock:
            self.under_way.add(named)
        self._notify()
        late = InvokeTimeoutError(Message("runs.check_clock", seconds=CHECK_SECONDS), clock="total", seconds=CHECK_SECONDS)
        clock = threading.Timer(CHECK_SECONDS, run.stop, (late,))
        clock.daemon = True
        clock.start()
        try:
            with self._runs.holding(run):
                if self.stop_requested:  # stopped before this run was registered
                    run.stop()
                result = check(run)
        except RunStoppedError:
            return False
        finally:
            clock.cancel()
            with self._lock:
                self.under_way.discard(named)
        self._keep(named, result)
        return result.ok

    def _note(self, named: Named, event: Event) -> None:
        if isinstance(event, HTTPRequest | HTTPResponse):
            with self._lock:
                exchanges = self.exchanges.setdefault(named, [])
                if len(exchanges) < MOST_EXCHANGES:
                    exchanges.append(event)
            self._notify()

    def _keep(self, named: Named, result: Check) -> None:
        with self._lock:
            self.results[named] = result
        self._notify()


def model_for(backend: Backend, member: str, named: str | None = None) -> ListedModel | None:
    """Return the model to test a call with: the named one, else the first usable one of its type, else `None`."""
    model_type = CALLS[member]
    if named:
        return backend.describe(named, model_type)
    if member == "summary":
        return backend.system_model()
    fitting = [model for model in backend.models() if model.model_type is model_type]
    return next((model for model in fitting if model.state is not ModelState.UNAVAILABLE), fitting[0] if fitting else None)
