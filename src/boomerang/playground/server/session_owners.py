"""Owners of Streamlit's sessions and media files."""

from __future__ import annotations

import threading
from os.path import splitext
from typing import Any

from streamlit import runtime
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.scriptrunner import get_script_run_ctx

IDENTITY_HEADER = b"x-boomerang-identity"
"""Header with a websocket's identity, sent by the server to Streamlit. A client's own header of this name is removed."""
IDENTITY = "identity"
"""Key under which `server.trustedUserHeaders` in `.streamlit/config.toml` stores it."""


def identity_of_session(session: str) -> str | None:
    """Return the identity that a session began with, empty if it has none; `None` if the session does not exist.

    Call it in the server's event loop, because sessions are created and removed there.
    """
    if not runtime.exists():
        return None
    info = runtime.get_instance()._session_mgr.get_session_info(session)
    return str(info.session._user_info.get(IDENTITY) or "") if info else None


def identity_of_script() -> str | None:
    """Return the identity of the running script's session; `None` outside a script, and in a page test."""
    context = get_script_run_ctx(suppress_warning=True)
    identity = context.user_info.get(IDENTITY) if context else None
    return str(identity) if identity else None


class MediaOwners:
    """The browsers that each media file was drawn for.

    A file's URL is a hash of its content, which two visitors share if their content is the same. At the start of a script run,
    Streamlit forgets what the page showed until it is drawn again; here the owners are kept as long as the file.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owners: dict[str, set[str]] = {}

    def watch(self, storage: MemoryMediaFileStorage) -> None:
        """Record who files put into a storage are drawn for, until they are deleted."""
        put, delete = storage.load_and_get_id, storage.delete_file

        def load_and_record(*args: Any, **values: Any) -> str:
            file = put(*args, **values)
            identity = identity_of_script()
            if identity is not None:
                with self._lock:
                    self._owners.setdefault(file, set()).add(identity)
            return file

        def forgotten(file_id: str) -> None:
            with self._lock:
                self._owners.pop(file_id, None)
            delete(file_id)

        storage.load_and_get_id = load_and_record  # type: ignore[method-assign]
        storage.delete_file = forgotten  # type: ignore[method-assign]

    def may_fetch(self, name: str, identity: str) -> bool:
        """Return whether a file, named as in its URL, was drawn for an identity, or without one."""
        with self._lock:
            owners = self._owners.get(splitext(name)[0])
            return owners is None or identity in owners


MEDIA = MediaOwners()
