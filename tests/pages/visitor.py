"""A visitor of the app, in process: opens pages, types, clicks, reads the page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from html import unescape
from pathlib import Path
from typing import Any

from pandas import DataFrame
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, Node

from boomerang.invoker.records.record import Record
from boomerang.invoker.request import InvokeType
from boomerang.playground.run import run_status
from boomerang.playground.session.page_state import PageState
from boomerang.playground.shell.navigation import MENU

ROOT = Path(__file__).resolve().parents[2]
PAGES = [entry.name for entries in MENU.values() for entry in entries]
TYPES: dict[str, InvokeType] = {
    entry.name: entry.invoke_type for entries in MENU.values() for entry in entries if entry.invoke_type is not None
}
_KEY = re.compile(r"\$\$ID-[0-9a-f]+-(.+)")
SECONDS = 30.0
"""Most seconds a script run may take; far more than it needs."""


class Visitor:
    """A browser tab.

    Args:
        picked: The connection selected for all pages; empty for none.
        **link: Query parameters of the URL they open.
    """

    def __init__(self, picked: str, /, **link: str) -> None:
        self.at = AppTest.from_file(str(ROOT / "src/boomerang/playground/shell/shell.py"), default_timeout=SECONDS)
        if picked:
            self.at.session_state["connection"] = picked
        for name, value in link.items():
            self.at.query_params[name] = value
        self.page = "start"
        self.may_break = False
        self.look()

    def look(self) -> Visitor:
        """Run the script; it must not raise, and the page must not break unless the test expects it to."""
        self.at.run()
        assert not self.at.exception, self.at.exception
        assert self.may_break or "page.error-panel" not in self.keys(), self.panel()
        return self

    def open(self, page: str) -> Visitor:
        """Open a page."""
        self.at.switch_page(str(ROOT / "pages" / f"{page}.py"))
        self.page = page
        return self.look()

    def key(self, name: str) -> str:
        """Return the key of a widget of this page."""
        return f"{self.page}.{name}"

    @property
    def page_state(self) -> PageState:
        """The app's state for this visitor on this page."""
        pages: dict[InvokeType, PageState] = self.at.session_state["_pages"]
        return pages[TYPES[self.page]]

    @property
    def record(self) -> Record[Any]:
        """The record of the last run."""
        record = self.page_state.record
        assert record is not None
        return record

    @property
    def state(self) -> str:
        """The displayed state."""
        [drawn] = [key.removeprefix("state-") for key in self.keys() if key.startswith("state-")]
        assert drawn == run_status.name(self.page_state.job)
        return drawn

    # Actions

    def set(self, kind: str, name: str, value: Any) -> Visitor:
        """Change a widget, found by its kind and name, and rerun the page."""
        getattr(self.at, kind)(key=self.key(name)).set_value(value)
        return self.look()

    def type(self, name: str, value: str) -> Visitor:
        """Type into a multi-line field."""
        return self.set("text_area", name, value)

    def click(self, name: str) -> Visitor:
        """Click a button."""
        button = self.at.button(key=self.key(name))
        assert not button.disabled, f"the button {name} is disabled"
        button.click()
        return self.look()

    def run(self) -> Visitor:
        """Click Run and wait for the end of the run, which may fail: check `state`, with `failure()` as the message."""
        return self.click("run")

    def tab(self, name: str) -> str:
        """Open an inspector tab and return its text."""
        self.at.session_state[self.key("inspector")] = name
        self.look()
        [tab] = [tab for tab in self.at.tabs if tab.label == name]
        return "\n".join(text_of(node) for node in nodes(tab))

    def unfold(self, *names: str) -> Visitor:
        """Open expanders of the form, which draw their content only while they are open."""
        return self._fold(names, opened=True)

    def fold(self, *names: str) -> Visitor:
        """Close expanders of the form."""
        return self._fold(names, opened=False)

    def _fold(self, names: Sequence[str], *, opened: bool) -> Visitor:
        for name in names:
            self.at.session_state[self.key(f"{name}.open")] = opened
        return self.look()

    # What the page shows

    @property
    def can_run(self) -> bool:
        """Whether Run is enabled."""
        return not self.at.button(key=self.key("run")).disabled

    @property
    def reason(self) -> str:
        """The reason Run is disabled, from the line under the toolbar."""
        [line] = [line for m in self.at.markdown if "To run: " in (line := str(m.value).replace("\\", ""))]
        return line.partition("To run: ")[2]

    @property
    def faults(self) -> str:
        """Messages at and around fields, as plain text."""
        return "\n".join(text.value for text in self.at.text)

    @property
    def seen(self) -> str:
        """Everything displayed, as text."""
        return "\n".join(text_of(node) for node in nodes(self.at.main))

    @property
    def html(self) -> str:
        """The displayed HTML, with its tags."""
        return "\n".join(node.body for node in nodes(self.at.main) if node.type == "html")

    @property
    def config(self) -> dict[str, Any]:
        """The displayed live ModelConfig."""
        [source] = re.findall(r'<pre class="json-text" [^>]*>(.*?)</pre>', self.html, re.DOTALL)
        config: dict[str, Any] = json.loads(unescape(source))
        return config

    def expander(self, title: str) -> str:
        """Return the state in the label of an expander."""
        [state] = [rest for e in self.at.expander for begin, _dot, rest in [e.label.partition(" · ")] if begin == title]
        return state

    def sent_to(self, component: str) -> list[dict[str, Any]]:
        """Return the data of each displayed component of a name."""
        protos = [getattr(node, "proto", None) for node in nodes(self.at.main)]
        return [json.loads(proto.json) for proto in protos if getattr(proto, "component_name", "") == component]

    @property
    def copied(self) -> list[str]:
        """The texts of the displayed Copy buttons."""
        return [data["text"] for data in self.sent_to("copy_button") if "text" in data]

    def metrics(self) -> dict[str, str]:
        """Return the numbers of the Metrics tab and of tiles, by label."""
        rows = re.findall(r"<tr><t[dh][^>]*>(.*?)</t[dh]><td[^>]*>(.*?)</td>", self.html, re.DOTALL)
        table = {unescape(label): unescape(value) for label, value in rows}
        return table | {metric.label: metric.value for metric in self.at.metric}

    def keys(self) -> list[str]:
        """Return the keys of the displayed containers."""
        return [key for node in nodes(self.at.main) if isinstance(node, Block) and (key := key_of(node))]

    def failure(self) -> str:
        """Return the text of the error panel; empty if there is none."""
        return self.panel() if any(key.endswith("-panel") for key in self.keys()) else ""

    def panel(self) -> str:
        """Return the text of the error panel."""
        [panel] = [node for node in nodes(self.at.main) if isinstance(node, Block) and key_of(node).endswith("-panel")]
        return "\n".join(text_of(node) for node in nodes(panel))


def key_of(block: Block) -> str:
    """Return the key a container was created with; empty if it has none."""
    result = _KEY.match(getattr(block.proto, "id", "") or "")
    return result[1] if result else ""


def nodes(block: Node) -> Iterator[Node]:
    """Iterate over the elements inside a block."""
    yield block
    for child in getattr(block, "children", {}).values():
        yield from nodes(child)


def text_of(node: Node) -> str:
    """Return the text of one element."""
    if isinstance(node, Block):
        return str(getattr(node, "label", "") or "")
    if node.type == "html":
        return unescape(re.sub("<[^>]*>", "", node.body))
    label, value = getattr(node, "label", ""), getattr(node, "value", None)
    if isinstance(value, DataFrame):
        return str(value.to_string())
    return " ".join(
        str(part) for part in (label, value) if isinstance(part, str | int | float | list) and part not in ("", False)
    )
