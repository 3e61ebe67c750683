"""Start, watch and stop an app in its own process: the real one, as `make run` starts it, or one to compare it with."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
WAIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of the app's process and its children, in megabytes (10⁶ bytes)."""

    resident: float
    """VmRSS: pages in memory, including mapped weights."""
    proportional: float
    """Pss: pages shared with other processes count proportionally."""
    peak: float
    """VmHWM: the maximum resident memory so far."""


@dataclass(frozen=True, slots=True)
class App:
    """A running app."""

    port: int
    process: int
    seconds: float
    """From the start of the process to the first healthy response."""

    @property
    def address(self) -> str:
        """URL of the app."""
        return f"http://{HOST}:{self.port}"

    def threads(self) -> int:
        """Return the current number of threads in its process."""
        return sum(1 for _ in Path(f"/proc/{self.process}/task").iterdir())

    def memory(self) -> Memory:
        """Return its current memory, from Linux' `/proc`."""
        processes = [_memory(process) for process in _family(self.process)]
        resident, proportional, peak = (sum(kilobytes) * 1024 / 1e6 for kilobytes in zip(*processes, strict=True))
        return Memory(resident, proportional, peak)


@contextmanager
def running(*command: str) -> Iterator[App]:
    """Start an app on a free port of this machine, and stop it at the end.

    Args:
        *command: Arguments for Streamlit; the real app if omitted.

    Raises:
        RuntimeError: It ended before it was healthy, or took longer than a minute; includes its output.
    """
    port = _free_port()
    app = ("streamlit", *command) if command else ("boomerang", "serve")
    environment = {**os.environ, "OMP_WAIT_POLICY": "passive"}
    with tempfile.TemporaryFile() as output:
        begin = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", *app, "--server.port", str(port), "--server.address", HOST],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            while not _healthy(port):
                if process.poll() is not None or time.perf_counter() - begin > WAIT_SECONDS:
                    output.seek(0)
                    raise RuntimeError(f"the app did not start:\n{output.read().decode(errors='replace')}")
                time.sleep(0.01)
            yield App(port, process.pid, time.perf_counter() - begin)
        finally:
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _healthy(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().status == 200
    except OSError:  # nothing is listening yet
        return False
    finally:
        connection.close()


def _family(process: int) -> Iterator[int]:
    """Yield a process and all its descendants."""
    yield process
    for task in Path(f"/proc/{process}/task").iterdir():
        for child in (task / "children").read_text(encoding="ascii").split():
            yield from _family(int(child))


def _memory(process: int) -> tuple[int, int, int]:
    """Return resident, proportional and peak memory of one process, in kilobytes (of 1024 bytes, as the kernel counts)."""
    status = _fields(Path(f"/proc/{process}/status"))
    return status["VmRSS"], _fields(Path(f"/proc/{process}/smaps_rollup"))["Pss"], status["VmHWM"]


def _fields(file: Path) -> dict[str, int]:
    lines = (line.split() for line in file.read_text(encoding="utf-8").splitlines())
    return {parts[0].rstrip(":"): int(parts[1]) for parts in lines if len(parts) == 3 and parts[2] == "kB"}
