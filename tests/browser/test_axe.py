"""axe-core finds nothing serious on any page, by day and by night, before a run and after it, alone and in comparison."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from .driving import PAGES, Visitor, run, settled, visit
from .serving import Served

NOT_OURS = (
    ("list", "stSidebarNav"),
    ("listitem", "stSidebarNav"),
    ("presentation-role-conflict", "stFileUploader"),
    ("color-contrast", "token"),
    ("color-contrast", "stJson"),
)
"""Rule and a part of the page of Streamlit's own that breaks it: its menu, its drop zone, its colours of code and of JSON."""


def serious(page: Page) -> list[str]:
    """Give what axe-core finds serious or critical, as rule, target and reason."""
    found: list[dict[str, Any]] = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{page.url}: {violation['id']}: {node['html'][:200]} {node['failureSummary'][:200]}"
        for violation in found
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
        if not any(violation["id"] == rule and _within(page, node, part) for rule, part in NOT_OURS)
    ]


def _within(page: Page, node: dict[str, Any], part: str) -> bool:
    inside = page.evaluate(
        "([target, part]) => { const found = document.querySelector(target);"
        " return Boolean(found?.closest(`[data-testid^='${part}'], .${part}`) || found?.querySelector(`.${part}`)) }",
        [node["target"][0], part],
    )
    return bool(inside) or part in node["html"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(browser: Browser, app: Served, dark: bool) -> None:
    with Visitor(browser, dark=dark) as visitor:
        page, found = visitor.tab(), []
        for name in ("", *PAGES):
            visit(page, app.url, name)
            found += serious(page)
            if name:
                run(page)
                found += serious(page)
        visit(page, app.url, "moderation")
        page.locator(".st-key-moderation-panes").get_by_text("3", exact=True).click()
        settled(page)
        found += serious(page)
    assert not found, "\n".join(dict.fromkeys(found))
