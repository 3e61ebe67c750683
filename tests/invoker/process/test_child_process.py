"""A child process that talks in lines: how it is asked, how it ends, and what it says last."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from time import perf_counter

import pytest

from boomerang.invoker.errors import ProtocolError
from boomerang.invoker.process.child_process import STEP_SECONDS, WORDS_LIMIT, Process, ProcessGoneError
from tests.invoker.backends.embedded.children import children
from tests.invoker.backends.embedded.threads import BOUND, in_thread


def running(tmp_path: Path, script: str) -> Process:
    path = tmp_path / "script.py"
    path.write_text(script)
    return Process(path, {"GIVEN": "yes"})


def test_lines_go_in_and_values_come_out(tmp_path: Path) -> None:
    process = running(tmp_path, "import sys, json\nfor line in sys.stdin: print(json.dumps({'got': line}), flush=True)")
    for text in ("one", "größer " * 20_000):  # longer than a pipe holds
        process.send(text.encode())
        assert process.receive() == {"got": text + "\n"}
    assert process.alive
    process.end()
    assert not process.alive


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("import sys; print('the last words', file=sys.stderr); sys.exit(3)", "ended with exit code 3: the last words"),
        ("import os; os.kill(os.getpid(), 9)", "was ended by signal SIGKILL"),
        ("import os; os.abort()", "was ended by signal SIGABRT"),
        ("import os; os.write(1, b'{\"half\":'); os._exit(0)", "ended with exit code 0"),
    ],
)
def test_how_a_child_ended_is_told_with_its_last_words(tmp_path: Path, script: str, words: str) -> None:
    process = running(tmp_path, script)
    with pytest.raises(ProcessGoneError, match=words):
        process.receive()
    with pytest.raises(ProcessGoneError, match=words):
        process.send(b"hello?")
    process.try_send(b"hello?")  # says nothing
    process.end()


def test_much_talk_blocks_nobody_and_its_end_is_kept(tmp_path: Path) -> None:
    process = running(tmp_path, "import sys; sys.stderr.write('x' * 2_000_000 + '\\nthe end'); sys.exit(1)")
    with pytest.raises(ProcessGoneError, match="the end") as caught:
        process.receive()
    assert len(caught.value.body or "") <= WORDS_LIMIT
    process.end()


def test_what_is_no_json_ends_the_child(tmp_path: Path) -> None:
    process = running(tmp_path, "print('hello', flush=True)\ninput()")
    with pytest.raises(ProtocolError, match="no JSON") as caught:
        process.receive()
    assert caught.value.body == "hello\n"
    with pytest.raises(ProcessGoneError, match="SIGKILL"):
        process.receive()
    process.end()


def test_a_child_gets_no_secrets_and_is_not_in_the_terminals_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    process = running(tmp_path, "import os, json; print(json.dumps([os.getsid(0) == os.getpid(), dict(os.environ)]))")
    own_session, environment = process.receive()
    assert own_session
    assert {"GIVEN": "yes", "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}.items() <= environment.items()
    assert not {"OPENAI_API_KEY", "PYTHONPATH"} & set(environment)
    process.end()


def test_nothing_stays_behind(tmp_path: Path) -> None:
    before, threads = children(), threading.enumerate()
    process = running(tmp_path, "input()")
    assert process.pid in children()
    process.end()
    process.end()
    assert children() == before
    assert threading.enumerate() == threads


def test_a_child_that_will_not_end_is_killed(tmp_path: Path) -> None:
    script = (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint(1, flush=True)\nwhile True: time.sleep(9)"
    )
    process = running(tmp_path, script)
    assert process.receive() == 1
    begin = perf_counter()
    process.end()
    assert 2 * STEP_SECONDS <= perf_counter() - begin < 3 * STEP_SECONDS
    assert not process.alive


def test_ending_frees_who_waits_for_the_child(tmp_path: Path) -> None:
    process = running(tmp_path, "import time\nprint(1, flush=True)\ntime.sleep(60)")
    assert process.receive() == 1
    reader, read = in_thread(process.receive)
    writer, written = in_thread(lambda: process.send(b"x" * 1_000_000))  # nobody reads it
    process.end()
    for thread, outcome in ((reader, read), (writer, written)):
        thread.join(BOUND)
        assert isinstance(outcome[0], ProcessGoneError)
