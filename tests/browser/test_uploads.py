"""Files that are no good are refused with their reason before anything is sent, and nothing else on the page is lost."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from boomerang.workbench.samples.inputs import ASSETS, CLIP

from .driving import result, run, run_button, settled, texts, visit
from .serving import Served

BY_HAND = '{"provider": "embedded", "model": "moonshine-tiny-en", "model_type": "speech2text"}'


def png() -> bytes:
    """Make a picture of one pixel."""

    def block(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + block(b"IHDR", head) + block(b"IDAT", zlib.compress(b"\0\0")) + block(b"IEND", b"")


def upload(page: Page, app: Served, path: Path) -> None:
    """Choose a file on the speech2text page."""
    visit(page, app.url, "speech2text")
    page.get_by_text("Upload", exact=True).click()
    settled(page)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [(png(), "This is no audio: it looks like a PNG image"), (b"", "The file is empty (0 bytes)")],
    ids=["a picture named mp3", "an empty file"],
)
def test_a_file_that_is_no_audio_is_refused(page: Page, app: Served, tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "holiday.mp3"
    path.write_bytes(content)
    upload(page, app, path)
    expect(page.get_by_test_id("stMain")).to_contain_text(words)
    expect(run_button(page)).to_be_disabled()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(CLIP)  # a second try on the same page
    expect(run_button(page)).to_be_enabled()
    run(page)
    assert "quick test" in texts(result(page).get_by_test_id("stCode"))[0].lower()


def test_a_file_over_the_limit_is_refused_by_the_browser(page: Page, app: Served, tmp_path: Path) -> None:
    path = tmp_path / "long.mp3"
    path.write_bytes(CLIP.read_bytes() * (26 * 2**20 // CLIP.stat().st_size + 1))
    upload(page, app, path)
    expect(page.get_by_test_id("stMain")).to_contain_text("up to 25 MB: MP3, WAV")
    expect(page.get_by_test_id("stFileUploader")).to_contain_text("File must be 25.0MB or smaller", timeout=30_000)
    expect(run_button(page)).to_be_disabled()


def test_a_cut_mp3_is_played_as_far_as_it_goes_with_a_notice(page: Page, app: Served, tmp_path: Path) -> None:
    path = tmp_path / "cut.mp3"
    path.write_bytes(CLIP.read_bytes()[: CLIP.stat().st_size * 2 // 3 + 7])
    upload(page, app, path)
    expect(page.get_by_test_id("stMain")).to_contain_text("cut", ignore_case=True)
    expect(page.get_by_test_id("stAudio")).to_be_visible()
    run(page)
    assert "quick test" in texts(result(page).get_by_test_id("stCode"))[0].lower()


def test_a_wav_file_named_mp3_is_accepted_with_a_notice(page: Page, app: Served) -> None:
    upload(page, app, ASSETS / "samples" / "wrong-extension.mp3")
    expect(page.get_by_test_id("stMain")).to_contain_text("WAV · ")
    expect(page.get_by_test_id("stMain")).to_contain_text("wrong-extension.mp3")
    run(page)
    assert "wrong" in texts(result(page).get_by_test_id("stCode"))[0].lower()


def test_silence_is_an_empty_result(page: Page, app: Served) -> None:
    upload(page, app, ASSETS / "samples" / "silence.mp3")
    expect(run_button(page)).to_be_enabled()
    run(page, ends="empty")
    expect(result(page)).to_contain_text("No speech was recognised")


def test_a_refused_file_costs_nothing_that_was_typed(page: Page, app: Served, tmp_path: Path) -> None:
    visit(page, app.url, "speech2text")
    page.get_by_text("Write it by hand").click()
    field = page.get_by_label("ModelConfig as JSON")
    field.fill(BY_HAND)
    field.press("Tab")
    settled(page)
    page.get_by_text("Upload", exact=True).click()
    settled(page)
    path = tmp_path / "empty.mp3"
    path.touch()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(path)
    expect(page.get_by_test_id("stMain")).to_contain_text("The file is empty (0 bytes)")
    expect(field).to_have_value(BY_HAND)


def test_an_upload_under_way_is_stopped_by_its_cross_and_another_file_is_taken(page: Page, app: Served, tmp_path: Path) -> None:
    path = tmp_path / "long.mp3"
    path.write_bytes(CLIP.read_bytes() * (20 * 2**20 // CLIP.stat().st_size))
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 200_000}  # 100 s for this file
    network.send("Network.emulateNetworkConditions", slow)
    upload(page, app, path)
    box = page.get_by_test_id("stFileUploader")
    expect(box).to_contain_text("long.mp3")
    expect(run_button(page)).to_be_disabled()
    box.get_by_test_id("stFileChipDeleteBtn").click()
    expect(box).not_to_contain_text("long.mp3")
    network.send("Network.emulateNetworkConditions", slow | {"uploadThroughput": -1})
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(CLIP)
    expect(run_button(page)).to_be_enabled()
    run(page)
    assert "quick test" in texts(result(page).get_by_test_id("stCode"))[0].lower()
