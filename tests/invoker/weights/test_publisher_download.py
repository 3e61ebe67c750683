"""Tests for the official address: a download resumes where it was cut off, and only the hash is trusted."""

import pytest

from boomerang.invoker.weights.download_errors import SourceError
from boomerang.invoker.weights.publisher_download import Official


@pytest.fixture
def file(world, server):
    world.address = server.address
    name = world.simple()
    server.files[name] = world.contents[name]
    return world.manifest.files[name]


def test_a_connection_that_drops_in_the_middle_is_resumed(world, server, file, tmp_path):
    server.cut_after = [50_000, 70_000]
    reports: list[int] = []
    Official().download(file, tmp_path / "part", reports.append)
    assert (tmp_path / "part").read_bytes() == world.contents[file.name]
    assert server.ranges == [None, "bytes=50000-", "bytes=120000-"]
    assert reports == sorted(reports)
    assert reports[-1] == file.size


def test_what_an_earlier_run_left_is_continued(world, server, file, tmp_path):
    (tmp_path / "part").write_bytes(world.contents[file.name][:150_000])
    Official().download(file, tmp_path / "part", print)
    assert server.ranges == ["bytes=150000-"]
    assert (tmp_path / "part").read_bytes() == world.contents[file.name]


def test_a_complete_part_of_an_earlier_run_needs_no_request(world, server, file, tmp_path):
    (tmp_path / "part").write_bytes(world.contents[file.name])
    Official().download(file, tmp_path / "part", print)
    assert server.ranges == []


@pytest.mark.parametrize("size", [100, 200_000, 300_000])
def test_wrong_bytes_of_an_earlier_run_are_thrown_away(world, server, file, tmp_path, size):
    (tmp_path / "part").write_bytes(b"?" * size)
    Official().download(file, tmp_path / "part", print)
    assert (tmp_path / "part").read_bytes() == world.contents[file.name]


def test_a_server_without_ranges_starts_again(world, server, file, tmp_path):
    server.ignore_ranges = True
    (tmp_path / "part").write_bytes(world.contents[file.name][:150_000])
    Official().download(file, tmp_path / "part", print)
    assert server.ranges == ["bytes=150000-"]
    assert (tmp_path / "part").read_bytes() == world.contents[file.name]


def test_another_file_at_the_address_is_refused_and_removed(server, file, tmp_path):
    server.files[file.name] = bytes(file.size)
    with pytest.raises(SourceError, match=f"expected {file.sha256}"):
        Official().download(file, tmp_path / "part", print)
    assert not (tmp_path / "part").exists()


@pytest.mark.parametrize(("size", "word"), [(100_000, "fewer"), (300_000, "more")])
def test_a_file_of_another_size_is_refused_and_removed(server, file, tmp_path, size, word):
    server.files[file.name] = bytes(size)
    with pytest.raises(SourceError, match=f"{word} than the 200,000 bytes"):
        Official().download(file, tmp_path / "part", print)
    assert not (tmp_path / "part").exists()


def test_a_server_that_does_not_have_it_is_reported_with_its_status(server, file, tmp_path):
    server.files.clear()
    with pytest.raises(SourceError, match="answered 404"):
        Official().download(file, tmp_path / "part", print)


def test_a_server_that_never_sends_anything_is_given_up_and_what_was_there_stays(world, server, file, tmp_path):
    (tmp_path / "part").write_bytes(world.contents[file.name][:1000])
    server.cut_after = [0, 0, 0]
    with pytest.raises(SourceError):
        Official().download(file, tmp_path / "part", print)
    assert (tmp_path / "part").stat().st_size == 1000
