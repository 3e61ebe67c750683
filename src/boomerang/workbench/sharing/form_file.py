"""A page's form as a file: its fields and media, but neither results nor anything of a connection except its name."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from boomerang.workbench.i18n.translate import _
from boomerang.workbench.parsing.json_text import JsonFault, parse, written

VERSION_KEY = "boomerang_form"
VERSION = 1
MOST_BYTES = 36 * 2**20
"""Most bytes of a form file: the largest audio file as base64, and texts."""
_BYTES = "base64"


class FormFileFault(ValueError):
    """The file is not a form file that can be opened; the message says why."""


@dataclass(frozen=True, slots=True)
class FormFile:
    """Contents of a form file."""

    page: str
    """Name of the page in its URL."""
    fields: dict[str, Any] = field(default_factory=dict)
    """Values by field."""
    view: dict[str, Any] = field(default_factory=dict)
    """Values of fields that a page draws only beside a result or an experiment."""
    files: dict[str, Any] = field(default_factory=dict)
    """Contents of file fields; a dictionary may have values that are bytes."""


def is_too_large(form: FormFile) -> bool:
    """Return whether a form would make a file that is too large to be opened; quick, and nearly exact."""
    return _size([form.fields, form.view, form.files]) > MOST_BYTES


def as_json(form: FormFile) -> str:
    """Return a form as the text of a file."""
    files = {name: _encoded(value) for name, value in form.files.items()}
    return written(
        {VERSION_KEY: VERSION, "page": form.page, "fields": form.fields, "view": form.view, "files": files}, indent=2
    )


def read(data: bytes) -> FormFile:
    """Read a form file.

    Raises:
        FormFileFault: It is too large, not JSON, not a form file, of an unknown version, or misses a part.
    """
    if len(data) > MOST_BYTES:
        raise FormFileFault(_("The form file is larger than {most} MB.").format(most=MOST_BYTES // 2**20))
    try:
        value = parse(data.decode("utf-8-sig"), dict)
    except UnicodeDecodeError:
        raise FormFileFault(_("The file is not JSON: it is not a text in UTF-8.")) from None
    if isinstance(value, JsonFault):
        raise FormFileFault(_("The file is not JSON that can be read. {fault}").format(fault=value))
    _check(value)
    files = {name: _decoded(name, content) for name, content in value["files"].items()}
    return FormFile(value["page"], value["fields"], value["view"], files)


def _check(value: Mapping[str, Any]) -> None:
    if VERSION_KEY not in value:
        raise FormFileFault(_("The file is not a form file: {key} is missing.").format(key=VERSION_KEY))
    if value[VERSION_KEY] != VERSION or isinstance(value[VERSION_KEY], bool):
        template = _("The file has version {version} of form files; this app opens version {ours}.")
        raise FormFileFault(template.format(version=str(value[VERSION_KEY])[:20], ours=VERSION))
    for name, kind in {"page": str, "fields": dict, "view": dict, "files": dict}.items():
        if not isinstance(value.get(name), kind):
            raise FormFileFault(_("The form file is damaged: {name} is missing or has the wrong type.").format(name=name))
    if not _is_unicode(value):
        raise FormFileFault(_("The form file is damaged: it contains an incomplete Unicode character."))


def _is_unicode(value: Any) -> bool:
    """Return whether all texts can be sent to a browser: JSON may spell half of a surrogate pair."""
    if isinstance(value, dict):
        return all(_is_unicode(key) and _is_unicode(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(_is_unicode, value))
    if not isinstance(value, str) or value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _size(value: Any) -> int:
    """Return about the bytes of a value as JSON."""
    if isinstance(value, dict):
        return sum(_size(key) + _size(item) for key, item in value.items())
    if isinstance(value, list):
        return sum(map(_size, value))
    if isinstance(value, bytes):
        return len(value) * 4 // 3
    return len(value) if isinstance(value, str) and value.isascii() else len(str(value).encode())


def _encoded(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {
        key: {_BYTES: base64.b64encode(item).decode("ascii")} if isinstance(item, bytes) else item
        for key, item in value.items()
    }


def _decoded(name: str, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    decoded = dict(value)
    for key, item in value.items():
        if isinstance(item, dict) and item.keys() == {_BYTES}:
            try:
                decoded[key] = base64.b64decode(item[_BYTES], validate=True)
            except (TypeError, ValueError):
                raise FormFileFault(_("The form file is damaged: {name} is not base64.").format(name=name)) from None
    return decoded
