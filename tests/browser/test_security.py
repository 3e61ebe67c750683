"""Text of models, users and other visitors loads and runs nothing; and each visitor's data stays private."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from boomerang.workbench.samples.inputs import CLIP

from .driving import PAGES, Visitor, choose, go, look, model_box, result, run, run_button, settled, state, visit
from .listening import Listener
from .serving import Served

HERE = Path(__file__).resolve().parent


def test_the_listener_sees_what_is_fetched(listener: Listener) -> None:
    httpx.get(f"{listener.url}/proof", trust_env=False)
    assert listener.requests.pop() == "/proof"


@pytest.mark.parametrize("path", ["/", "/llm", "/_stcore/health", "/live/unknown.mp3"])
def test_every_answer_carries_the_security_headers(app: Served, path: str) -> None:
    headers = httpx.get(f"{app.url}{path}", trust_env=False).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name == "llm" else pytest.mark.slow) for name in PAGES])
def test_what_a_model_writes_loads_nothing_and_runs_nothing(page: Page, app: Served, listener: Listener, name: str) -> None:
    with_markup(page, app, name)
    run(page)
    look_everywhere(page)
    assert_harmless(page, listener)


@pytest.mark.parametrize("word", ["fail", "call"])
def test_an_error_and_a_tool_call_of_a_model_load_nothing_and_run_nothing(
    page: Page, app: Served, listener: Listener, word: str
) -> None:
    with_markup(page, app, "llm")
    page.get_by_label("Text of message 2").fill(word)
    run_button(page).click()
    state(page, "failed" if word == "fail" else "done")
    settled(page)
    if word == "fail":
        result(page).get_by_text("Details").click()
    look_everywhere(page)
    assert_harmless(page, listener)


@pytest.mark.slow
def test_five_megabytes_of_markup_and_tricks_leave_a_usable_page(page: Page, app: Served, listener: Listener) -> None:
    with_markup(page, app, "llm")
    page.get_by_label("Text of message 2").fill("flood")
    run(page)
    expect(result(page)).to_contain_text("the record and the downloads have all of them")
    look_everywhere(page)
    assert_harmless(page, listener)
    page.get_by_label("Text of message 2").fill("Say hello.")
    run_button(page).click()
    expect(result(page)).not_to_contain_text("the record and the downloads have all of them")
    state(page, "done")


def test_a_models_name_on_the_start_page_loads_nothing(page: Page, app: Served, listener: Listener) -> None:
    visit(page, app.url, "")
    choose(page, page.get_by_role("combobox", name="Connection"), "markup")
    expect(page.locator(".st-key-card-llm")).to_contain_text("name.png")
    assert_harmless(page, listener)


def test_speech_of_one_visitor_is_at_an_address_that_no_other_can_guess(app: Served, visitors: Callable[[], Visitor]) -> None:
    addresses = []
    for page in (visitors().tab(), visitors().tab()):
        visit(page, app.url, "tts")
        with page.expect_request(re.compile("/live/")) as request:
            run(page)
        addresses.append(request.value.url)
    assert len(set(addresses)) == 2
    for address in addresses:
        assert re.fullmatch(rf"{app.url}/live/[\w-]{{22}}\.mp3", address)
    made_up = f"{app.url}/live/{'A' * 22}.mp3"
    assert httpx.get(made_up, trust_env=False).status_code == 404


def test_speech_and_uploads_of_one_visitor_are_not_found_by_another_who_knows_the_addresses(
    app: Served, visitors: Callable[[], Visitor]
) -> None:
    anna, boris = visitors().tab(), visitors().tab()
    visit(boris, app.url, "tts")
    visit(anna, app.url, "tts")
    with anna.expect_request(re.compile("/live/")) as request:
        run(anna)
    assert anna.request.get(request.value.url).ok
    assert boris.request.get(request.value.url).status == 404
    settled(go(anna, "speech2text"))
    anna.get_by_text("Upload", exact=True).click()
    settled(anna)
    with anna.expect_response(re.compile("/_stcore/upload_file/")) as stored:
        anna.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(CLIP)
    assert stored.value.ok
    source = anna.locator("audio").last
    expect(source).to_have_attribute("src", re.compile("/media/"))
    sound = app.url + re.sub(r"^https?://[^/]+", "", str(source.get_attribute("src")))
    token = {cookie.get("name"): cookie.get("value") for cookie in boris.context.cookies()}["_streamlit_xsrf"]
    forged = boris.request.delete(stored.value.url, headers={"X-Xsrftoken": str(token), "Origin": app.url})
    assert forged.status == 403 and "belongs to another browser" in forged.text()
    assert anna.request.get(sound).ok


def test_pages_of_other_origins_get_no_websocket_and_the_own_page_does(browser: Browser, app: Served) -> None:
    opens = """(url) => new Promise((done) => {
        const socket = new WebSocket(url, ["streamlit"])
        socket.onopen = () => done("open")
        socket.onerror = () => done("refused")
    })"""
    address = app.url.replace("http", "ws") + "/_stcore/stream"
    with closing(browser.new_context()) as context:
        page = context.new_page()
        page.goto(app.url)
        assert page.evaluate(opens, address) == "open"
        for other in ("http://localhost:9/", "http://evil.example/"):
            page.route(other, lambda route: route.fulfill(body="<p>Another site</p>", content_type="text/html"))
            page.goto(other)
            assert page.evaluate(opens, address) == "refused"


def with_markup(page: Page, app: Served, name: str) -> None:
    """Open a page on the connection that answers with markup."""
    visit(page, app.url, name)
    choose(page, page.get_by_role("combobox", name="Connection"), "markup")
    expect(model_box(page)).to_have_value(re.compile("name.png"))


def look_everywhere(page: Page) -> None:
    """Open each tab under the result."""
    for tab in ("Received", "Chunks", "Log", "Code", "Sent"):
        look(page, tab)


def assert_harmless(page: Page, listener: Listener) -> None:
    """Fail if any markup became part of the page, was fetched or ran."""
    assert page.evaluate("window.ran") is None
    assert page.locator(f"[src^='{listener.url}']").count() == 0
    assert (
        page.locator("a[href^='data:'], a[href^='javascript:'], [onerror], [onclick], [onload], .model-text iframe").count()
        == 0
    )
    assert listener.requests == []
