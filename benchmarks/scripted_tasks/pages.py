"""Steps on the app's pages: where each button and field is. Only this module changes when widgets move."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.browser import ENDED, run_button

from .hands import Hands

if TYPE_CHECKING:
    from playwright.sync_api import Locator

TITLES = {
    "llm": "LLM",
    "rerank": "Rerank",
    "tts": "Text to speech",
    "speech2text": "Speech to text",
    "moderation": "Moderation",
    "connections": "Connections",
}
"""Path → title of the pages that the tasks use."""


class NoToolCall(Exception):
    """The model answered without calling both tools, as a small one sometimes does; another attempt may succeed."""


def open_page(hands: Hands, name: str) -> None:
    """Open a page by the menu."""
    hands.click(hands.page.locator(f'[data-testid="stSidebarNavLink"][href$="/{name}"]'), TITLES[name])
    hands.page.get_by_role("heading", level=1, name=TITLES[name], exact=True).wait_for()


def run(hands: Hands, member: str, name: str = "Run") -> None:
    """Press Run."""
    hands.click(hands.page.locator(run_button(member)), name)


def wait_for_answer(hands: Hands, pane: int = 1) -> str:
    """Wait until a run of the LLM page is done and its answer is visible; return the answer."""
    cell = result(hands, pane)
    cell.locator(f".st-key-state-done{f'-pane{pane}' if pane > 1 else ''}").wait_for()
    answer = cell.locator(".model-text").first
    answer.wait_for()
    return str(answer.inner_text())


def result(hands: Hands, pane: int = 1) -> Locator:
    """Return the result part of the page, or of a pane."""
    return hands.page.locator(f".st-key-result{f'-{pane}' if pane > 1 else ''}")


def add_server(hands: Hands, address: str, key: str) -> None:
    """Add a server and select it for all pages, from the start page; ends on the LLM page."""
    page = hands.page
    open_page(hands, "connections")
    hands.click(page.get_by_role("button", name="Add", exact=True), "Add")
    form = page.locator(".st-key-connection-form")
    hands.type(form.get_by_label("Base URL", exact=True), address, "Base URL")
    hands.type(form.get_by_role("textbox", name="API key"), key, "API key")
    hands.click(form.get_by_role("button", name="Save and use", exact=True), "Save and use")
    open_page(hands, "llm")


def choose_sample(hands: Hands, name: str) -> None:
    """Fill the form with a sample."""
    hands.click(hands.page.get_by_test_id("stButtonGroup").get_by_text(name, exact=True), name)


def send_tool_results(hands: Hands) -> None:
    """Send the results of both tool calls, which are filled with mock results, back to the model; ends after its answer.

    Raises:
        NoToolCall: There are no two calls.
    """
    hands.page.locator(ENDED).first.wait_for()
    hands.wait_at_rest()
    if result(hands).get_by_label("Result of call").count() != 2:
        raise NoToolCall
    hands.click(result(hands).get_by_role("button", name="Send results").first, "Send results")
    hands.page.locator(".st-key-result:not(:has(.st-key-llm-call-1)):has(.st-key-state-done)").wait_for()


def messages(hands: Hands) -> list[str]:
    """Return the texts of the conversation in the form."""
    return [field.input_value() for field in hands.page.get_by_label("Text of message").all()]


def type_message(hands: Hands, number: int, text: str) -> None:
    """Replace a message of the conversation."""
    hands.type(hands.page.get_by_label(f"Text of message {number}"), text, f"message {number}")


def compare_two(hands: Hands) -> None:
    """Show two panes; each has another model."""
    hands.click(hands.page.get_by_role("radiogroup", name="Compare").get_by_text("2", exact=True), "Compare: 2")


def pane_models(hands: Hands) -> list[str]:
    """Return the models that are selected in the panes."""
    cells = hands.page.locator("[class*=st-key-cell-]").all()
    return [cell.get_by_role("combobox", name="Model").first.input_value() for cell in cells]


def upload_audio(hands: Hands, path: Path, reference: str) -> None:
    """Choose an audio file and type its reference transcript."""
    hands.click(hands.page.get_by_text("Upload", exact=True), "Upload")
    hands.choose_file(hands.page.get_by_test_id("stFileUploaderDropzoneInput"), path)
    hands.type(hands.page.get_by_role("textbox", name="Reference transcript"), reference, "Reference transcript")


def wait_for_word_errors(hands: Hands) -> str:
    """Wait for the word error rate; return the result's text."""
    result(hands).get_by_text("WER ").first.wait_for()
    return str(result(hands).inner_text())


def download(hands: Hands, name: str) -> bytes:
    """Download the result; return the file."""
    button = result(hands).get_by_test_id("stDownloadButton").get_by_role("button", name=name)
    return hands.download(button, name)


def type_documents(hands: Hands, query: str, documents: Sequence[str]) -> None:
    """Replace query and documents of the rerank page."""
    hands.type(hands.page.get_by_label("Query", exact=True), query, "Query")
    # As JSON, which takes the fewest actions: to replace rows by pasted lines, a menu has to be opened and a button pressed.
    hands.click(hands.page.get_by_role("radio", name="JSON"), "JSON")
    hands.type(hands.page.get_by_label("Documents as JSON"), json.dumps(documents), "Documents as JSON")


def open_batch(hands: Hands, texts: Sequence[str]) -> None:
    """Open the moderation page's batch with one text per line."""
    hands.type(hands.page.get_by_role("textbox", name="Text", exact=True), "\n".join(texts), "Text")
    hands.click(hands.page.get_by_role("button", name="Batch: "), "Batch")


def run_batch(hands: Hands) -> None:
    """Run the batch."""
    hands.click(hands.page.get_by_role("button", name="Run experiment"), "Run experiment")
    hands.page.locator(".st-key-state-done-try-batch").wait_for()


def download_batch(hands: Hands) -> bytes:
    """Download the batch's results; return the file."""
    place = hands.page.locator(".st-key-experiments").get_by_test_id("stDownloadButton")
    return hands.download(place.get_by_role("button", name="CSV"), "CSV")


def copy_plugin_code(hands: Hands) -> str:
    """Copy the call in the form as plugin code; return the code."""
    hands.click(hands.page.get_by_role("tab", name="Code"), "Code")
    block = hands.page.get_by_role("tabpanel").get_by_test_id("stCode")
    block.hover()  # which shows the button
    hands.click(block.get_by_role("button", name="Copy to clipboard"), "Copy to clipboard")
    return hands.clipboard()


def copy_link(hands: Hands) -> str:
    """Copy a link to the page with its conversation; return it."""
    # Not by the Share menu, which takes a click more, though no key.
    return hands.copy_address("messages")
