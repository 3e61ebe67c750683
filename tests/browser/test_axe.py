"""axe-core finds nothing serious on any page, by day and by night, before a run and after it, alone and in comparison."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from .driving import PAGES, Visitor, go, run, settled, visit
from .serving import Served

NOT_OURS = (
    ("list", "stSidebarNav"),
    ("listitem", "stSidebarNav"),
    ("presentation-role-conflict", "stFileUploader"),
    ("color-contrast", "token"),
)
"""Rule and a part of the page of Streamlit's own that breaks it: its menu, its drop zone, its colours of code."""

_WITHIN = """([target, part]) => {
  const found = document.querySelector(target)
  return Boolean(found?.closest(`[data-testid^='${part}'], .${part}`) || found?.querySelector(`.${part}`))
}"""


def test_axe_finds_nothing_serious_on_any_page(browser: Browser, app: Served) -> None:
    with Visitor(browser) as visitor:
        page, found = visit(visitor.tab(), app.url, ""), []
        for name in ("", "connections", *PAGES):
            settled(go(page, name))
            if name in PAGES:
                found += serious(page)  # at night only afterwards: there is nothing before a run that is not there then
                run(page)
            found += by_day_and_by_night(page)
        page.locator(".st-key-moderation-panes").get_by_text("3", exact=True).click()
        settled(page)
        found += by_day_and_by_night(page)
    assert not found, "\n".join(dict.fromkeys(found))


def by_day_and_by_night(page: Page) -> list[str]:
    """Give what axe-core finds in light and in dark mode."""
    found = serious(page)
    page.emulate_media(color_scheme="dark")
    expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", "dark")
    settled(page)
    found += serious(page)
    page.emulate_media(color_scheme="light")
    expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", "light")
    settled(page)
    return found


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
    return part in node["html"] or bool(page.evaluate(_WITHIN, [node["target"][0], part]))
