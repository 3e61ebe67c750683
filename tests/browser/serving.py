"""The app as users start it: in its own process, on a free port of this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from time import monotonic
from types import TracebackType

import httpx

from boomerang.invoker.backends.openai_compatible.server_presets import PRESETS

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app.py"
SCRIPTED = ROOT / "tests" / "browser" / "scripted_app.py"
"""The same app with a script for its embedded models; see there."""
START_SECONDS = 60.0
END_SECONDS = 15.0
MOST_OUTPUT = 20_000
"""Most characters of a process's output shown when a test fails."""
OF_CONNECTIONS = frozenset(
    {
        "CONNECTIONS_FILE",
        "CONNECTIONS_ENV",
        "CONNECTIONS_ALLOW",
        "CONNECTIONS_LOOPBACK",
        "BOOMERANG_DATA",
        "BOOMERANG_KEY",
        "BOOMERANG_HOSTS",
    }.union(*(preset.key_variables + preset.url_variables for preset in PRESETS.values()))
)
"""Variables that may define connections of the person running the tests; the app under test must not get them."""


class Served:
    """A Streamlit server, used as a context manager.

    Args:
        launcher: The script for `streamlit run`.
        **environment: Variables of the process besides those of this one, except those that define connections; it does not see
        files of connections or saved ones either, unless these variables say where.
    """

    def __init__(self, launcher: Path = SCRIPTED, **environment: str) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self._launcher = launcher
        self._environment = {name: value for name, value in os.environ.items() if name not in OF_CONNECTIONS} | environment
        path = os.pathsep.join((*filter(None, [environment.get("PYTHONPATH")]), str(ROOT / "src")))
        self._environment |= {"OMP_WAIT_POLICY": "passive", "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
        self._output: list[str] = []

    @property
    def output(self) -> str:
        """The end of the process's output."""
        return "".join(tuple(self._output))[-MOST_OUTPUT:]

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self._process.pid

    def terminate(self, seconds: float) -> None:
        """Send SIGTERM; fail if the process has not ended in time."""
        self._process.terminate()
        self._process.wait(seconds)

    def __enter__(self) -> Served:
        self._empty = tempfile.TemporaryDirectory(prefix="boomerang-")
        nothing = Path(self._empty.name)
        nowhere = {"CONNECTIONS_FILE": str(nothing / "connections.toml"), "BOOMERANG_DATA": str(nothing / "data")}
        command = [sys.executable, "-m", "streamlit", "run", str(self._launcher), "--server.port", str(self.port)]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=nowhere | self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self._wait_until_healthy()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._end()

    def restart(self) -> None:
        """Restart the process at the same address; no page should be open."""
        self._end()
        self.__enter__()

    def _wait_until_healthy(self) -> None:
        deadline = monotonic() + START_SECONDS
        with httpx.Client(trust_env=False, timeout=5) as client:
            while monotonic() < deadline:
                try:
                    if client.get(f"{self.url}/_stcore/health").is_success:
                        return
                except httpx.TransportError:
                    pass  # not listening yet
                try:
                    self._process.wait(0.1)
                except subprocess.TimeoutExpired:
                    continue
                self._reader.join(5)
                raise RuntimeError(f"The app ended with code {self._process.returncode} instead of serving:\n{self.output}")
        raise RuntimeError(f"The app was not healthy within {START_SECONDS:g} seconds:\n{self.output}")

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(5)
        self._empty.cleanup()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            self._output.extend(lines)


def free_port() -> int:
    """Return a free port of the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
