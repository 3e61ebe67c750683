"""What holds for every test: nothing leaves this machine, and property tests have no clock, as the machine may be busy."""

from __future__ import annotations

import ipaddress
import os
import sys
from typing import Any

import pytest
from hypothesis import settings

# Their asserts are as telling as those of test modules.
pytest.register_assert_rewrite("tests.invoker.backends.contract")

# The same examples each time, so that a red run speaks of the change; HYPOTHESIS_PROFILE=searching looks for new ones.
settings.register_profile("repeatable", deadline=None, max_examples=50, derandomize=True)
settings.register_profile("searching", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


class NetworkRefused(Exception):
    """A test tried to reach another machine. Processes that it starts are not held to this."""


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
