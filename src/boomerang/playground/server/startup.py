"""What is set once when the server starts: the import path, TCP_NODELAY, and memory returned to the system."""

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
"""glibc's number for the size from which a block of memory is one of its own."""


def keep_import_path() -> None:
    """Put the script's folder on the import path for good, last, where its names hide no other module.

    Streamlit puts it there for each script run and takes it off again, unless it is there already. An import in another thread
    at that moment skips a folder: "No module named ..." for one that is installed.
    """
    if str(SHELL.parent) not in sys.path:
        sys.path.append(str(SHELL.parent))


def send_at_once() -> None:
    """Have the server send whatever it writes without waiting for more to come.

    Streamlit 1.67 binds a socket of which asyncio does not see that it is one of TCP, so it leaves the kernel's delay on
    (Nagle's algorithm): the second half of an answer, and each message that follows another one, waits until the browser has
    acknowledged the first, which it does after 40 ms. Connections take the option over from the socket that accepts them.
    """
    sockets = [
        open_socket for open_socket in gc.get_objects() if isinstance(open_socket, socket.socket) and open_socket.fileno() >= 0
    ]
    for open_socket in sockets:
        over_tcp = open_socket.family in (socket.AF_INET, socket.AF_INET6) and open_socket.type is socket.SOCK_STREAM
        if over_tcp and open_socket.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            open_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def return_large_blocks() -> None:
    """Have large blocks of memory go back to the system as soon as they are free; where the C library is not glibc, do nothing.

    Otherwise glibc keeps them once a few have been freed: ten uploads of 25 MB, each heard, ended at 830 MB instead of 460.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(MMAP_THRESHOLD, LARGE_BYTES)
