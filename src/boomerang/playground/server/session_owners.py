"""Knows whose a session of Streamlit is, and for whom a media file was drawn."""

from __future__ import annotations

import threading
from os.path import splitext
from typing import Any

from streamlit import runtime
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.scriptrunner import get_script_run_ctx

IDENTITY_HEADER = b"x-boomerang-identity"
"""By which the server tells Streamlit whose a websocket is. What a client sends under this name is taken out."""
IDENTITY = "identity"
"""Where `server.trustedUserHeaders` in `.streamlit/config.toml` puts it."""


def identity_of_session(session: str) -> str | None:
    """Return the identity that a session began with, empty if it has none; `None` if there is no such session.

    Call it in the server's event loop, as sessions come and go there.
    """
    if not runtime.exists():
        return None
    info = runtime.get_instance()._session_mgr.get_session_info(session)
    return str(info.session._user_info.get(IDENTITY) or "") if info else None


def identity_of_script() -> str | None:
    """Return the identity that the session of the running script began with; `None` outside of one, and in a test of a page."""
    context = get_script_run_ctx(suppress_warning=True)
    identity = context.user_info.get(IDENTITY) if context else None
    return str(identity) if identity else None


class MediaOwners:
    """For whom each media file was drawn.

    The address of a file is a hash of its content, which two visitors share if theirs is the same. Streamlit forgets at the
    start of a script run what the page showed, until it is drawn again; here it is known as long as the file is kept.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owners: dict[str, set[str]] = {}

    def watch(self, storage: MemoryMediaFileStorage) -> None:
        """Note from now on for whom files are put into a storage, until they are deleted."""
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
        """Return whether a file, by the name in its address, was drawn for an identity, or for no one in particular."""
        with self._lock:
            owners = self._owners.get(splitext(name)[0])
            return owners is None or identity in owners


MEDIA = MediaOwners()
