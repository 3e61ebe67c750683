"""What a visitor leaves behind is given back: uploads, sounds, records, and the memory under them."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Mapping

from streamlit import runtime
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.state import SessionState

LOOK_SECONDS = 2.0
"""Between two looks at who is there; shorter than any time for which a lost session is kept, so that each is seen."""


async def let_go(every: float = LOOK_SECONDS) -> None:
    """Return back what visitors held whose time is over, until cancelled. Runs in the server's event loop, as sessions do.

    Streamlit 1.67 keeps a session that lost its browser for a while (`server.disconnectedSessionTTL`), but looks for those
    whose time is over only when the next one is lost; and its main loop keeps hold of the last one that it served. So the last
    visitor's files would stay until somebody else has come and gone.
    """
    kept: dict[str, weakref.ref[AppSession]] = {}
    while True:
        await asyncio.sleep(every)
        kept = forget_gone(kept)


def forget_gone(kept: Mapping[str, weakref.ref[AppSession]]) -> dict[str, weakref.ref[AppSession]]:
    """Empty the sessions that were kept at the last look and are not any more; gives those that are kept now."""
    if not runtime.exists():
        return {}
    sessions = {info.session.id: info.session for info in runtime.get_instance()._session_mgr.list_sessions()}
    gone = [session for name, ref in kept.items() if name not in sessions and (session := ref()) is not None]
    for session in gone:
        session.shutdown()  # uploads, media, caches
        # Records and what else pages keep. `clear()` would leave the widgets' callbacks, and with them whole pages.
        session._session_state = SessionState()
    if gone:
        gc.collect()
    return {name: weakref.ref(session) for name, session in sessions.items()}
