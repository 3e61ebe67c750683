"""The page's own words in the visitor's language. What a server, a model or a file says is never translated.

English texts are the keys: ``_("Run")`` at the place of use, ``N_("Done")`` where a constant holds a text that is translated
later by ``_``. A number or a name goes in afterwards: ``_("{count} rows").format(count=3)``, never as an f-string.
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
"""Code → how the language calls itself."""

_chosen = threading.local()  # a script run has a thread of its own
_visitor_language: Callable[[], str] = lambda: ENGLISH  # noqa: E731  (replaced as a whole)


def use(language: str) -> None:
    """Speak this language for the rest of the script run; English if it is not one of `LANGUAGES`."""
    _chosen.language = language if language in LANGUAGES else ENGLISH


def ask_visitor(source: Callable[[], str]) -> None:
    """Register what tells the language of the visitor before the script run has said `use`."""
    global _visitor_language
    _visitor_language = source


def language() -> str:
    """Return the code of the language of this script run; English outside of one."""
    chosen = getattr(_chosen, "language", None) or _visitor_language()  # a callback runs before the script has said `use`
    return chosen if chosen in LANGUAGES else ENGLISH


def spoken_by(locale: str | None) -> str:
    """Return the language for a browser's locale, as `zh-CN`; English if we do not have it."""
    return "zh_Hans" if (locale or "").lower().startswith("zh") else ENGLISH


def _(text: str) -> str:
    """Translate; the English text itself where there is no translation."""
    return _catalogue(language()).gettext(text) if text else ""  # under "" gettext keeps the head of the catalogue


def N_(text: str) -> str:
    """Mark a constant for translation; it stays English until `_` takes it."""
    return text


def ngettext(one: str, many: str, count: int) -> str:
    """Translate what depends on a number."""
    return _catalogue(language()).ngettext(one, many, count)


@lru_cache
def _catalogue(code: str) -> gettext.NullTranslations:
    if code == ENGLISH:
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, FOLDER, languages=[code], fallback=True)
