"""`boomerang models`: list the models of a connection."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from boomerang.workbench.connections.connection import FETCH_SECONDS, Connection

from .operator_connections import DEFAULT, find, operator_connections
from .terminal import print_error, print_json, print_table

MARGIN_SECONDS = 5.0
"""How long to wait for the model list beyond its request timeout."""


def main(arguments: Sequence[str]) -> int:
    """List the models. Return 1 if the server's list could not be fetched."""
    parser = argparse.ArgumentParser(prog="boomerang models", description="List the models of a connection.")
    parser.add_argument("--connection", default=DEFAULT, metavar="NAME", help="which one (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="a JSON array with all that is known of each")
    options = parser.parse_args(arguments)
    with operator_connections() as registry:
        connection = find(registry, options.connection)
        fault = fetch_models(connection)
        models = connection.backend.models()
    if options.json:
        print_json([model.model_dump(mode="json") for model in models], indent=2)
    else:
        rows = [(model.model, model.model_type.value, model.state.value, model.provider) for model in models]
        print_table(("MODEL", "TYPE", "STATE", "PROVIDER"), rows)
        for model in models:
            if model.reason:
                print_error(f"{model.model}: {model.reason}")
    for notice in connection.fetch_notices:
        print_error(str(notice))
    if fault:
        print_error(f"boomerang models: {options.connection}: {fault}")
    return 1 if fault else 0


def fetch_models(connection: Connection) -> str:
    """Wait until the server has listed its models.

    Returns:
        Why fetching failed; empty on success or if there is no server to ask.
    """
    if not connection.fetches:
        return ""
    connection.fetch()
    if not connection.wait(FETCH_SECONDS + MARGIN_SECONDS):
        return "the server's list of models did not arrive"
    return str(connection.fetch_error) if connection.fetch_error is not None else ""
