"""Invalid files are refused with a reason before anything is sent, and nothing else on the page is lost."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from boomerang.workbench.samples.inputs import ATTACHMENTS, CLIP

from .driving import result, run, run_button, settled, state, transcript, visit
from .serving import Served

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + bytes(100)


def upload(page: Page, app: Served, path: Path) -> None:
    """Choose a file on the speech2text page."""
    visit(page, app.url, "speech2text")
    page.get_by_text("Upload", exact=True).click()
    settled(page)
    expect(run_button(page)).to_be_disabled()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(path)


def test_a_file_that_is_no_audio_is_refused_and_another_one_is_taken(page: Page, app: Served, tmp_path: Path) -> None:
    path = tmp_path / "holiday.mp3"
    path.write_bytes(PNG)
    upload(page, app, path)
    expect(page.get_by_test_id("stMain")).to_contain_text("This is no audio: it looks like a PNG image")
    expect(run_button(page)).to_be_disabled()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(CLIP)  # a second try on the same page
    expect(run_button(page)).to_be_enabled()
    run(page)
    assert "quick test" in transcript(page).lower()


def test_a_wav_file_is_written_down(page: Page, app: Served, spoken_wav: Path) -> None:
    upload(page, app, spoken_wav)
    expect(page.get_by_text(f"{spoken_wav.stat().st_size:,} bytes")).to_be_visible()
    expect(page.get_by_text("WAV · ")).to_be_visible()
    run(page)
    assert "quick test" in transcript(page).lower()


def test_a_file_over_the_limit_is_refused_by_the_browser(page: Page, app: Served, tmp_path: Path) -> None:
    path = tmp_path / "long.mp3"
    path.write_bytes(CLIP.read_bytes() * (26 * 2**20 // CLIP.stat().st_size + 1))
    upload(page, app, path)
    expect(page.get_by_test_id("stMain")).to_contain_text("up to 25 MB: MP3, WAV")
    expect(page.get_by_test_id("stFileUploader")).to_contain_text("File must be 25.0MB or smaller", timeout=30_000)
    expect(run_button(page)).to_be_disabled()


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
    assert "quick test" in transcript(page).lower()


def test_an_uploaded_file_is_a_chip_and_waits_for_a_model_that_takes_it(page: Page, app: Served) -> None:
    visit(page, app.url, "llm")
    page.locator(".st-key-llm-message-1").get_by_role("button", name="Attach files").click()
    page.locator("input[type=file]").last.set_input_files(ATTACHMENTS[0].path)
    message = page.locator(".st-key-llm-message-1")
    expect(message.get_by_text("image · 211 B")).to_be_visible()
    expect(message.get_by_text("red-square.png").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(run_button(page)).to_be_disabled()
    expect(page.get_by_text("does not declare vision").first).to_be_visible()
    settled(page)
    page.get_by_text("Send files to any model").click()
    expect(run_button(page)).to_be_enabled()
    settled(page)
    run_button(page).click()
    assert state(page, "failed") == "failed"
    expect(result(page)).to_contain_text("this model reads text only")
