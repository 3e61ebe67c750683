"""The form in the page's address: it restores page, connection, model, parameters and small inputs, and never a secret.

Only what stands otherwise than at first is in it, so most addresses are short; fields stand under the names of their widgets,
so a person can write one by hand: `/moderation?text=Hello`. Only widgets that say so are in it (`Pane.hold`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import streamlit as st

LONGEST_ADDRESS = 4000
"""Characters of the query; what is too long for it is left out, the largest fields first. Browsers and proxies take more."""

# Streamlit's own way to write the address makes an entry in the browser's history for each change, and Back would lead
# through all of them. It also reads the address anew with each script run, so this is all that it needs to know.
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
    """What the address of a page says of its form, and what it is to say.

    Args:
        page: Name of the page in the address.
        given: What stood in the address when the page was opened; empty on later script runs, when the widgets know better.
    """

    def __init__(self, page: str, parameters: Mapping[str, Any]) -> None:
        self.parameters = dict(parameters)
        self.values: dict[str, Any] = {}
        """Every field of the form as it stands."""
        self.widgets: dict[str, Any] = {}
        """Key of each widget that is kept → what stands there at first."""
        self.left_out: list[str] = []
        """Fields that were too long for the address."""
        self._page = page
        self._written: dict[str, str] = {}

    def take(self, name: str, default: Any) -> Any:
        """Return a field's value from the address, once; `None` if there is none, or none that fits the kind of `default`."""
        value = self.parameters.pop(name, None)
        return _read(value, default) if isinstance(value, str) else value

    def put(self, name: str, value: Any, default: Any) -> None:
        """Note a field's value; it goes into the address if it is not what stands there at first."""
        self.values[name] = value
        if value != default and value is not None:
            self._written[name] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    @property
    def query(self) -> str:
        """What the address is to say, after its question mark; names what it leaves out in `left_out`."""
        written = dict(self._written)
        self.left_out = []
        while len(query := urlencode(written)) > LONGEST_ADDRESS:
            largest = max(written, key=lambda name: len(written[name]))
            self.left_out.append(largest)
            del written[largest]
        return query

    def publish(self) -> None:
        """Write it into the browser's address bar, without a step in its history."""
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
