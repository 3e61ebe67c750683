"""The folder of `app.py`, `pages/` and `.streamlit/`: the checkout, or their copy inside an installed package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[2]
_INSTALLED = _PACKAGE / "app"


def app_folder() -> Path:
    """Return the folder that holds `app.py`, `pages/` and `.streamlit/`."""
    return _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parents[1]
