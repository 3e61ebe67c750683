"""A new process of the app and its first visitors: every URL opens, and a visitor's memory is freed after they leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic

import httpx
import pytest
from playwright.sync_api import expect

from .driving import PAGES, TITLES, Visitor, run, run_button, settled, texts, visit
from .serving import Served


@pytest.fixture(scope="module")
def fresh() -> Iterator[Served]:
    """A process of the app without visitors yet; it frees a visitor's data soon after they leave."""
    with Served(STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL="3") as served:
        yield served


def test_every_address_opens_its_page_in_a_process_without_visits(fresh: Served, visitors: Callable[[], Visitor]) -> None:
    visitor = visitors()
    for name in PAGES:
        page = visit(visitor.tab(), fresh.url, name)
        menu = page.get_by_test_id("stSidebarNav").get_by_role("link")
        assert [text.split()[1:] for text in texts(menu)] == [title.split() for title in ("Start", *TITLES.values())]
        expect(run_button(page)).to_be_enabled()
        expect(page.locator(".st-key-state-idle")).to_contain_text("Not run yet")
        page.close()


def test_what_a_visitor_leaves_behind_is_given_back(fresh: Served, visitors: Callable[[], Visitor]) -> None:
    visitor = visitors()
    page = visit(visitor.tab(), fresh.url, "tts")
    with page.expect_response(lambda answer: "/live/" in answer.url) as live:
        run(page)
    clip = live.value.url
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Speech to text").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Speech to text")
    settled(page)
    media = page.locator("audio").first.evaluate("(audio) => audio.currentSrc || audio.src")
    browsers = {str(cookie.get("name")): str(cookie.get("value")) for cookie in page.context.cookies()}
    assert [httpx.get(address, cookies=browsers).status_code for address in (clip, media)] == [200, 200]
    visitor.forget()
    deadline = monotonic() + 30
    result = [200, 200]
    while result != [404, 404] and monotonic() < deadline:
        result = [httpx.get(address, cookies=browsers).status_code for address in (clip, media)]
    assert result == [404, 404]
