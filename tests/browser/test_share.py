"""A form over a reload with more than a URL can carry, and the Share menu: copying on any host, and form files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from boomerang.workbench.samples.inputs import CLIP

from .driving import Visitor, run_button, settled, visit
from .serving import Served

LONG = "A text that is longer than an address may be. " * 200
NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined })"
"""What a page finds on a host without TLS."""


def type_text(page: Page, label: str, text: str) -> None:
    """Fill a text field and leave it."""
    field = page.get_by_label(label, exact=True)
    field.fill(text)
    field.blur()
    settled(page)


def share(page: Page) -> None:
    """Open the Share menu."""
    page.get_by_test_id("stMain").get_by_role("button", name="Share").click()
    expect(page.get_by_role("button", name="Copy link")).to_be_visible()
    settled(page)


def upload_clip(page: Page, app: Served) -> None:
    """Choose the bundled clip and a long reference on the speech2text page."""
    visit(page, app.url, "speech2text")
    page.get_by_text("Upload", exact=True).click()
    settled(page)
    page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(CLIP)
    expect(run_button(page)).to_be_enabled()
    type_text(page, "Reference transcript", LONG)


def test_a_long_text_and_a_file_survive_a_reload(page: Page, app: Served) -> None:
    upload_clip(page, app)
    page.wait_for_url("**/speech2text?*form=*")
    before = page.url
    page.reload()
    expect(page.get_by_text(f"{CLIP.name} · ")).to_contain_text("kept from before the reload")
    expect(page.get_by_label("Reference transcript", exact=True)).to_have_value(LONG.strip() + " ")
    expect(run_button(page)).to_be_enabled()
    page.wait_for_url(lambda url: "form=" in url and url != before)
    page.get_by_role("button", name="Remove", exact=True).click()
    settled(page)
    expect(run_button(page)).to_be_disabled()


def test_the_address_bar_of_another_person_opens_no_kept_form(app: Served, visitors: Callable[[], Visitor]) -> None:
    ann, ben = visitors().tab(), visitors().tab()
    visit(ann, app.url, "moderation")
    type_text(ann, "Text", LONG)
    ann.wait_for_url("**/moderation?*form=*")
    ben.goto(ann.url)
    expect(ben.get_by_text("are no longer kept")).to_be_visible()
    expect(ben.get_by_label("Text", exact=True)).not_to_have_value(LONG)


def test_a_copied_tab_keeps_a_form_of_its_own(app: Served, visitors: Callable[[], Visitor]) -> None:
    ann = visitors()
    first, copy = ann.tab(), ann.tab()
    visit(first, app.url, "moderation")
    type_text(first, "Text", LONG)
    first.wait_for_url("**/moderation?*form=*")
    copy.goto(first.url)
    expect(copy.get_by_label("Text", exact=True)).to_have_value(LONG)
    type_text(copy, "Text", LONG.upper())
    first.reload()
    expect(first.get_by_label("Text", exact=True)).to_have_value(LONG)


def test_the_link_is_copied_without_the_clipboards_interface(app: Served, visitors: Callable[[], Visitor]) -> None:
    ann = visitors().tab()
    ann.add_init_script(NO_CLIPBOARD)
    visit(ann, app.url, "moderation")
    type_text(ann, "Text", "Shared words.")
    share(ann)
    ann.get_by_role("button", name="Copy link").click()
    expect(ann.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    ann.keyboard.press("Escape")
    field = ann.get_by_label("Text", exact=True)
    field.fill("")
    field.press("Control+v")
    expect(field).to_have_value(f"{app.url}/moderation?text=Shared+words.&model=judge")


def test_a_form_file_goes_from_one_person_to_another(app: Served, visitors: Callable[[], Visitor], tmp_path: Path) -> None:
    ann, ben = visitors().tab(), visitors().tab()
    upload_clip(ann, app)
    share(ann)
    expect(ann.get_by_text("and one audio file don't fit into a link")).to_be_visible()
    with ann.expect_download() as waiting:
        ann.get_by_role("button", name="Download form file").and_(ann.locator(":not([aria-label^=Help])")).click()
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    assert path.name == "speech2text.form.json"
    visit(ben, app.url, "speech2text")
    share(ben)
    ben.get_by_test_id("stPopoverBody").get_by_test_id("stFileUploaderDropzoneInput").set_input_files(path)
    expect(ben.get_by_text(f"{path.name} is open.")).to_be_visible()
    expect(ben.get_by_text(f"{CLIP.name} · ")).to_contain_text("from the form file")
    expect(ben.get_by_label("Reference transcript", exact=True)).to_have_value(LONG)
    expect(run_button(ben)).to_be_enabled()
    expect(ben.get_by_role("button", name="Copy link")).to_have_count(0)
