"""Count the clicks, and measure the seconds, of ten tasks that a person does on the pages; compare with an earlier version's.

`python -m benchmarks.tasks` prints the numbers as JSON, for `tasks_before.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from . import app
from .browser import launched, missing, tab
from .scripted_tasks import chat_server
from .scripted_tasks.hands import Effort, Hands
from .scripted_tasks.pages import NoToolCall
from .scripted_tasks.ten_tasks import TASKS
from .table import Row, Table, Target

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROUNDS, ATTEMPTS = 3, 4
BEFORE = Path(__file__).with_name("tasks_before.json")
COLUMNS = tuple(f"{when}: {number}" for when in ("before", "now") for number in ("clicks", "keys", "fields", "seconds"))
NOTE = (
    f"Medians of {ROUNDS} rounds. The target is about actions: clicks, key presses and fields that were typed into, together. "
    "No task may take more than before, and all ten together have to take fewer."
)


def tables() -> Iterator[Table]:
    """Do the tasks, or report what is missing for that."""
    if reason := missing():
        yield table({}, f"Not measured: {reason}")
        return
    yield table(measured(), NOTE)


def table(now: Mapping[str, Effort], note: str) -> Table:
    """Return the table of both versions; tasks without current numbers have empty cells."""
    before = earlier()
    rows = []
    for name in TASKS:
        current = now.get(name)
        cells = (*_cells(before[name]), *(_cells(current) if current else ("",) * 4))
        target = Target(before[name].actions, "actions", at_most=True)
        rows.append(Row(name, cells, current.actions if current else None, target))
    cells = (*_cells(_sum(before)), *(_cells(_sum(now)) if now else ("",) * 4))
    target = Target(_sum(before).actions, "actions")
    rows.append(Row("all ten", cells, _sum(now).actions if now else None, target))
    return Table("task", COLUMNS, rows, f"{note}\n\n{_paths(before, now)}")


def earlier() -> dict[str, Effort]:
    """Return the earlier version's numbers."""
    return {name: Effort(**effort) for name, effort in json.loads(BEFORE.read_text("utf-8")).items()}


def measured() -> dict[str, Effort]:
    """Do each task several times, each as a new visitor; return the medians."""
    with app.running() as server, chat_server.running() as address, launched() as browser:
        rounds = [{name: attempted(browser, server.address, address, name) for name in TASKS} for _ in range(ROUNDS)]
    return {name: _median([efforts[name] for efforts in rounds]) for name in TASKS}


def attempted(browser: Browser, start: str, server: str, name: str) -> Effort:
    """Do a task; again, as another visitor, if the model called no tools.

    Args:
        browser: The browser.
        start: URL of the start page.
        server: Base URL of the server to add.
        name: Name of the task.

    Raises:
        NoToolCall: The model called none in several attempts.
        RuntimeError: The end of the task was not reached.
    """
    for _ in range(ATTEMPTS - 1):
        with suppress(NoToolCall):
            return do(browser, start, server, name)
    return do(browser, start, server, name)


def do(browser: Browser, start: str, server: str, name: str) -> Effort:
    """Do a task from the start page, as a new visitor.

    Raises:
        RuntimeError: The end of the task was not reached; includes the page's text.
    """
    from playwright.sync_api import TimeoutError

    with tab(browser, height=900, permissions=("clipboard-read", "clipboard-write")) as page:
        hands = Hands(page)
        page.goto(start)
        try:
            check = TASKS[name](hands, server)
            effort = hands.effort()
            reached = check()
        except TimeoutError as error:
            raise RuntimeError(_unreached(name, page)) from error
        if not reached:
            raise RuntimeError(_unreached(name, page))
    return effort


def _unreached(name: str, page: Page) -> str:
    return f"the end of the task was not reached: {name}\n{page.locator('body').inner_text()}"


def _median(efforts: list[Effort]) -> Effort:
    """Return the effort of a task with the median seconds.

    Raises:
        RuntimeError: The rounds took different actions.
    """
    if len({effort.path for effort in efforts}) > 1:
        raise RuntimeError(f"the rounds took different actions: {efforts}")
    first = efforts[0]
    return Effort(first.clicks, first.keys, first.fields, median(effort.seconds for effort in efforts), first.path)


def _sum(efforts: Mapping[str, Effort]) -> Effort:
    every = tuple(efforts.values())
    return Effort(
        sum(effort.clicks for effort in every),
        sum(effort.keys for effort in every),
        sum(effort.fields for effort in every),
        sum(effort.seconds for effort in every),
        (),
    )


def _cells(effort: Effort) -> tuple[str, ...]:
    return f"{effort.clicks}", f"{effort.keys}", f"{effort.fields}", f"{effort.seconds:.1f}"


def _paths(before: Mapping[str, Effort], now: Mapping[str, Effort]) -> str:
    """Return the actions of each task as a Markdown list; those of now only where they differ."""
    lines = []
    for name in TASKS:
        lines.append(f"- {name}\n  - before: {' → '.join(before[name].path)}")
        if name in now and list(now[name].path) != list(before[name].path):
            lines.append(f"  - now: {' → '.join(now[name].path)}")
    return "\n".join(lines)


if __name__ == "__main__":
    numbers = {name: asdict(effort) | {"seconds": round(effort.seconds, 2)} for name, effort in measured().items()}
    print(json.dumps(numbers, indent=2, ensure_ascii=False))
