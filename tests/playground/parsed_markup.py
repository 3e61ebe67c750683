"""Our own markup, read as a browser reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Element:
    """One element."""

    name: str
    attributes: dict[str, str]
    within: tuple[str, ...]
    """Names and classes of the elements around it."""
    text: str = field(default="")


class Markup(HTMLParser):
    """All elements of a piece of markup, in order."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(body)
        self.close()
        assert not self._open, "each element is closed"

    def named(self, name: str, within: str = "") -> list[Element]:
        """Give the elements of a name, inside of one with another name or class."""
        return [element for element in self.elements if element.name == name and (not within or within in element.within)]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the beginning of an element."""
        around = tuple(word for outer in self._open for word in (outer.name, *outer.attributes.get("class", "").split()))
        element = Element(tag, {name: value or "" for name, value in attrs}, around)
        self.elements.append(element)
        self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        """Take the end of an element."""
        assert self._open.pop().name == tag

    def handle_data(self, data: str) -> None:
        """Take a text."""
        for element in self._open:
            element.text += data


def share(element: Element) -> tuple[float, float]:
    """Give where a stretch of a bar begins and how wide it is, in percent."""
    left, width = re.findall(r"(?:left|width):([\d.]+)%", element.attributes["style"])
    return float(left), float(width)


def cells(body: str) -> list[list[str]]:
    """Give the cells of a table, row by row, the names of its columns first."""
    result: list[list[str]] = []
    for element in Markup(body).elements:
        if element.name == "tr":
            result.append([])
        elif element.name in ("th", "td"):
            result[-1].append(element.text)
    return result
