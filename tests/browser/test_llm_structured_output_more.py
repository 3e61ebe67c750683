"""The structured-output page's larger ways in a browser: a schema from an example, and how stable objects are."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from .driving import settled
from .serving import Served


def test_a_schema_from_an_example_is_followed_each_time(page: Page, app: Served) -> None:
    page.goto(f"{app.url}/llm_structured_output?experiment=stability&try-stability.times=2")
    settled(page)
    page.get_by_role("button", name="From an example").click()
    field = page.get_by_label("Example, a JSON object")
    field.fill('{"city": "Lisbon", "degrees": 24}')
    field.press("Tab")
    settled(page)
    page.get_by_role("button", name="Propose a schema").click()
    expect(page.get_by_label("JSON schema", exact=True)).to_have_value(re.compile("degrees"))
    page.keyboard.press("Escape")
    settled(page)
    page.get_by_role("button", name="Run experiment").click()
    expect(page.locator(".st-key-state-done-try-stability")).to_be_attached(timeout=60_000)
    settled(page)
    numbers = page.locator(".st-key-llm_structured_output-try-stability-numbers")
    expect(numbers).to_contain_text("100%")
