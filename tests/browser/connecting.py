"""Helpers for connections: their picker, the Connections page, and the traffic between a page and the app."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page, TimeoutError, WebSocket, expect

from .driving import CLICKS, settled
from .serving import Served


def open_on(page: Page, app: Served, name: str, connection: str, **fields: str) -> Page:
    """Open a page by a link that names the connection, with some fields filled in."""
    page.goto(f"{app.url}/{name}?{urlencode({'connection': connection, **fields})}")
    settled(page)
    expect(connection_box(page)).to_have_value(connection)
    return page


def connection_box(page: Page) -> Locator:
    """Return the picker of the connection for all pages."""
    return page.locator(".st-key-connection").get_by_role("combobox")


def facts(place: Locator) -> dict[str, str]:
    """Return the names and values in a place, one pair per line."""
    rows = place.locator(".plain-table tr").all()
    return {row.locator("th").inner_text().strip(): row.locator("td").inner_text().strip() for row in rows}


def saved(page: Page, button: str) -> str:
    """Press a button that saves a file; return its text."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    return waiting.value.path().read_text("utf-8")


def open_connection(page: Page, name: str) -> None:
    """Open a connection on the Connections page; press again if the table did not listen yet."""
    row = page.get_by_role("region", name="Health").get_by_role("rowheader", name=name, exact=True)
    heading = detail(page).get_by_role("heading", name=name, exact=True)
    for _ in range(CLICKS):
        row.get_by_role("button").click()
        try:
            heading.wait_for(timeout=2_000)
        except TimeoutError:
            continue
        break
    expect(heading).to_be_visible()
    settled(page)


def begin(page: Page, preset: str) -> Locator:
    """Start a connection from a preset; return its form."""
    page.get_by_role("button", name="Presets").click()
    page.get_by_role("menuitem", name=preset).click()
    form = page.locator(".st-key-connection-form")
    expect(form.get_by_label("Name", exact=True)).to_have_attribute("placeholder", preset)
    settled(page)
    return form


def fill(form: Locator, label: str, text: str) -> None:
    """Type into a field and leave it."""
    field = form.get_by_label(label, exact=True)
    field.fill(text)
    field.press("Tab")
    settled(form.page)


def type_key(form: Locator, key: str) -> None:
    """Type a key into the form."""
    field = key_field(form)
    field.fill(key)
    field.press("Tab")
    settled(form.page)


def key_field(form: Locator) -> Locator:
    """Return the field of the key."""
    return form.get_by_label(re.compile("^API key"))


def advanced(form: Locator) -> Locator:
    """Return what opens and closes Advanced."""
    return form.get_by_test_id("stExpander").first.locator("summary").first


def press(place: Locator, name: str) -> None:
    """Press a button and wait until the page has settled."""
    place.get_by_role("button", name=name, exact=True).click()
    settled(place.page)


def health(page: Page) -> dict[str, dict[str, str]]:
    """Return the health table: connection → call → text."""
    table = page.get_by_role("region", name="Health").locator("table")
    # In one call, because the table is redrawn after each test.
    rows: list[list[str]] = table.evaluate(
        "(table) => [...table.rows].map((row) => [...row.cells].map((cell) => cell.innerText.trim()))"
    )
    (_, *head), *others = rows
    return {name: dict(zip(head, cells, strict=True)) for name, *cells in others}


def shown(page: Page, *names: str) -> set[str]:
    """Wait until the health table contains these connections; return all its names."""
    for name in names:
        expect(page.get_by_role("region", name="Health").locator("table")).to_contain_text(name)
    return set(health(page))


def detail(page: Page) -> Locator:
    """Return the details of the open connection."""
    return page.locator(".st-key-connection-detail")


def export(page: Page) -> str:
    """Export all connections; return the file's text."""
    settled(page)
    page.get_by_role("button", name="Import, export").click()
    text = saved(page, "Export all")
    page.keyboard.press("Escape")
    settled(page)
    return text


class PageTraffic:
    """Traffic between a page and the app; create it before the page is opened."""

    def __init__(self, page: Page, app: Served) -> None:
        self._page = page
        self._app = app
        self._received: list[str | bytes] = []
        page.on("websocket", self._opened)

    def _opened(self, socket: WebSocket) -> None:
        self._socket = socket
        socket.on("framereceived", lambda frame: self._received.append(frame))

    def press(self, key: str) -> None:
        """Press a key and wait until the page has sent it to the app; tables send after a delay."""
        with self._socket.expect_event("framesent"):
            self._page.keyboard.press(key)
        settled(self._page)

    def assert_never(self, secret: str) -> None:
        """Fail if a secret appears in the page, its URL, anything sent to it, or the app's output."""
        assert len(self._received) > 10
        assert not [frame for frame in self._received if (secret if isinstance(frame, str) else secret.encode()) in frame]  # type: ignore[operator]
        assert secret not in self._page.content()
        assert secret not in self._page.url
        assert secret not in self._app.output
