"""The launcher: `streamlit run app.py`. The page itself is `src/boomerang/playground/shell/shell.py`.

Streamlit gives a script that has `pages/` beside it the old directory navigation until someone has visited its root; it does
not do so for an `st.App` on a script elsewhere (Streamlit 1.67).
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before any OpenMP library: spinning threads starve a two-core machine

import asyncio
import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "src"))
# Streamlit puts the script's folder on the import path for each script run and takes it off again, unless it is there already.
# An import in another thread at that moment skips a folder: "No module named ..." for one that is installed. Last, where its
# names hide nobody's.
sys.path.append(str(ROOT / "src" / "boomerang" / "playground" / "shell"))

from boomerang.kinds import connect  # noqa: E402
from boomerang.playground.server.audio_route import ROUTES  # noqa: E402
from boomerang.playground.server.security_headers import middleware, watch_media  # noqa: E402
from boomerang.playground.server.session_cleanup import let_go  # noqa: E402
from boomerang.playground.server.startup import return_large_blocks, send_at_once  # noqa: E402
from boomerang.playground.session import app_state  # noqa: E402
from boomerang.workbench.connections.registry import from_process  # noqa: E402

app_state.start(from_process(connect, ROOT))


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[None]:
    """Load what every visitor needs before the first one comes, and keep it out of the collector's way."""
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
    ROOT / "src/boomerang/playground/shell/shell.py",
    lifespan=lifespan,
    routes=ROUTES,
    middleware=middleware(app_state.connections().owns),
)
