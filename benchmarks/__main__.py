"""Run benchmarks and print their results, each with its target and whether it was met.

A missed target does not fail the command: on a busy machine, times depend on what else is running.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path

from .machine import facts
from .table import Table

# Before any OpenMP runtime is loaded, as in `make bench`: spinning threads would slow down everything else.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

NAMES = (
    *("waist", "upstream", "dify", "bounds", "imports", "start", "visit", "tasks", "stream", "visitors"),
    *("inspector", "memory", "checks", "llm", "tts"),
)
"""Modules with a function `tables`, in the order in which they run: those that load models into this process come last."""
END = "<!-- end of results -->"


def main() -> None:
    """Run the benchmarks named on the command line and print the results; write them to a page only if asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, next to the bare runtimes.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"what to measure: {', '.join(NAMES)}; everything if left out")
    parser.add_argument(
        "--write", type=Path, metavar="PAGE", help="put the results into this Markdown page, if it is for these names"
    )
    arguments = parser.parse_args()
    names = arguments.names or NAMES
    if unknown := set(names) - set(NAMES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    begin = f"<!-- results: written by `{' '.join(('python -m benchmarks', *arguments.names, '--write'))}` -->"
    page = arguments.write and _opened(arguments.write, begin, parser.error)
    results = [facts(" ".join(("python -m benchmarks", *arguments.names)))]
    print(results[0], flush=True)
    verdicts: list[str] = []
    for name in names:
        for table in _measures(name)():
            results.append(str(table))
            verdicts += [row.verdict for row in table.rows if row.target]
            print(f"\n{table}", flush=True)
    results.append(_summary(verdicts))
    print(f"\n{results[-1]}")
    if page:
        arguments.write.write_text(_filled(page, begin, "\n\n".join(results)), encoding="utf-8")


def _measures(name: str) -> Callable[[], Iterable[Table]]:
    measures: Callable[[], Iterable[Table]] = import_module(f".{name}", __package__).tables
    return measures


def _summary(verdicts: list[str]) -> str:
    counts: Mapping[str, int] = {verdict: verdicts.count(verdict) for verdict in ("yes", "**NO**", "not measured")}
    summary = f"{counts['yes']} of {len(verdicts)} targets met"
    summary += f", {counts['**NO**']} missed" if counts["**NO**"] else ""
    return summary + (f", {counts['not measured']} not measured" if counts["not measured"] else "") + "."


def _opened(path: Path, begin: str, refuse: Callable[[str], object]) -> str:
    """Read the page before spending minutes on measurements for it.

    A page names its benchmarks in the line `begin`, so that all its numbers are from one run.
    """
    try:
        page = path.read_text(encoding="utf-8")
    except OSError as error:
        refuse(f"{path}: {error.strerror}")
        raise
    if begin not in page or END not in page:
        refuse(f"{path}: has no lines `{begin}` and `{END}`")
    return page


def _filled(page: str, begin: str, results: str) -> str:
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(END)
    return f"{before}{begin}\n\n{results}\n\n{END}{after}"


if __name__ == "__main__":
    main()
