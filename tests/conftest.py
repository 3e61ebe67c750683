"""Settings for all tests: no network beyond this machine, and property tests without a deadline, as the machine may be busy."""

from __future__ import annotations

import ipaddress
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.reference.environment import NO_PYTHON

# Two OpenMP runtimes that spin on the same cores slow each other down many times over; the Makefile sets this too.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# The app's connections must come from the test's environment, file and data folder, not from the developer's.
for _name in [name for name in os.environ if name.startswith("CONNECTIONS_") or name.endswith(("_API_KEY", "_BASE_URL"))]:
    del os.environ[_name]
for _name in ("OLLAMA_HOST", "OPENAI_API_BASE", "XINFERENCE_ENDPOINT", "LM_API_TOKEN", "BOOMERANG_KEY"):
    os.environ.pop(_name, None)
_data = tempfile.TemporaryDirectory(prefix="boomerang-tests-")
os.environ["BOOMERANG_DATA"] = _data.name
os.environ["CONNECTIONS_FILE"] = f"{_data.name}/connections.toml"

# Rewrite its asserts as those of test modules, for detailed failures.
pytest.register_assert_rewrite("tests.invoker.backends.contract")

# The same examples each time, so that a failure is due to the change; HYPOTHESIS_PROFILE=searching looks for new ones.
settings.register_profile("repeatable", deadline=None, max_examples=50, derandomize=True)
settings.register_profile("searching", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


class NetworkRefused(Exception):
    """A test tried to reach another machine. Its child processes are not restricted."""


def _is_here(host: str | bytes) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):  # a path is a local socket
        host = arguments[1][0]
    else:
        return
    if host is not None and not _is_here(host):
        raise NetworkRefused(f"{event}: {host!r}")


sys.addaudithook(_refuse_network)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the checks that could not run on this machine; `make test` ends with that line, and CI fails on it."""
    reports = [report for report in terminalreporter.stats.get("skipped", []) if NO_PYTHON in str(report.longrepr)]
    if reports:
        line = f"{len(reports)} checks against the reference SDK did not run. {NO_PYTHON}"
        terminalreporter.write_line(line)
        if path := os.environ.get("BOOMERANG_NOT_RUN"):
            Path(path).write_text(line + "\n", "utf-8")
