"""Fifty clicks on Run and Stop in any order leave a usable page with the right state."""

from __future__ import annotations

from random import Random

import pytest
from playwright.sync_api import Page, expect

from .driving import (
    ENDED,
    SMALL,
    answer,
    choose_model,
    run_button,
    settled,
    state,
    stop_button,
    visit,
)
from .serving import Served
from .test_stop import user_text

CLICKS = 50
SEED = 3


@pytest.mark.slow
def test_fifty_clicks_on_run_and_stop_leave_a_usable_page_and_a_true_state(page: Page, app: Served) -> None:
    visit(page, app.url, "llm")
    choose_model(page, SMALL)
    user_text(page).fill("Count from one to one hundred, slowly.")
    user_text(page).blur()
    settled(page)
    random = Random(SEED)
    buttons = (run_button(page), stop_button(page))
    for _ in range(CLICKS):
        random.choice(buttons).dispatch_event("click")  # at once, enabled or not, as an impatient user clicks
        for _frame in range(random.randrange(12)):
            page.evaluate("() => new Promise(requestAnimationFrame)")
    _stop(page)
    last = state(page, *ENDED, "idle")
    settled(page)
    assert state(page, *ENDED, "idle") == last
    expect(run_button(page)).to_be_enabled()
    expect(stop_button(page)).to_be_disabled()
    user_text(page).fill("Say hello.")
    user_text(page).blur()
    settled(page)
    before = page.url
    run_button(page).click()
    expect(page).not_to_have_url(before)  # it names the new run
    assert state(page, *ENDED) == "done"
    settled(page)
    assert answer(page)


def _stop(page: Page) -> None:
    """Stop what is still running, until the last click has taken effect."""
    for _ in range(CLICKS):
        if page.locator(".st-key-state-running").count():
            stop_button(page).dispatch_event("click")  # without waiting: the run may just have ended
        settled(page)
        if not page.locator(".st-key-state-running, .st-key-state-stopping").count():
            return
