"""Audio and an upload helper for the tests of the speech pages."""

from __future__ import annotations

from collections.abc import Callable

from boomerang.workbench.samples.inputs import ASSETS
from tests.pages.visitor import Visitor

Visit = Callable[[str], Visitor]
WAV = (ASSETS / "samples" / "wrong-extension.mp3").read_bytes()
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + bytes(100)


def upload(page: Visitor, name: str, data: bytes) -> Visitor:
    """Upload a file."""
    page.at.file_uploader(key="speech2text.upload").upload(name, data)
    return page.look()
