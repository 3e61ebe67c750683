"""Tests for the models folder: its content, what is wrong with it, and what is trusted."""

import os
import sys
from pathlib import Path

import pytest

from boomerang.invoker.errors import InvokeServerUnavailableError
from boomerang.invoker.weights.hash_cache import Stamp, read_stamp, write_stamp
from boomerang.invoker.weights.manifest import default_manifest
from boomerang.invoker.weights.models_folder import Weights, models_folder


def put(world, name: str, data: bytes | None = None) -> Path:
    path = world.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(world.contents[name] if data is None else data)
    return path


def test_the_environment_moves_the_models_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("BOOMERANG_MODELS", str(tmp_path / "here"))
    assert models_folder() == tmp_path / "here"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have folders of their own for caches")
def test_without_the_variable_the_models_are_in_the_cache_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("BOOMERANG_MODELS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert models_folder() == tmp_path / "boomerang" / "models"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert models_folder() == tmp_path / "home" / ".cache" / "boomerang" / "models"


def test_a_right_file_put_there_by_hand_is_given_out_and_stamped(world):
    name = world.simple()
    path = put(world, name)
    weights = world.weights()
    assert weights.problem(name) is None
    assert weights.path(name) == path
    assert read_stamp(world.folder, name).fits(path.stat())


def test_a_missing_file_is_named_with_its_folder_and_the_next_step(world):
    name = world.simple()
    with pytest.raises(InvokeServerUnavailableError) as caught:
        world.weights().path(name)
    assert str(caught.value) == f"{name} is not in {world.folder}"
    assert "boomerang weights" in str(caught.value.hint)


def test_a_cut_file_is_reported_by_its_size(world):
    name = world.simple()
    put(world, name, world.contents[name][:-1])
    assert "cut or another file: 199,999 bytes, expected 200,000" in str(world.weights().problem(name))


def test_an_altered_file_of_the_same_size_is_reported_by_both_hashes(world):
    name = world.simple()
    put(world, name, b"x" + world.contents[name][1:])
    problem = str(world.weights().problem(name))
    assert "is altered" in problem
    assert world.manifest.files[name].sha256 in problem
    with pytest.raises(InvokeServerUnavailableError, match="is altered"):
        world.weights().path(name)


def test_a_file_that_changes_after_it_was_verified_is_hashed_again(world):
    name = world.simple()
    path = put(world, name)
    weights = world.weights()
    assert weights.problem(name) is None
    path.write_bytes(b"x" + world.contents[name][1:])
    os.utime(path, ns=(1, 1))
    assert "is altered" in str(weights.problem(name))
    path.write_bytes(world.contents[name])
    os.utime(path, ns=(2, 2))
    assert weights.problem(name) is None


def test_a_stamped_file_is_trusted_without_reading_it(world):
    name = world.simple()
    path = put(world, name, bytes(200_000))
    status = path.stat()
    write_stamp(world.folder, name, Stamp(status.st_size, status.st_mtime_ns, world.manifest.files[name].sha256))
    assert world.weights().problem(name) is None
    assert "is altered" in str(world.weights().verify(name))
    assert "is altered" in str(world.weights().problem(name)), "what verifying found is kept"


def test_a_stamp_of_another_content_does_not_make_a_file_good(world):
    name = world.simple()
    path = put(world, name)
    status = path.stat()
    write_stamp(world.folder, name, Stamp(status.st_size, status.st_mtime_ns, "0" * 64))
    assert "is altered" in str(world.weights().problem(name))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"size": 1}', '{"size": 1, "mtime_ns": 2, "sha256": "", "more": 3}', "\x00\xff"]
)
def test_a_stamp_that_cannot_be_understood_is_none(world, text):
    name = world.simple()
    put(world, name)
    place = world.folder / ".stamps" / f"{name}.json"
    place.parent.mkdir()
    place.write_text(text, encoding="latin-1")
    assert read_stamp(world.folder, name) is None
    assert world.weights().problem(name) is None


def test_where_no_stamp_can_be_written_the_object_remembers(world):
    name = world.simple()
    path = put(world, name)
    (world.folder / ".stamps").write_text("a file where the folder of stamps would be")
    weights = world.weights()
    assert weights.problem(name) is None
    before = path.stat()
    path.write_bytes(bytes(before.st_size))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert weights.problem(name) is None, "same size, same time: not read again"
    assert "is altered" in str(world.weights().problem(name)), "another process has to read it"


def test_a_folder_under_the_name_of_a_file_is_a_problem(world):
    name = world.simple()
    (world.folder / name).mkdir(parents=True)
    assert "is no file" in str(world.weights().problem(name))


def test_a_models_folder_that_is_a_file_is_reported_as_missing_files(world):
    name = world.simple()
    world.folder.write_text("no folder")
    assert "is not in" in str(world.weights().problem(name))
    assert world.weights().extra_llms() == []


def test_a_name_outside_the_manifest_is_a_mistake_of_the_caller(world):
    with pytest.raises(KeyError):
        Weights(world.folder, world.manifest if world.simple() else None).path("unknown.gguf")


def test_other_gguf_files_are_further_llms_and_pieces_of_models_are_not(world):
    name = world.simple()
    names = [
        "zephyr.gguf",
        "big-00001-of-00002.gguf",
        "big-00002-of-00002.gguf",
        "mmproj-f16.gguf",
        ".half.gguf",
        "notes.txt",
        name,
    ]
    for each in names:
        put(world, each, b"GGUF")
    (world.folder / "folder.gguf").mkdir()
    assert [path.name for path in world.weights().extra_llms()] == ["big-00001-of-00002.gguf", "zephyr.gguf"]


def test_the_embedded_models_are_listed_with_licence_and_both_sources():
    manifest = default_manifest()
    assert {model.name for model in manifest.models} == {
        "qwen2.5-coder-0.5b-instruct",
        "smollm2-135m-instruct",
        "all-minilm-l6-v2",
        "moonshine-tiny-en",
    }
    for model in manifest.models:
        assert model.licence in {"Apache-2.0", "MIT"}
        for file in model.files:
            assert file.address.startswith("https://")
            assert file.parts
            assert file.size > 0


def test_every_model_of_the_manifest_is_in_the_notices():
    text = (Path(__file__).parents[3] / "THIRD_PARTY.md").read_text(encoding="utf-8")
    for model in default_manifest().models:
        assert model.title.split(",")[0] in text
        assert model.author.split(" (")[0].split(";")[0] in text
        for wheel in {part.wheel for file in model.files for part in file.parts}:
            assert wheel.project.rstrip("23456") in text
