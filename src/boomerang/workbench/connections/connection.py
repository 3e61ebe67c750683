"""One connection: a back end with a name, opened on first use, with what its server tells of its models."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import StrEnum
from time import monotonic

from boomerang.invoker.backend import Backend
from boomerang.invoker.errors import InvokeTimeoutError
from boomerang.invoker.events import Event, Notice
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run
from boomerang.invoker.settings import ConnectionSettings

from .saved_connections import hashed

FETCH_SECONDS = 20.0
"""For which a server may take to list its models."""


class Origin(StrEnum):
    """Where a connection comes from."""

    BUILT_IN = "built in"
    FILE = "file"
    ENVIRONMENT = "environment"
    SAVED = "saved"
    SESSION = "session"

    @property
    def locked(self) -> bool:
        """Whether no visitor can change it."""
        return self in (Origin.BUILT_IN, Origin.FILE, Origin.ENVIRONMENT)


class Connection:
    """A back end with a name, opened on first use and once for everybody who may use it.

    Args:
        name: What a person picks.
        origin: Where it comes from.
        opener: Opens it.
        settings: What it was made of; `None` for one that was given as it is.
        owner: Who may change it, hashed; empty for nobody.
        shared: Whether others may use it.
        problem: What is wrong with it as it was found.
    """

    def __init__(
        self,
        name: str,
        origin: Origin,
        opener: Callable[[], Backend],
        settings: ConnectionSettings | None = None,
        *,
        owner: str = "",
        shared: bool = True,
        problem: Message | None = None,
    ) -> None:
        self.name = name
        self.origin = origin
        self.settings = settings
        self.owner = owner
        self.shared = shared
        self.problem = problem
        self.seen_at = monotonic()
        self.fetch_error: Exception | None = None
        """Why its server's list of models is not there."""
        self.fetch_notices: list[str | Message] = []
        """What was odd about that list."""
        self._opener = opener
        self._lock = threading.Lock()
        self._backend: Backend | None = None
        self._fetch: Run | None = None
        self._fetched = threading.Event()
        self._requested = False
        self._gone = False
        """Whether it was replaced or removed; who still holds it must not open it anew, for nobody would close it."""

    @property
    def backend(self) -> Backend:
        """The open back end; of a connection that was replaced or removed the closed one, which says so when it is called.

        Raises:
            ConfigError: It cannot be opened as it is.
        """
        with self._lock:
            if self._backend is None:
                self._backend = self._opener()
                if self._gone:
                    self._backend.close()
            return self._backend

    @property
    def fetches(self) -> bool:
        """Whether its server can be asked for its models."""
        return self.backend.can_fetch_models

    @property
    def key_variable(self) -> str | None:
        """The environment variable that holds the key of its server, for code to copy; `None` if it is no server."""
        return self.settings.key_variable if self.settings is not None else None

    @property
    def listed(self) -> bool:
        """Whether its server was asked for its models, and told them."""
        return self._requested and not self.fetching and self.fetch_error is None

    @property
    def fetching(self) -> bool:
        """Whether its server is being asked."""
        return self._fetch is not None

    def fetch(self, *, again: bool = False) -> None:
        """Have the server asked for its models, in a thread of its own; once, unless it is to be asked again."""
        backend = self.backend
        with self._lock:
            if self._fetch is not None or (self._requested and not again):
                return
            notices: list[str | Message] = []
            self._requested, self._fetch = True, Run(lambda event: _keep_notice(event, notices))
            self.fetch_notices = notices
            self._fetched.clear()
            run = self._fetch
        threading.Thread(target=self._ask, args=(backend, run), name=f"models of {self.name}", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Wait for what the server says, so long at most; tells whether it is there."""
        return self._fetched.wait(seconds)

    def may_change(self, owner: str) -> bool:
        """Return whether a browser may change it."""
        return not self.origin.locked and self.owner == hashed(owner)

    def close(self, *, for_good: bool = False) -> None:
        """Close the back end, if it is open; what runs on it is stopped.

        Args:
            for_good: Whether it is not to be opened again.
        """
        with self._lock:
            backend, run = self._backend, self._fetch
            self._gone = self._gone or for_good
            if not self._gone:
                self._backend = None
        if run is not None:
            run.stop()
        if backend is not None:
            backend.close()

    def retire(self) -> None:
        """Let what runs on it go on to its end, and close it then. It is not opened again."""
        with self._lock:
            backend, run = self._backend, self._fetch
            self._gone = True
        if run is not None:
            run.stop()
        if backend is not None:
            backend.retire()

    def _ask(self, backend: Backend, run: Run) -> None:
        message = Message("runs.list_clock", seconds=FETCH_SECONDS)
        late = InvokeTimeoutError(message, clock="total", seconds=FETCH_SECONDS)
        clock = threading.Timer(FETCH_SECONDS, run.stop, (late,))
        clock.daemon = True
        clock.start()
        try:
            backend.fetch_models(run)
            self.fetch_error = None
        except Exception as error:
            self.fetch_error = error
        finally:
            clock.cancel()
            with self._lock:
                self._fetch = None
            self._fetched.set()


def _keep_notice(event: Event, notices: list[str | Message]) -> None:
    if isinstance(event, Notice):
        notices.append(event.message)
