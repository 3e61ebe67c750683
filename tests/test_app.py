"""The launcher."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

PROBE = """
import sys
sys.path.insert(0, {root!r})
from app import app
from streamlit.runtime.scriptrunner.exec_code import modified_sys_path

before = list(sys.path)
with modified_sys_path(str(app.script_path)):
    during = list(sys.path)
print(during == before == sys.path)
"""


def test_a_script_run_leaves_the_import_path_alone() -> None:
    # Otherwise an import in a job's thread, at the moment a script run ends, skips a folder and finds no module.
    ran = subprocess.run([sys.executable, "-c", PROBE.format(root=str(ROOT))], capture_output=True, text=True, timeout=60)
    assert ran.stdout.strip() == "True", ran.stdout + ran.stderr


LISTENING = """
import asyncio, socket, sys
sys.path.insert(0, {root!r})
from app import lifespan

async def served(listening):
    async with lifespan(None):
        print(bool(listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))

with socket.create_server(("127.0.0.1", 0)) as listening:
    asyncio.run(served(listening))
"""


def test_the_server_sends_at_once_what_it_writes() -> None:
    # Otherwise each response waits 40 ms for the browser to acknowledge its head; the listening socket is created before the
    # app.
    program = LISTENING.format(root=str(ROOT))
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert ran.stdout.strip() == "True", ran.stdout + ran.stderr
