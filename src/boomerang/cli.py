"""The `boomerang` command: dispatch to a subcommand, importing only that subcommand's module.

Exit codes: 0 for success; 1 when a run, a check or a download failed; 2 when the command line or its input is wrong;
128 plus the signal number when a signal stopped it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

from boomerang.invoker.errors import ConfigError
from boomerang.invoker.version import VERSION

COMMANDS: Mapping[str, str] = {
    "serve": "start the app",
    "invoke": "make one call: JSON in, JSON lines out",
    "models": "list the models of a connection",
    "connections": "list, test or remove connections",
    "weights": "fetch the weights of the embedded models",
    "stub-dify": "serve a Dify's inner API from a connection",
}
"""Command, the name of its module in `boomerang.commands` with hyphens → its help text."""

FAILED, WRONG_INPUT, INTERRUPTED = 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: Command-line arguments without the program name; `sys.argv[1:]` by default.

    Returns:
        The exit code.
    """
    options = _parser().parse_args(arguments)
    command = import_module(f"boomerang.commands.{options.command.replace('-', '_')}")
    try:
        code: int = command.main(options.arguments)
        sys.stdout.flush()  # raise BrokenPipeError here rather than at interpreter shutdown
    except ConfigError as error:
        print(f"boomerang {options.command}: {error}", file=sys.stderr)
        return WRONG_INPUT
    except BrokenPipeError:
        _discard_output()
        return FAILED
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return INTERRUPTED
    return code


def _parser() -> argparse.ArgumentParser:
    commands = "\n".join(f"  {name:<12}  {what}" for name, what in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="boomerang",
        usage="boomerang [-h] [--version] COMMAND ...",
        description="The inspector for Dify model plugins.",
        epilog=f"commands:\n{commands}\n\n`boomerang COMMAND --help` has the options of each.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=VERSION)
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="one of those below")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def _discard_output() -> None:
    """Redirect stdout to /dev/null, so that flushing it at exit does not hit the closed pipe again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
