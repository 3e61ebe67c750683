"""`boomerang stub-dify`: serve the inner API of a Dify from any connection, to try the `dify` back end without a Dify."""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Sequence

from boomerang.invoker.errors import ConfigError
from boomerang.workbench.stub_dify.checks import UUID, Workspace
from boomerang.workbench.stub_dify.faults import NAMES, Faults
from boomerang.workbench.stub_dify.profiles import PROFILES
from boomerang.workbench.stub_dify.server import StubDify

from .operator_connections import DEFAULT, find, operator_connections

KEY = "inner-api-key-of-the-stub"
TENANT = "5f0c1c2e-0000-4000-8000-000000000001"
EPILOGUE = f"""switches: {", ".join(NAMES)}

  boomerang stub-dify --profile 1.9 --fault mid_stream_error=3 --fault drip=0.01"""


def main(arguments: Sequence[str]) -> int:
    """Serve until interrupted.

    Raises:
        ConfigError: An option cannot be used.
    """
    options = _parser().parse_args(arguments)
    if not UUID.fullmatch(options.tenant):
        raise ConfigError("expected a UUID", field="--tenant")
    faults = Faults()
    for switch in options.fault:
        faults = faults.with_switch(switch)
    with operator_connections() as registry:
        backend = find(registry, options.connection).backend
        profile = PROFILES[options.profile]
        try:
            stub = StubDify(backend, Workspace(options.key, options.tenant), profile, faults, options.address, options.port)
        except OSError as error:
            raise ConfigError(f"{options.address}:{options.port}: {error.strerror or error}", field="--port") from error
        print(f"Dify {profile.version} (stub) on {stub.base_url}", flush=True)
        print(f"key {options.key}\ntenant {options.tenant}\nuser (empty)", flush=True)
        print(f"providers {', '.join(sorted(stub.providers())) or 'none'}", flush=True)
        _serve(stub)
    return 0


def _serve(stub: StubDify) -> None:
    """Serve until SIGINT or SIGTERM."""
    stopped = threading.Event()
    previous = {number: signal.signal(number, lambda *_: stopped.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with stub:
            stopped.wait()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="boomerang stub-dify",
        description="Serve the inner API of a Dify from a connection.",
        epilog=EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--connection", default=DEFAULT, metavar="NAME", help="what answers (default: %(default)s)")
    parser.add_argument("--profile", choices=PROFILES, default="1.16", help="the version of Dify (default: %(default)s)")
    parser.add_argument("--port", type=int, default=5001, help="the port; any free one if 0 (default: %(default)s)")
    parser.add_argument("--address", default="127.0.0.1", help="where to listen (default: %(default)s)")
    parser.add_argument("--key", default=KEY, help="the inner API key (default: %(default)s)")
    parser.add_argument("--tenant", default=TENANT, metavar="UUID", help="the workspace (default: %(default)s)")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME[=VALUE]", help="what goes wrong; may be repeated")
    return parser
