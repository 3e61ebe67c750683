"""One connection: a named back end, opened on first use, with its server's model list."""

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
"""Most seconds a server may take to list its models."""


class Origin(StrEnum):
    """The source of a connection."""

    BUILT_IN = "built in"
    FILE = "file"
    ENVIRONMENT = "environment"
    SAVED = "saved"
    SESSION = "session"

    @property
    def locked(self) -> bool:
        """Whether it is read-only for visitors."""
        return self in (Origin.BUILT_IN, Origin.FILE, Origin.ENVIRONMENT)


class Connection:
    """A named back end, opened on first use and shared by everyone who may use it.

    Args:
        name: The name that a person picks.
        origin: Its source.
        opener: Opens the back end.
        settings: Its settings; `None` if it was added without any.
        owner: Hash of the browser that may change it; empty if none may.
        shared: Whether others may use it.
        problem: A problem found when it was loaded.
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
        """Why fetching the server's model list failed."""
        self.fetch_notices: list[str | Message] = []
        """Notices from fetching that list."""
        self._opener = opener
        self._lock = threading.Lock()
        self._backend: Backend | None = None
        self._fetch: Run | None = None
        self._fetched = threading.Event()
        self._requested = False
        self._gone = False
        """Whether it was replaced or removed. Whoever still has a reference must not reopen it, because it would never be
        closed.
        """

    @property
    def backend(self) -> Backend:
        """The open back end; after the connection was replaced or removed, a closed one whose calls report that.

        Raises:
            ConfigError: The settings do not allow it to be opened.
        """
        with self._lock:
            if self._backend is None:
                self._backend = self._opener()
                if self._gone:
                    self._backend.close()
            return self._backend

    @property
    def fetches(self) -> bool:
        """Whether its server can list its models."""
        return self.backend.can_fetch_models

    @property
    def key_variable(self) -> str | None:
        """The environment variable for the server's key in generated code; `None` if it has no server."""
        return self.settings.key_variable if self.settings is not None else None

    @property
    def listed(self) -> bool:
        """Whether its server has listed its models."""
        return self._requested and not self.fetching and self.fetch_error is None

    @property
    def fetching(self) -> bool:
        """Whether its server's models are being fetched."""
        return self._fetch is not None

    def fetch(self, *, again: bool = False) -> None:
        """Fetch the server's models in a thread. Does nothing if fetched before, unless `again` is set."""
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
        """Wait for the fetch to end, at most this long; return whether it has."""
        return self._fetched.wait(seconds)

    def may_change(self, owner: str) -> bool:
        """Return whether a browser may change it."""
        return not self.origin.locked and self.owner == hashed(owner)

    def close(self, *, for_good: bool = False) -> None:
        """Close the back end if it is open, stopping its runs.

        Args:
            for_good: Whether it must not be opened again.
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
        """Close the back end once its runs have ended, and do not open it again."""
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
