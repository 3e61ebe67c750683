"""Tests for `boomerang weights` as a user sees it, including a kill and a full disk."""

import os
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from boomerang.commands.weights import main
from boomerang.invoker.weights.download import Fetcher

from .conftest import FolderIndex

SOURCE = Path(__file__).parents[3] / "src"

CHILD = """
import sys
from pathlib import Path
from boomerang.commands.weights import main
from boomerang.invoker.weights.download import Fetcher
from boomerang.invoker.weights.manifest import Manifest
from boomerang.invoker.weights.package_index import PipIndex
from boomerang.invoker.weights.progress import TextProgress

class Telling(TextProgress):
    def at(self, done):
        print("at", done, flush=True)

index = PipIndex(["--isolated", "--no-index"] + sys.argv[3:])
fetcher = lambda weights: Fetcher(weights, index=index, progress=Telling())
sys.exit(main(["--folder", sys.argv[2]], manifest=Manifest.read(Path(sys.argv[1])), fetcher=fetcher))
"""
"""The command in its own process, with a local index and the test's manifest; it prints its progress."""


def run(world, *arguments: str) -> int:
    return main(
        ["--folder", str(world.folder), *arguments],
        manifest=world.manifest,
        fetcher=lambda weights: world.fetcher(weights),
    )


def test_all_there_is_one_line_and_exit_code_0(world, capsys):
    world.simple()
    assert run(world) == 0
    assert run(world) == 0
    assert capsys.readouterr().out == f"Models: tiny: ready in {world.folder}\n" * 2


def test_what_is_missing_is_listed_with_its_reason_and_exit_code_1(world, capsys):
    world.simple("lost")
    world.simple("there")
    (world.wheels / "lost_one-1.0-py3-none-any.whl").unlink()
    assert run(world) == 1
    out = capsys.readouterr().out
    assert "lost: not available\n  lost.gguf: no lost-one==1.0 here; " in out
    assert "there: ready" in out
    assert "starts all the same" in out


def test_only_names_models_and_an_unknown_one_is_refused_with_the_choices(world, capsys):
    world.simple("first")
    world.simple("second")
    assert run(world, "--only", "second") == 0
    assert not (world.folder / "first.gguf").exists()
    with pytest.raises(SystemExit) as caught:
        run(world, "--only", "third")
    assert caught.value.code == 2
    assert "first" in capsys.readouterr().err


def test_verify_reads_every_byte_again_and_fetches_nothing(world, capsys):
    name = world.simple()
    run(world)
    path = world.folder / name
    before = path.stat()
    path.write_bytes(bytes(before.st_size))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert run(world, "--verify") == 1
    assert "is altered" in capsys.readouterr().out
    assert path.read_bytes() == bytes(before.st_size)
    assert run(world) == 0
    assert run(world, "--verify") == 0


def test_list_says_what_there_is_and_whose_it_is(world, capsys):
    world.simple()
    assert run(world, "--list") == 0
    assert "A. Nobody" in (out := capsys.readouterr().out)
    assert "is not in" in out
    run(world)
    capsys.readouterr()
    run(world, "--list")
    assert re.search(r"tiny.gguf  0.2 MB  there", capsys.readouterr().out)


def test_without_a_network_the_command_gives_reasons_and_no_traceback(tmp_path):
    environment = {
        **{name: value for name, value in os.environ.items() if not name.upper().startswith(("PIP_", "NO_PROXY"))},
        "PYTHONPATH": str(SOURCE),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_RETRIES": "0",
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }
    command = [
        sys.executable,
        "-m",
        "boomerang",
        "weights",
        "--only",
        "moonshine-tiny-en",
        "--folder",
        str(tmp_path / "models"),
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "moonshine-tiny-en: not available" in done.stdout
    assert "No matching distribution found for moonshine-voice==0.0.73" in done.stdout
    assert "moonshine-tiny-en/tokenizer.bin" in done.stdout


def test_a_fetch_killed_in_the_middle_leaves_nothing_under_the_final_name_and_is_resumed(world, server):
    world.address = server.address
    name = world.simple()
    server.files[name] = world.contents[name]
    server.hold_after = 120_000
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(world.manifest_path), str(world.folder)],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        for line in process.stdout:
            if line.startswith("at ") and int(line[3:]) > 100_000:
                break
        process.send_signal(signal.SIGKILL)
    assert not (world.folder / name).exists()
    assert len(world.leftovers()) == 1
    server.hold_after = None
    assert world.fetcher(index=FolderIndex(world.root / "nowhere")).fetch() == {}
    assert re.fullmatch(r"bytes=\d+-", server.ranges[-1])
    assert (world.folder / name).read_bytes() == world.contents[name]
    assert world.leftovers() == []


def test_a_disk_that_fills_up_while_unpacking_is_a_reason_and_leaves_no_half_file(world):
    data = bytes(3_000_000)
    world.wheel("squeezed", {"m.bin": data})
    world.model("m", {"m.bin": data}, {"m.bin": [("squeezed", "m.bin")]})
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(world.manifest_path), str(world.folder), "--find-links", str(world.wheels)],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000)),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert f"m.bin: cannot write in {world.folder}: File too large" in done.stdout
    assert not (world.folder / "m.bin").exists()
    assert not list(world.partial.glob("*.joined"))
    assert (world.partial / "squeezed-1.0.whl").exists(), "the next run need not download it again"


def test_the_command_fetches_with_pip_and_the_addresses_when_nothing_else_is_given(world):
    world.simple()
    fetcher = Fetcher(world.weights())
    assert type(fetcher._index).__name__ == "PipIndex"
    assert type(fetcher._official).__name__ == "Official"
