"""How the tests use connections: the side bar's choice, the page of connections, and what goes between a page and the app."""

from __future__ import annotations

from urllib.parse import urlencode

from playwright.sync_api import Locator, Page, WebSocket, expect

from .driving import settled
from .serving import Served


def open_on(page: Page, app: Served, name: str, connection: str, **fields: str) -> Page:
    """Open a page by a link that names the connection, with some fields filled in."""
    page.goto(f"{app.url}/{name}?{urlencode({'connection': connection, **fields})}")
    settled(page)
    expect(side_bar(page)).to_have_value(connection)
    return page


def side_bar(page: Page) -> Locator:
    """Give where the connection of the pages is picked."""
    return page.get_by_test_id("stSidebar").get_by_role("combobox", name="Connection")


def model_box(page: Page) -> Locator:
    """Give where the model is picked."""
    return page.locator(".st-key-toolbar").get_by_role("combobox")


def tile(page: Page, label: str) -> Locator:
    """Give a number of the metric row, with what stands under it."""
    name = page.get_by_test_id("stMetricLabel").get_by_text(label, exact=True)
    return page.locator(".st-key-metrics").get_by_test_id("stMetric").filter(has=name)


def facts(place: Locator) -> dict[str, str]:
    """Give the names and values that stand in a place, one pair a line."""
    rows = place.locator(".plain-table tr").all()
    return {row.locator("th").inner_text().strip(): row.locator("td").inner_text().strip() for row in rows}


def saved(page: Page, button: str) -> str:
    """Press a button that saves a file; give what is in it."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    return waiting.value.path().read_text("utf-8")


def open_connection(page: Page, name: str) -> None:
    """Open a connection on the page of connections."""
    page.get_by_test_id("stMain").get_by_role("radio", name=name, exact=True).click()
    expect(detail(page).get_by_role("heading", name=name, exact=True)).to_be_visible()
    settled(page)


def begin(page: Page, preset: str) -> Locator:
    """Begin a connection of a kind; give its form."""
    page.get_by_role("button", name="Add").click()
    page.get_by_role("menuitem", name=preset).click()
    form = page.locator(".st-key-connection-form")
    expect(form.get_by_label("Name", exact=True)).to_have_value(preset)
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
    form.get_by_role("radio", name="entered here").click()
    settled(form.page)
    fill(form, "API key", key)


def press(place: Locator, name: str) -> None:
    """Press a button, and wait until what it does is done."""
    place.get_by_role("button", name=name, exact=True).click()
    settled(place.page)


def health(page: Page) -> dict[str, dict[str, str]]:
    """Give what the table of health says: connection → call → words."""
    table = page.get_by_role("region", name="Health").locator("table")
    # At once: the table is drawn anew when something has been tried.
    rows: list[list[str]] = table.evaluate(
        "(table) => [...table.rows].map((row) => [...row.cells].map((cell) => cell.innerText.trim()))"
    )
    (_, *head), *others = rows
    return {name: dict(zip(head, cells, strict=True)) for name, *cells in others}


def shown(page: Page, *names: str) -> set[str]:
    """Wait until the table of health has these connections; give the names of all that it has."""
    for name in names:
        expect(page.get_by_role("region", name="Health").locator("table")).to_contain_text(name)
    return set(health(page))


def detail(page: Page) -> Locator:
    """Give where the connection that is open is told."""
    return page.locator(".st-key-connection-detail")


def export(page: Page) -> str:
    """Save all connections as a file; give what is in it."""
    settled(page)
    page.get_by_role("button", name="Import, export").click()
    text = saved(page, "Export all")
    page.keyboard.press("Escape")
    settled(page)
    return text


class PageTraffic:
    """What goes between a page and the app from now on; made before the page is opened."""

    def __init__(self, page: Page, app: Served) -> None:
        self._page = page
        self._app = app
        self._received: list[str | bytes] = []
        page.on("websocket", self._opened)

    def _opened(self, socket: WebSocket) -> None:
        self._socket = socket
        socket.on("framereceived", lambda frame: self._received.append(frame))

    def press(self, key: str) -> None:
        """Press a key, and wait until the page has told the app of it; a table does so a moment later."""
        with self._socket.expect_event("framesent"):
            self._page.keyboard.press(key)
        settled(self._page)

    def assert_never(self, secret: str) -> None:
        """Fail if a secret stands in the page, in what was sent to it, in its address or in what the app said."""
        assert len(self._received) > 10
        assert not [frame for frame in self._received if (secret if isinstance(frame, str) else secret.encode()) in frame]  # type: ignore[operator]
        assert secret not in self._page.content()
        assert secret not in self._page.url
        assert secret not in self._app.output
