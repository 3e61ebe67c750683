"""Form state in the page's URL: restores page, connection, model, parameters and small inputs, but never a secret.

It contains only changed fields, so most URLs are short; fields have the names of their widgets, so URLs can be written by hand:
`/moderation?text=Hello`. Only widgets that opt in (`Pane.hold`) are included.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from boomerang.invoker.llm_text.json_depth import is_deep

LONGEST_ADDRESS = 4000
"""Limit of the query's characters; the largest fields are left out first. Browsers and proxies accept more."""
FORM = "form"
"""Parameter with the id of the visitor's kept form, which has the fields that are too long and the files."""

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


Check = Callable[[Any], bool]
"""Returns whether a field accepts a value of its type."""


def anything(_value: Any) -> bool:
    """Accept any value."""
    return True


@dataclass(frozen=True, slots=True)
class Rule:
    """What a field accepts."""

    default: Any
    """Initial value; a value must have its type."""
    accepts: Check = anything

    def fits(self, value: Any) -> bool:
        """Return whether the field accepts a value."""
        return fitting(value, self.default) is not None and self.accepts(value)


@dataclass(frozen=True, slots=True)
class FileField:
    """A field with files, which no URL can carry."""

    value: Any
    """Its files: lists, dictionaries, texts and bytes."""
    shared: bool = True
    """Whether a form file contains it."""


class Address:
    """Fields of a form in a page's URL: those read from it and those to write.

    Args:
        page: Name of the page in the URL.
        parameters: Query parameters when the page was opened; empty on later script runs, when the widgets have the values.
    """

    def __init__(self, page: str, parameters: Mapping[str, Any]) -> None:
        self.page = page
        self.parameters = dict(parameters)
        """Values that no field has taken yet."""
        self.stored_files: dict[str, Any] = {}
        """Contents of file fields that no field has taken yet."""
        self.values: dict[str, Any] = {}
        """Current value of every field."""
        self.rules: dict[str, Rule] = {}
        self.files: dict[str, FileField] = {}
        """Current contents of file fields that are not empty."""
        self.file_rules: dict[str, Check] = {}
        """Name of each file field → what it accepts from a form file."""
        self.widgets: dict[str, Any] = {}
        """Key of each widget included → its initial value."""
        self.left_out: list[str] = []
        """Fields that were too long for the URL."""
        self.refused: list[str] = []
        """Fields whose new value had the wrong type."""
        self.form_id = ""
        """Id of the kept form; empty if the URL carries everything."""
        self.is_incomplete = False
        """Whether the URL names a kept form that is no longer there."""
        self._written: dict[str, str] = {}
        self._private: set[str] = set()
        self._form: frozenset[str] | None = None

    def take(self, name: str, default: Any) -> Any:
        """Return a field's new value, once; `None` if there is none, or none of the type of `default`."""
        if (value := self.parameters.pop(name, None)) is None:
            return None
        taken = _read(value, default) if isinstance(value, str) else fitting(value, default)
        if taken is None:
            self.refused.append(name)
        return taken

    def put(self, name: str, value: Any, default: Any, accepts: Check = anything, *, private: bool = False) -> None:
        """Set a field's value; it is written to the URL if it is not the default.

        Args:
            name: Name of the field.
            value: Its value.
            default: Its initial value.
            accepts: Returns whether the field accepts a value of this type.
            private: Whether it is of no use to others, so that a shared link omits it.
        """
        self.values[name] = value
        self.rules[name] = Rule(default, accepts)
        if private:
            self._private.add(name)
        if value != default and value is not None:
            self._written[name] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        else:  # set before by the fragment, which puts its own fields again
            self._written.pop(name, None)

    def take_files(self, name: str) -> Any:
        """Return the new contents of a file field, once; `None` if there are none."""
        return self.stored_files.pop(name, None)

    def put_files(self, name: str, value: Any, accepts: Check = anything, *, shared: bool = True) -> None:
        """Set the contents of a file field, which survive a reload; empty if it has none.

        Args:
            name: Name of the field.
            value: Lists, dictionaries, texts and bytes.
            accepts: Returns whether the field accepts contents from a form file.
            shared: Whether a form file contains them.
        """
        self.file_rules[name] = accepts
        self.files.pop(name, None)
        if value:
            self.files[name] = FileField(value, shared)

    def end_form(self) -> None:
        """Note that the form is drawn: later fields are drawn only beside a result or an experiment."""
        self._form = frozenset(self.values)

    def shared(self, *, view: bool = False) -> dict[str, Any]:
        """Return the values that are of use to others: those of the form, or those of the fields after it."""
        form = frozenset(self.values) if self._form is None else self._form
        return {
            name: value
            for name, value in self.values.items()
            if value is not None and name not in self._private and (name in form) is not view
        }

    def too_long(self) -> list[str]:
        """Return the fields that do not fit into the URL."""
        return _within_limit(self._written)[1]

    @property
    def query(self) -> str:
        """Query of the new URL; fields that do not fit are listed in `left_out`."""
        query, self.left_out = _within_limit(self._written)
        return "&".join(filter(None, [query, urlencode({FORM: self.form_id}) if self.form_id else ""]))

    @property
    def link(self) -> tuple[str, list[str]]:
        """Query of a link for others, and the fields that do not fit into it."""
        return _within_limit({name: text for name, text in self._written.items() if name not in self._private})

    def publish(self) -> None:
        """Replace the URL in the browser's address bar, without adding a history entry."""
        component: Any = st.components.v2.component("address", html="<i hidden></i>", js=_JS)
        component(data={"page": self.page, "query": self.query}, key=f"address-{self.page}", height=0)


def fitting(value: Any, default: Any) -> Any:
    """Return a value in the type of a field's default; `None` if it has another type."""
    if default is None:
        return value if isinstance(value, str | int | float) else None
    if isinstance(default, bool) or isinstance(value, bool):
        return value if isinstance(value, bool) and isinstance(default, bool) else None
    if isinstance(default, float) and isinstance(value, int | float):
        return float(value) if abs(value) < sys.float_info.max else None
    return value if isinstance(value, type(default)) else None


def _within_limit(written: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return a query without the largest fields if it would be too long, and their names."""
    written, left_out = dict(written), []
    while len(query := urlencode(written)) > LONGEST_ADDRESS:
        largest = max(written, key=lambda name: len(written[name]))
        left_out.append(largest)
        del written[largest]
    return query, left_out


def _read(text: str, default: Any) -> Any:
    if isinstance(default, str):
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text if default is None else None
    if is_deep(value) or ("\\u" in text and not _is_unicode(value)):
        return None
    if default is None:
        return value if isinstance(value, bool) else text
    return fitting(value, default)


def _is_unicode(value: Any) -> bool:
    """Return whether a value can be sent to a browser: JSON may spell half of a surrogate pair."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
