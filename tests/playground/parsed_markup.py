"""Parser for our own markup, as a browser would read it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Element:
    """An HTML element."""

    name: str
    attributes: dict[str, str]
    within: tuple[str, ...]
    """Names and classes of its ancestors."""
    text: str = field(default="")


class Markup(HTMLParser):
    """All elements of some markup, in order."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(body)
        self.close()
        assert not self._open, "each element is closed"

    def named(self, name: str, within: str = "") -> list[Element]:
        """Return the elements of a name, optionally inside an element with another name or class."""
        return [element for element in self.elements if element.name == name and (not within or within in element.within)]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        around = tuple(word for outer in self._open for word in (outer.name, *outer.attributes.get("class", "").split()))
        element = Element(tag, {name: value or "" for name, value in attrs}, around)
        self.elements.append(element)
        self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        assert self._open.pop().name == tag

    def handle_data(self, data: str) -> None:
        """Add text to the open elements."""
        for element in self._open:
            element.text += data


def share(element: Element) -> tuple[float, float]:
    """Return where a bar's segment starts and its width, in percent."""
    left, width = re.findall(r"(?:left|width):([\d.]+)%", element.attributes["style"])
    return float(left), float(width)


def cells(body: str) -> list[list[str]]:
    """Return the cells of a table by row, its header first."""
    result: list[list[str]] = []
    for element in Markup(body).elements:
        if element.name == "tr":
            result.append([])
        elif element.name in ("th", "td"):
            result[-1].append(element.text)
    return result
