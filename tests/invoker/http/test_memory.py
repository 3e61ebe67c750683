"""Tests for a process's memory against a hostile server, each in its own process: bounded, and released."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
LIMIT = 64 * 2**20
SLACK = 40 * 2**20
"""Bytes that stay with the C allocator, which returns 32 MB at a time."""
CHILD = """
import gc, json, sys
import httpx
from boomerang.invoker.errors import InvokeError
from boomerang.invoker.run import Run
from boomerang.invoker.http.cancellation import Clocks
from boomerang.invoker.http.client import Client
from boomerang.invoker.http.errors import release
from boomerang.invoker.http.exchange import Http
from boomerang.invoker.http.limits import Limits
from boomerang.invoker.http.connection_pool import Pool

def memory():
    with open("/proc/self/status") as file:
        fields = dict(line.split(":", 1) for line in file)
    return [int(fields[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM")]

address, read, limit, warm, *wanted = sys.argv[1:]
http = Http(Client(Pool(), httpx.URL(address)), Clocks(), limits=Limits(int(limit), events=1000))

def ask(path):
    count, kept = 0, None
    try:
        with http.get(path, Run()) as answer:
            if read == "json":
                answer.json()
            for _ in getattr(answer, read)() if read != "json" else ():
                count += 1
    except InvokeError as error:
        release(error)
        kept = error  # as a record keeps it
    return count, kept

ask(warm)
before, _ = memory()
results = [ask(path) for path in wanted]
gc.collect()
after, peak = memory()
print(json.dumps({"peak": peak - before, "kept": after - before, "results": [[count, str(error)] for count, error in results]}))
"""

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Start the hostile server."""
    command = [sys.executable, str(ROOT / "tests" / "hostile.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.stdin.close()


def measured(address: str, read: str, *wanted: str) -> Any:
    """Read answers in a child process, after one small one; return its memory and the outcome of each."""
    command = [sys.executable, "-c", CHILD, address, read, str(LIMIT), "events-1000", *wanted]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    return json.loads(subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=120).stdout)


@pytest.mark.parametrize(
    ("read", "wanted", "text"),
    [
        ("json", "whole-128", "bytes after decompression"),
        ("events", "stream-128", "A line of the stream has more than|bytes after decompression"),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in (
                ("pieces", "stream-128", "bytes after decompression"),
                ("events", "events-20000", "more than 1,000 events"),
                ("events", "pieces-20000", "more than 10,000 lines or pieces"),
                ("events", "comments-50000", "more than 10,000 lines or pieces"),
                ("json", "values-5000000", "JSON needs more than"),
            )
        ),
    ],
    ids=range(7),
)
@pytest.mark.slow
def test_hostile_answers_take_bounded_memory_and_give_it_back(address: str, read: str, wanted: str, text: str) -> None:
    result = measured(address, read, *[wanted] * 3)
    assert [bool(re.search(text, error)) for _, error in result["results"]] == [True] * 3
    assert result["peak"] < 4 * LIMIT + SLACK
    assert result["kept"] < SLACK
