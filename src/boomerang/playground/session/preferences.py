"""Language and view by browser. In memory only, by cookie, for at most `MOST_VISITORS` browsers."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from boomerang.workbench.i18n import translate
from boomerang.workbench.i18n.translate import _

from . import visitor

MOST_VISITORS = 5_000

# Screen readers choose a voice, and browsers the glyphs of Chinese characters, by the document's language.
_JS = "export default function ({ data }) { document.documentElement.lang = data.language }"


class Preferences:
    """Preferences by browser; the least recently used are dropped first."""

    def __init__(self, most: int = MOST_VISITORS) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def get(self, owner: str) -> dict[str, Any]:
        """Return a copy of a browser's preferences."""
        with self._lock:
            if owner in self._kept:
                self._kept.move_to_end(owner)
            return dict(self._kept.get(owner, {}))

    def put(self, owner: str, name: str, value: Any) -> None:
        """Store a preference."""
        with self._lock:
            self._kept.setdefault(owner, {})[name] = value
            self._kept.move_to_end(owner)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


PREFERENCES = Preferences()


def restore() -> None:
    """Load the visitor's preferences into a new session, and set this script run's language."""
    if "language" not in st.session_state:
        kept = PREFERENCES.get(visitor.owner())
        chosen = st.query_params.get("lang") or kept.get("language") or translate.spoken_by(st.context.locale)
        st.session_state["language"] = chosen if chosen in translate.LANGUAGES else translate.ENGLISH
        st.session_state["expert"] = bool(kept.get("expert", True))
    translate.use(str(st.session_state["language"]))


def draw() -> None:
    """Draw the switches for the sidebar, and set the document's language in the browser."""
    st.segmented_control(
        _("Language"),
        list(translate.LANGUAGES),
        format_func=translate.LANGUAGES.__getitem__,
        key="language",
        required=True,
        persist_state="session",
        on_change=_remember,
        args=("language",),
        label_visibility="collapsed",
    )
    st.toggle(
        _("Expert view"),
        key="expert",
        persist_state="session",
        on_change=_remember,
        args=("expert",),
        help=_(
            "Shows limits, comparison, experiments, ModelConfig and the inspector. When off: form, Run, "
            "result and metrics only."
        ),
    )
    component: Any = st.components.v2.component("language", html="<i hidden></i>", js=_JS)
    component(data={"language": translate.language().replace("_", "-")}, key="language-of-the-document", height=0)


def _language() -> str:
    inside = get_script_run_ctx(suppress_warning=True) is not None
    return str(st.session_state.get("language", translate.ENGLISH)) if inside else translate.ENGLISH


translate.ask_visitor(_language)


def expert() -> bool:
    """Return whether the expert view is on."""
    return bool(st.session_state.get("expert", True))


def _remember(name: str) -> None:
    PREFERENCES.put(visitor.owner(), name, st.session_state[name])
