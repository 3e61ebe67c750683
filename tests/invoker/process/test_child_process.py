"""Tests for a child process that exchanges framed messages: requests, how it ends, and its last output."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from time import perf_counter

import pytest

from boomerang.invoker.errors import InvokeTimeoutError, ProtocolError
from boomerang.invoker.process.child_process import STDERR_LIMIT, STEP_SECONDS, Process, ProcessGoneError
from boomerang.invoker.process.frames import FrameTooLargeError
from tests.invoker.backends.embedded.children import children, ended
from tests.invoker.backends.embedded.threads import BOUND, in_thread

TALK = """
import json, os, sys

def get():
    head = sys.stdin.buffer.read(4)
    return sys.stdin.buffer.read(int.from_bytes(head, "big")) if head else None

def put(value, size=None):
    data = json.dumps(value).encode()
    sys.stdout.buffer.write((len(data) if size is None else size).to_bytes(4, "big") + data)
    sys.stdout.buffer.flush()

"""
"""The start of each script."""


def running(tmp_path: Path, script: str, largest: int = 1 << 24) -> Process:
    path = tmp_path / "script.py"
    path.write_text(TALK + script)
    return Process(path, {"GIVEN": "yes"}, largest=largest)


def test_messages_go_in_and_values_come_out(tmp_path: Path) -> None:
    process = running(tmp_path, "while (message := get()) is not None: put({'got': message.decode()})")
    for text in ("one", "größer " * 20_000):  # larger than a pipe's buffer
        process.send(text.encode())
        assert process.receive() == {"got": text}
    assert process.alive
    process.end()
    assert not process.alive


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("import sys; print('the last words', file=sys.stderr); sys.exit(3)", "ended with exit code 3: the last words"),
        ("import os; os.kill(os.getpid(), 9)", "was ended by signal SIGKILL"),
        ("import os; os.abort()", "was ended by signal SIGABRT"),
        ("os.write(1, b'\\0\\0\\0\\x09{\"half\":'); os._exit(0)", "ended with exit code 0"),
        ("os.write(1, b'\\0\\0'); os._exit(0)", "ended with exit code 0"),
    ],
)
def test_how_a_child_ended_is_reported_with_its_last_words(tmp_path: Path, script: str, text: str) -> None:
    process = running(tmp_path, script)
    with pytest.raises(ProcessGoneError, match=text):
        process.receive()
    with pytest.raises(ProcessGoneError, match=text):
        process.send(b"hello?")
    process.try_send(b"hello?")  # raises nothing
    process.end()


def test_much_talk_blocks_no_caller_and_its_end_is_kept(tmp_path: Path) -> None:
    process = running(tmp_path, "import sys; sys.stderr.write('x' * 2_000_000 + '\\nthe end'); sys.exit(1)")
    with pytest.raises(ProcessGoneError, match="the end") as caught:
        process.receive()
    assert len(caught.value.body or "") <= STDERR_LIMIT
    process.end()


def test_what_is_no_json_ends_the_child(tmp_path: Path) -> None:
    process = running(tmp_path, "os.write(1, b'\\0\\0\\0\\x05hello')\nget()")
    with pytest.raises(ProtocolError, match="no JSON") as caught:
        process.receive()
    assert caught.value.body == "hello"
    with pytest.raises(ProcessGoneError, match="SIGKILL"):
        process.receive()
    process.end()


def test_a_child_gets_no_secrets_and_is_not_in_the_terminals_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    process = running(tmp_path, "put([os.getsid(0) == os.getpid(), dict(os.environ)])")
    own_session, environment = process.receive()
    assert own_session
    assert {"GIVEN": "yes", "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}.items() <= environment.items()
    assert not {"OPENAI_API_KEY", "PYTHONPATH"} & set(environment)
    process.end()


def test_nothing_stays_behind(tmp_path: Path) -> None:
    before, threads = children(), threading.enumerate()
    process = running(tmp_path, "get()")
    assert process.pid in children()
    process.end()
    process.end()
    assert children() == before
    assert threading.enumerate() == threads


def test_a_child_that_will_not_end_is_killed(tmp_path: Path) -> None:
    script = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nput(1)\nwhile True: time.sleep(9)"
    process = running(tmp_path, script)
    assert process.receive() == 1
    begin = perf_counter()
    process.end()
    assert 2 * STEP_SECONDS <= perf_counter() - begin < 3 * STEP_SECONDS
    assert not process.alive


def test_ending_frees_who_waits_for_the_child(tmp_path: Path) -> None:
    process = running(tmp_path, "import time\nput(1)\ntime.sleep(60)")
    assert process.receive() == 1
    reader, read = in_thread(process.receive)
    writer, written = in_thread(lambda: process.send(b"x" * 1_000_000))  # never read
    process.end()
    for thread, outcome in ((reader, read), (writer, written)):
        thread.join(BOUND)
        assert isinstance(outcome[0], ProcessGoneError)


FORKING = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
if child == 0:
    if os.fork() == 0:
        put(os.getpid())
    time.sleep(600)
put(child)
"""
"""Starts a child and a grandchild, which keep all pipes open, and reports both."""


@pytest.mark.parametrize("how", ["kill", "end", "exit"])
def test_what_a_child_started_is_gone_with_it(tmp_path: Path, how: str) -> None:
    process = running(tmp_path, FORKING + ("get(); os._exit(5)" if how == "exit" else "time.sleep(600)"))
    started = [process.receive(BOUND), process.receive(BOUND)]
    if how == "kill":
        process.kill()
    elif how == "exit":  # on its own, while its descendants keep its pipes open
        process.send(b"go")
        with pytest.raises(ProcessGoneError, match="exit code 5"):
            process.receive(BOUND)
    process.end()
    assert all(ended(pid, BOUND) for pid in started)
    assert not process.alive and process.pid not in children()


def test_a_child_that_ignores_the_end_of_its_stdin_is_killed_in_time(tmp_path: Path) -> None:
    script = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nput(1)\nwhile True: signal.pause()"
    process = running(tmp_path, script)
    assert process.receive(BOUND) == 1
    begin = perf_counter()
    process.end()
    assert perf_counter() - begin < 4 * STEP_SECONDS and process.exit_code == -signal.SIGKILL


def test_a_message_that_is_announced_too_long_ends_the_child(tmp_path: Path) -> None:
    process = running(tmp_path, "put('x', size=2_000)\nget()", largest=1_000)
    with pytest.raises(ProtocolError, match="2,000 bytes, where at most 1,000"):
        process.receive(BOUND)
    process.end()
    assert process.exit_code == -signal.SIGKILL


def test_a_message_that_is_too_long_is_not_sent(tmp_path: Path) -> None:
    process = running(tmp_path, "put(len(get()))", largest=1_000)
    with pytest.raises(FrameTooLargeError):
        process.send(b"x" * 1_001)
    process.send(b"x" * 1_000)
    assert process.receive(BOUND) == 1_000
    process.end()


def test_a_message_that_arrives_in_pieces_is_whole(tmp_path: Path) -> None:
    script = """
for part in (b'\\0', b'\\0\\0', b'\\x04', b'12', b'34\\0\\0\\0\\x01', b'5'):
    os.write(1, part)
    get()
"""
    process = running(tmp_path, script)
    reader, read = in_thread(lambda: [process.receive(BOUND), process.receive(BOUND)])
    for _part in range(6):
        process.send(b"next")
    reader.join(BOUND)
    assert read[0] == [1234, 5]
    process.end()


def test_a_child_that_is_silent_for_too_long_is_killed(tmp_path: Path) -> None:
    process = running(tmp_path, "put(1)\nget()")
    assert process.receive(BOUND) == 1
    with pytest.raises(InvokeTimeoutError, match=r"silent for 0\.05 seconds"):
        process.receive(0.05)
    process.end()
    assert process.exit_code == -signal.SIGKILL


def test_a_child_that_does_not_read_for_too_long_is_killed(tmp_path: Path) -> None:
    process = running(tmp_path, "import signal\nput(1)\nsignal.pause()")
    assert process.receive(BOUND) == 1
    with pytest.raises(ProcessGoneError, match="SIGKILL"):
        process.send(b"x" * 1_000_000, 0.05)
    process.end()


def test_a_killed_child_leaves_no_zombie(tmp_path: Path) -> None:
    before = children()
    process = running(tmp_path, "put(1)\nget()")
    assert process.receive(BOUND) == 1
    process.kill()
    assert ended(process.pid, BOUND) and not process.alive
    assert children() == before
    process.end()
