"""Tests that the manifest refuses harmful content."""

import pytest

from boomerang.invoker.weights.manifest import Manifest, WeightFile


def file(name: str, sha256: str = "0" * 64) -> WeightFile:
    return WeightFile(name, 1, sha256, "https://example.org/x", ())


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "a/../../x", "a\\..\\x", "C:x", "", ".", "a//b", "./a", "a/", ".stamps/x", ".partial"]
)
def test_a_name_that_could_leave_the_models_folder_is_refused(name):
    with pytest.raises(ValueError):
        file(name)


def test_plain_names_and_subfolders_are_taken():
    assert file("a.gguf").name == "a.gguf"
    assert file("model-v1.5/a.onnx_data").name == "model-v1.5/a.onnx_data"


@pytest.mark.parametrize("sha256", ["", "abc", "A" * 64, "0" * 63, "0" * 65])
def test_a_hash_that_is_none_is_refused(sha256):
    with pytest.raises(ValueError, match="SHA-256"):
        file("a", sha256)


def test_a_part_in_a_wheel_that_is_not_listed_is_refused(world):
    world.model("m", {"m.bin": b"x"}, {"m.bin": [("nowhere", "m.bin")]})
    world.wheel("elsewhere", {})
    with pytest.raises(KeyError, match="nowhere"):
        Manifest.read(world.manifest_path)
