"""Translate the app's own texts to the visitor's language. Text from servers, models or files is never translated.

English texts are the keys: use ``_("Run")`` where a text is displayed, and ``N_("Done")`` for a constant that ``_`` translates
later. Insert numbers and names after translation: ``_("{count} rows").format(count=3)``, never with an f-string.
"""

from __future__ import annotations

import gettext
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "locale"
DOMAIN = "boomerang"
ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "zh_Hans": "简体中文"}
"""Code → the language's own name."""

_chosen = threading.local()  # each script run has its own thread
_visitor_language: Callable[[], str] = lambda: ENGLISH  # noqa: E731  (replaced as a whole)


def use(language: str) -> None:
    """Set the language for the rest of the script run; English if it is not one of `LANGUAGES`."""
    _chosen.language = language if language in LANGUAGES else ENGLISH


def ask_visitor(source: Callable[[], str]) -> None:
    """Register the source of the visitor's language until the script run calls `use`."""
    global _visitor_language
    _visitor_language = source


def language() -> str:
    """Return the language code of this script run; English outside of one."""
    chosen = getattr(_chosen, "language", None) or _visitor_language()  # a callback runs before the script calls `use`
    return chosen if chosen in LANGUAGES else ENGLISH


def spoken_by(locale: str | None) -> str:
    """Return the language for a browser's locale, such as `zh-CN`; English if unsupported."""
    return "zh_Hans" if (locale or "").lower().startswith("zh") else ENGLISH


def _(text: str) -> str:
    """Translate a text; return it unchanged if there is no translation."""
    return _catalogue(language()).gettext(text) if text else ""  # under "" gettext stores the catalogue's header


def N_(text: str) -> str:
    """Mark a constant for translation; it stays English until passed to `_`."""
    return text


def ngettext(one: str, many: str, count: int) -> str:
    """Translate a text that depends on a number."""
    return _catalogue(language()).ngettext(one, many, count)


@lru_cache
def _catalogue(code: str) -> gettext.NullTranslations:
    if code == ENGLISH:
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, FOLDER, languages=[code], fallback=True)
