"""Our pictures, as data.

Streamlit keeps a picture file only as long as a visitor's script is between its start and its end; the browser of another may
ask for it in a moment in which nobody does, and would get a 404.
"""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def _data(name: str, media_type: str) -> str:
    return f"data:{media_type};base64,{b64encode((FOLDER / name).read_bytes()).decode()}"


FAVICON = _data("favicon.png", "image/png")
LOGO = _data("logo.svg", "image/svg+xml")
