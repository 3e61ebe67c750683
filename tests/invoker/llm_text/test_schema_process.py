"""Tests for the check processes: stopped, taken in turns, replaced, and never left behind."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
from pathlib import Path
from queue import SimpleQueue

import pytest

from boomerang.invoker.errors import RunStoppedError
from boomerang.invoker.llm_text import json_schema
from boomerang.invoker.llm_text.json_schema import Checked, check
from boomerang.invoker.run import Run
from tests.invoker.backends.embedded.children import ended
from tests.invoker.backends.embedded.threads import BOUND
from tests.invoker.llm_text.schemas import doubling, reason


@pytest.mark.usefixtures("fresh")
def test_stop_ends_a_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_schema, "SECONDS", 600.0)
    requests: SimpleQueue[None] = SimpleQueue()
    ask = json_schema._Child.ask
    monkeypatch.setattr(json_schema._Child, "ask", lambda child, request: (requests.put(None), ask(child, request))[1])
    run = Run()
    stopper = threading.Thread(target=lambda: (requests.get(), run.stop()))
    stopper.start()
    with pytest.raises(RunStoppedError):
        check({}, doubling(), run)
    stopper.join()


@pytest.mark.usefixtures("fresh")
def test_stop_ends_the_wait_for_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_schema, "MOST_AT_ONCE", 0)
    monkeypatch.setattr(json_schema, "WAIT_SECONDS", 600.0)
    run = Run()
    stopper = threading.Thread(target=run.stop)
    stopper.start()
    with pytest.raises(RunStoppedError):
        check({}, {}, run)
    stopper.join()


@pytest.mark.usefixtures("fresh")
def test_a_check_that_gets_no_turn_or_no_process_is_none_and_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(json_schema, "MOST_AT_ONCE", 0)
        patched.setattr(json_schema, "WAIT_SECONDS", 0.0)
        assert reason(check({}, {"type": "object"})) == "schemas.busy"
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", "/nowhere/python")
        assert reason(check({}, {"type": "object"})) == "schemas.no_process"
    assert check({}, {"type": "object"}) == Checked()


@pytest.mark.usefixtures("fresh")
def test_checks_at_the_same_time_have_a_process_each() -> None:
    result: SimpleQueue[Checked] = SimpleQueue()
    threads = [threading.Thread(target=lambda n=n: result.put(check(n, {"const": n}))) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.get() for _ in threads] == [Checked()] * 12


@pytest.mark.usefixtures("fresh")
def test_a_process_that_has_ended_is_replaced() -> None:
    assert check(1, {}) == Checked()
    [child] = json_schema._children._idle
    child.kill()
    assert ended(child._process.pid, BOUND)
    assert check(2, {}) == Checked()


def test_the_process_ends_with_its_parent_even_in_the_middle_of_a_check(tmp_path: Path) -> None:
    """A process left by a killed app ends by its own timeout."""
    script = tmp_path / "parent.py"
    script.write_text(
        "import threading, time, json, sys\n"
        "from boomerang.invoker.llm_text import json_schema\n"
        f"schema = json.loads({json.dumps(json.dumps(doubling()))})\n"
        "json_schema.check({}, {})\n"
        "print(json_schema._children._idle[0]._process.pid, flush=True)\n"
        "json_schema.check({}, schema)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(json_schema.__file__).parents[3])}
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
    try:
        assert select.select([child], [], [], 30)[0], "the child has not ended"
    finally:
        os.close(child)
