"""The launcher: `boomerang serve`, or `streamlit run app.py`. The page itself is `src/boomerang/playground/shell/shell.py`.

A script with `pages/` beside it gets Streamlit's old directory navigation until someone visits its root. An `st.App` whose
script is elsewhere does not (Streamlit 1.67).
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before any OpenMP library: spinning threads starve a two-core machine

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st

from boomerang.kinds import KINDS
from boomerang.playground.server.audio_route import ROUTES
from boomerang.playground.server.security_headers import middleware, watch_media
from boomerang.playground.server.session_cleanup import let_go
from boomerang.playground.server.startup import SHELL, keep_import_path, return_large_blocks, send_at_once
from boomerang.playground.session import app_state
from boomerang.workbench.connections.registry import from_process
from boomerang.workbench.store.app_folder import settings_folder

keep_import_path()
app_state.start(from_process(KINDS, settings_folder()))


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[None]:
    """Load shared modules before the first visitor arrives, and exclude them from garbage collection."""
    import altair  # noqa: F401
    import numpy  # noqa: F401
    import pandas  # noqa: F401
    import pyarrow  # noqa: F401

    send_at_once()
    watch_media()
    gc.collect()
    gc.freeze()  # Streamlit collects after each script run: 65 ms of it with pandas loaded, 4.5 ms frozen
    return_large_blocks()
    letting_go = asyncio.create_task(let_go())
    yield
    letting_go.cancel()
    app_state.close_all()


app = st.App(
    SHELL,
    lifespan=lifespan,
    routes=ROUTES,
    middleware=middleware(app_state.connections().owns),
)
