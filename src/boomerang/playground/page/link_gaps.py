"""Name what does not fit into a link, with amounts: "Text of 84,000 characters and one audio file don't fit into a link"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from boomerang.playground.session.url_state import FileField
from boomerang.workbench.i18n.translate import _, ngettext

Item = tuple[str, bool]
"""Something that does not fit, and whether it is a plural."""


def sentence(left_out: Mapping[str, Any], files: Mapping[str, FileField]) -> str:
    """Return what does not fit into a link; empty if everything does.

    Args:
        left_out: Values of the fields that are too long.
        files: Contents of the file fields.
    """
    items = [*_texts(left_out), *_lists(left_out), *_files(files)]
    if not items:
        return ""
    *before, last = [text for text, _plural in items]
    listed = last
    if before:
        first = before[0]
        for text in before[1:]:
            first = _("{first}, {second}").format(first=first, second=text)
        listed = _("{first} and {second}").format(first=first, second=last)
    is_plural = bool(before) or items[0][1]
    template = ngettext("{items} doesn't fit into a link.", "{items} don't fit into a link.", 2 if is_plural else 1)
    return template.format(items=listed[:1].upper() + listed[1:])


def _texts(left_out: Mapping[str, Any]) -> list[Item]:
    lengths = [len(value) for value in left_out.values() if isinstance(value, str)]
    if not lengths:
        return []
    total = sum(lengths)
    if len(lengths) == 1:
        text = ngettext("text of {count:,} character", "text of {count:,} characters", total).format(count=total)
        return [(text, False)]
    return [(_("{number} texts of {count:,} characters in total").format(number=len(lengths), count=total), True)]


def _lists(left_out: Mapping[str, Any]) -> list[Item]:
    lists = [(name.rpartition(".")[2], value) for name, value in left_out.items() if not isinstance(value, str)]
    items = []
    for name, value in lists:
        count = len(value) if isinstance(value, Sequence) else 1
        match name:
            case "messages":
                text = ngettext("{count:,} message", "{count:,} messages", count)
            case "tools":
                text = ngettext("{count:,} tool", "{count:,} tools", count)
            case "rows":
                text = ngettext("{count:,} row", "{count:,} rows", count)
            case "marks":
                text = ngettext("{count:,} label", "{count:,} labels", count)
            case _:
                text = ngettext("{count:,} entry", "{count:,} entries", count)
        items.append((text.format(count=count), count != 1))
    return items


def _files(files: Mapping[str, FileField]) -> list[Item]:
    shared = [field.value for field in files.values() if field.shared]
    audio = sum(isinstance(value, dict) for value in shared)
    extras = [extra for value in shared if isinstance(value, list) for extra in value]
    attached = sum(len(extra["files"]) for extra in extras)
    opaque = sum(extra["opaque_body"] is not None for extra in extras)
    items = []
    if audio:
        items.append((ngettext("one audio file", "{count:,} audio files", audio).format(count=audio), audio != 1))
    if attached:
        items.append(
            (ngettext("one attached file", "{count:,} attached files", attached).format(count=attached), attached != 1)
        )
    if opaque:
        template = ngettext("provider data of one message", "provider data of {count:,} messages", opaque)
        items.append((template.format(count=opaque), False))
    return items
