"""Measure the memory of the running app: after opening every page, after each call, and with every model in use.

A real browser visits the real app, so that pages are drawn as for a person; only the app's memory counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from . import app
from .browser import ENDED, launched, missing, run_button, settle, tab
from .table import Row, Table, Target

if TYPE_CHECKING:
    from playwright.sync_api import Page

UNUSED, USED = Target(250, "MB"), Target(1500, "MB")
PAGES = ("llm", "llm_structured_output", "summary", "text_embedding", "rerank", "tts", "speech2text", "moderation")
SECOND_MODELS = {"llm": "smollm2-135m-instruct", "rerank": "all-minilm-l6-v2-cosine"}
"""Models that no page uses by default: page → model."""
STEPS: Sequence[tuple[str, Target | None]] = (
    ("started, nobody came", None),
    ("every page opened, no model used", UNUSED),
    *((f"then {name} called", None) for name in PAGES),
    *((f"then {name} with {model}", None) for name, model in SECOND_MODELS.items()),
    ("every embedded model in use, every call made again", USED),
)
COLUMNS = ("resident, MB", "proportional, MB", "peak, MB")
NOTE = (
    "Of the app's process, in 10⁶ bytes: resident (VmRSS) counts the weights that are mapped into memory too; proportional "
    "(Pss) counts pages that other processes have mapped as well by their share, such as weights that a second app uses; peak "
    "(VmHWM) is the most that was resident so far, and what the targets are held against. Rows add up: each begins where the "
    "one above ended."
)
RUN_MILLISECONDS = 180_000


def tables() -> Iterator[Table]:
    """Visit the app and measure its memory on the way, or report what is missing for that."""
    if reason := missing():
        note = f"Not measured: {reason}"
        yield Table("the running app", COLUMNS, [Row(name, ("", "", ""), None, target) for name, target in STEPS], note)
        return
    rows = [_row(name, memory, target) for (name, target), memory in zip(STEPS, visited(), strict=True)]
    yield Table("the running app", COLUMNS, rows, NOTE)


def visited() -> Iterator[app.Memory]:
    """Yield the app's memory after each step."""
    with app.running() as server:
        yield server.memory()
        with launched() as browser, tab(browser) as page:
            page.goto(server.address)
            settle(page)
            for name in PAGES:
                open_page(page, name)
            yield server.memory()
            for name in PAGES:
                open_page(page, name)
                make_call(page, name)
                yield server.memory()
            for name, model in SECOND_MODELS.items():
                page.goto(f"{server.address}/{name}")  # a new visit, whose page shows no run yet
                choose_model(page, name, model)
                make_call(page, name)
                yield server.memory()
            page.goto(server.address)
            for name in PAGES:
                open_page(page, name)
                make_call(page, name)
            yield server.memory()


def open_page(page: Page, name: str) -> None:
    """Open a page through the menu, as a person would."""
    page.locator(f'[data-testid="stSidebarNavLink"][href$="/{name}"]').click()
    page.locator(run_button(name)).wait_for()
    settle(page)


def choose_model(page: Page, name: str, model: str) -> None:
    """Select another model."""
    from playwright.sync_api import expect

    picker = page.locator(f".st-key-{name}-model input")
    picker.click()
    page.get_by_role("option", name=model, exact=True).click()
    expect(picker).to_have_value(model)
    settle(page)


def make_call(page: Page, name: str) -> None:
    """Press Run on a page without a run, and wait for the end.

    Raises:
        RuntimeError: The call failed; includes the page's text.
    """
    page.locator(run_button(name)).click()
    page.locator(ENDED).first.wait_for(timeout=RUN_MILLISECONDS)
    settle(page)
    if page.locator(".st-key-state-failed").count():
        raise RuntimeError(f"the call on the page {name} failed: {page.locator('.st-key-result').inner_text()}")


def _row(name: str, memory: app.Memory, target: Target | None) -> Row:
    cells = (f"{memory.resident:,.0f}", f"{memory.proportional:,.0f}", f"{memory.peak:,.0f}")
    return Row(name, cells, memory.peak, target)
