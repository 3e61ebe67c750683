"""Logo and favicon as data URLs.

Streamlit keeps an image file only while a script that uses it is running; another visitor's browser may request it at a moment
when none is, and would get a 404.
"""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def _data(name: str, media_type: str) -> str:
    return f"data:{media_type};base64,{b64encode((FOLDER / name).read_bytes()).decode()}"


FAVICON = _data("favicon.png", "image/png")
LOGO = _data("logo.svg", "image/svg+xml")
