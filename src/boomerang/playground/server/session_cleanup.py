"""Cleanup after visitors: frees uploads, audio, records, and the memory behind them."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Mapping

from streamlit import runtime
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.state import SessionState

LOOK_SECONDS = 2.0
"""Interval between checks; shorter than the time for which a disconnected session is kept, so that each one is seen."""


async def let_go(every: float = LOOK_SECONDS) -> None:
    """Free the data of expired sessions, until cancelled. Runs in the server's event loop, as sessions do.

    Streamlit 1.67 keeps a disconnected session for a while (`server.disconnectedSessionTTL`), but expires old ones only when
    the
    next one disconnects; and its main loop keeps a reference to the last session it served. So the last visitor's files would
    stay until someone else has come and gone.
    """
    kept: dict[str, weakref.ref[AppSession]] = {}
    while True:
        await asyncio.sleep(every)
        kept = forget_gone(kept)


def forget_gone(kept: Mapping[str, weakref.ref[AppSession]]) -> dict[str, weakref.ref[AppSession]]:
    """Empty the sessions that existed at the last check and no longer do; return the current ones."""
    if not runtime.exists():
        return {}
    sessions = {info.session.id: info.session for info in runtime.get_instance()._session_mgr.list_sessions()}
    gone = [session for name, ref in kept.items() if name not in sessions and (session := ref()) is not None]
    for session in gone:
        session.shutdown()  # uploads, media, caches
        # Records and other page state. `clear()` would leave the widgets' callbacks, and through them whole pages.
        session._session_state = SessionState()
        session._fragment_storage.clear()  # closures over pages, and through them jobs
        session._fragment_storage.clear_outside_wrappers()
    if gone:
        gc.collect()
    return {name: weakref.ref(session) for name, session in sessions.items()}
