"""Locate `app.py`, `pages/` and `.streamlit/`, and the settings: in a checkout or an installed package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[2]
_INSTALLED = _PACKAGE / "app"


def app_folder() -> Path:
    """Return the folder with `app.py`, `pages/` and `.streamlit/`."""
    return _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parents[1]


def settings_folder() -> Path:
    """Return the folder to search for `connections.toml`: beside `app.py` in a checkout, else the current folder.

    An installed package must not contain an operator's files: the next installation would replace them.
    """
    return Path.cwd() if _INSTALLED.is_dir() else app_folder()
