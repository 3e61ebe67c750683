"""One-time setup at server start: import path, TCP_NODELAY, and returning memory to the system."""

from __future__ import annotations

import ctypes
import gc
import socket
import sys
from pathlib import Path

SHELL = Path(__file__).resolve().parents[1] / "shell" / "shell.py"
"""The script that Streamlit runs for every page."""
LARGE_BYTES = 1 << 20
MMAP_THRESHOLD = -3
"""glibc's `M_MMAP_THRESHOLD`: the size from which a block of memory is mapped separately."""


def keep_import_path() -> None:
    """Add the script's folder to the end of the import path permanently, where its names hide no other module.

    Streamlit adds and removes it for each script run, unless it is already there. An import in another thread at that moment
    skips a folder and fails with "No module named ..." for an installed module.
    """
    if str(SHELL.parent) not in sys.path:
        sys.path.append(str(SHELL.parent))


def send_at_once() -> None:
    """Disable the send delay of the server's connections.

    asyncio doesn't recognise Streamlit 1.67's socket as TCP, so TCP_NODELAY stays off (Nagle's algorithm): the second half of a
    response, and each message that follows another, waits until the browser has acknowledged the first, which takes 40 ms.
    Connections inherit the option from the listening socket.
    """
    sockets = [
        open_socket for open_socket in gc.get_objects() if isinstance(open_socket, socket.socket) and open_socket.fileno() >= 0
    ]
    for open_socket in sockets:
        over_tcp = open_socket.family in (socket.AF_INET, socket.AF_INET6) and open_socket.type is socket.SOCK_STREAM
        if over_tcp and open_socket.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            open_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def return_large_blocks() -> None:
    """Make glibc return large blocks of memory to the system as soon as they are free; without glibc, do nothing.

    Otherwise glibc keeps them once a few have been freed: ten uploads of 25 MB, each transcribed, ended at 830 MB instead of
    460.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(MMAP_THRESHOLD, LARGE_BYTES)
