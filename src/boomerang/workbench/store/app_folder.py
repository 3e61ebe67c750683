"""Where `app.py`, `pages/` and `.streamlit/` are, and where settings are looked up: in a checkout, or once installed."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[2]
_INSTALLED = _PACKAGE / "app"


def app_folder() -> Path:
    """Return the folder that holds `app.py`, `pages/` and `.streamlit/`."""
    return _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parents[1]


def settings_folder() -> Path:
    """Return where `connections.toml` is looked up: beside `app.py` in a checkout, else the current folder.

    An installed package is no place for an operator's files: the next installation would replace them.
    """
    return Path.cwd() if _INSTALLED.is_dir() else app_folder()
