"""Form state in the page's URL: restores page, connection, model, parameters and small inputs, but never a secret.

It contains only changed fields, so most URLs are short; fields have the names of their widgets, so URLs can be written by hand:
`/moderation?text=Hello`. Only widgets that opt in (`Pane.hold`) are included.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import streamlit as st

LONGEST_ADDRESS = 4000
"""Limit of the query's characters; the largest fields are left out first. Browsers and proxies accept more."""

# Streamlit's own API adds a browser history entry for each change, so that Back would go through all of them. It reads the URL
# again with each script run, so it needs no more than this.
_JS = """
export default function ({ data }) {
  const url = new URL(window.location)
  if (!url.pathname.endsWith("/" + data.page)) return  // another page has been opened meanwhile
  const own = new URLSearchParams(data.query)
  for (const [name, value] of url.searchParams) if (name.startsWith("embed")) own.append(name, value)
  url.search = own.toString()
  if (url.href !== window.location.href) history.replaceState(history.state, "", url)
}
"""


class Address:
    """Fields of a form in a page's URL: those read from it and those to write.

    Args:
        page: Name of the page in the URL.
        parameters: Query parameters when the page was opened; empty on later script runs, when the widgets have the values.
    """

    def __init__(self, page: str, parameters: Mapping[str, Any]) -> None:
        self.parameters = dict(parameters)
        self.values: dict[str, Any] = {}
        """Current value of every field."""
        self.widgets: dict[str, Any] = {}
        """Key of each widget included → its initial value."""
        self.left_out: list[str] = []
        """Fields that were too long for the URL."""
        self._page = page
        self._written: dict[str, str] = {}

    def take(self, name: str, default: Any) -> Any:
        """Return a field's value from the URL, once; `None` if there is none, or none of the type of `default`."""
        value = self.parameters.pop(name, None)
        return _read(value, default) if isinstance(value, str) else value

    def put(self, name: str, value: Any, default: Any) -> None:
        """Set a field's value; it is written to the URL if it is not the default."""
        self.values[name] = value
        if value != default and value is not None:
            self._written[name] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        else:  # set before by the fragment, which puts its own fields again
            self._written.pop(name, None)

    @property
    def query(self) -> str:
        """Query of the new URL; fields that do not fit are listed in `left_out`."""
        written = dict(self._written)
        self.left_out = []
        while len(query := urlencode(written)) > LONGEST_ADDRESS:
            largest = max(written, key=lambda name: len(written[name]))
            self.left_out.append(largest)
            del written[largest]
        return query

    def publish(self) -> None:
        """Replace the URL in the browser's address bar, without adding a history entry."""
        component: Any = st.components.v2.component("address", html="<i hidden></i>", js=_JS)
        component(data={"page": self._page, "query": self.query}, key=f"address-{self._page}", height=0)


def _read(text: str, default: Any) -> Any:
    if isinstance(default, str):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text if default is None else None
    if isinstance(default, bool) or isinstance(value, bool):
        return value if isinstance(value, bool) and isinstance(default, bool | None) else None
    if isinstance(default, float) and isinstance(value, int | float):
        return float(value)
    if default is None:
        return text
    return value if isinstance(value, type(default)) else None
