"""`boomerang connections`: list, test or remove connections. Secrets are never printed."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from boomerang.invoker.connection_kind import Check
from boomerang.invoker.errors import ConfigError
from boomerang.workbench.connections.connection import Connection, Origin
from boomerang.workbench.connections.probe_jobs import SERVER, ProbeJob, ProbeRequest
from boomerang.workbench.connections.registry import Connections

from .operator_connections import find, operator_connections
from .terminal import print_error, print_json, print_table, printable

EPILOGUE = """Connections that a browser saved for itself belong to that browser; they are neither listed nor removed here."""
NEWS_SECONDS = 0.1
"""Polling interval: results are printed at least this often."""


def main(arguments: Sequence[str]) -> int:
    """Run the action named on the command line."""
    options = _parser().parse_args(arguments)
    with operator_connections() as registry:
        if options.action == "list":
            return _list(registry, as_json=options.json)
        if options.action == "remove":
            return _remove(registry, options.name)
        return _test(registry, options.name, calls=options.calls)


def _list(registry: Connections, *, as_json: bool) -> int:
    connections = registry.visible()
    if as_json:
        print_json([_entry(connection) for connection in connections], indent=2)
    else:
        print_table(("NAME", "FROM", "ADDRESS"), [(each.name, each.origin.value, _address(each)) for each in connections])
    problems = [
        *registry.problems_for(""),
        *(f"{each.name}: {each.problem}" for each in connections if each.problem is not None),
    ]
    for problem in problems:
        print_error(str(problem))
    return 0


def _entry(connection: Connection) -> dict[str, object]:
    settings = connection.settings.public() if connection.settings is not None else {}
    return {"name": connection.name, "from": connection.origin.value, "settings": settings}


def _address(connection: Connection) -> str:
    return str(connection.settings.public().get("base_url", "")) if connection.settings is not None else ""


def _remove(registry: Connections, name: str) -> int:
    connection = find(registry, name)
    if connection.origin is not Origin.SAVED:
        raise ConfigError(f"{name!r} is not saved but {_WHERE[connection.origin]}: it cannot be removed here")
    registry.drop_shared(name)
    print(f"Removed {printable(name)}.")
    return 0


_WHERE = {
    Origin.BUILT_IN: "built in",
    Origin.FILE: "from connections.toml",
    Origin.ENVIRONMENT: "from an environment variable",
    Origin.SESSION: "a visitor's own",
}


def _test(registry: Connections, name: str, *, calls: bool) -> int:
    connection = find(registry, name)
    job = ProbeJob([_request(registry, connection, calls=calls)]).start()
    printed: set[str] = set()
    try:
        while job.running:
            with job.changed:
                job.changed.wait(NEWS_SECONDS)
            _print_new(job, printed)
    except (KeyboardInterrupt, BrokenPipeError):
        job.stop()
        job.join()
        raise
    _print_new(job, printed)
    if job.error is not None:
        raise job.error
    return 0 if job.results and all(check.ok for check in job.results.values()) else 1


def _request(registry: Connections, connection: Connection, *, calls: bool) -> ProbeRequest:
    settings = connection.settings
    return ProbeRequest(
        connection.name,
        lambda: connection.backend,
        settings.address if settings else "",
        (lambda address: registry.at_address(connection, address)) if settings else None,
        None if calls else {SERVER: None},
        registry.probe(settings),
    )


def _print_new(job: ProbeJob, printed: set[str]) -> None:
    for (_name, call), check in tuple(job.results.items()):
        if call not in printed:
            printed.add(call)
            print(printable(_line(call, check)), flush=True)


def _line(call: str, check: Check) -> str:
    model = f"{check.model}: " if check.model else ""
    return f"{call:<22}{'ok' if check.ok else 'failed':<8}{check.seconds:6.2f} s  {model}{check.verdict}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="boomerang connections", description="List, test or remove connections.", epilog=EPILOGUE
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="all connections and where they come from")
    listing.add_argument("--json", action="store_true", help="a JSON array with their settings, without secrets")
    removing = actions.add_parser("remove", help="remove a connection that was saved for everyone")
    removing.add_argument("name", metavar="NAME")
    testing = actions.add_parser("test", help="ask a server for its models")
    testing.add_argument("name", metavar="NAME")
    testing.add_argument("--calls", action="store_true", help="also make the smallest call of each type; it may cost money")
    return parser
