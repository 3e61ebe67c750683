"""Reload a page in process: a new session at the address that the last one wrote."""

from __future__ import annotations

from urllib.parse import parse_qsl

from tests.pages.conftest import CONNECTION
from tests.pages.visitor import Visitor


def address(visitor: Visitor) -> dict[str, str]:
    """Return the query parameters that the page wrote to the browser's address bar."""
    return dict(parse_qsl(written_by(visitor, "address"), keep_blank_values=True))


def linked(page: str, query: dict[str, str]) -> Visitor:
    """Open a page by a link, in a new session."""
    visitor = Visitor(CONNECTION)
    for name, value in query.items():
        visitor.at.query_params[name] = value
    return visitor.open(page)


def reloaded(visitor: Visitor) -> Visitor:
    """Return the visitor after pressing F5."""
    return linked(visitor.page, address(visitor))


def shared_link(visitor: Visitor) -> dict[str, str]:
    """Open the Share menu; return the query parameters of its link."""
    return dict(parse_qsl(written_by(visitor, "copy_button"), keep_blank_values=True))


def written_by(visitor: Visitor, component: str) -> str:
    """Return the query that a component of the page got."""
    [query] = [data["query"] for data in visitor.sent_to(component) if "query" in data]
    return str(query)
