"""Choices that a browser is remembered by: language and view. In memory only, by its cookie, for some thousands at most."""

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

# By the language of the document a screen reader picks its voice, and a browser the shapes of Chinese characters.
_JS = "export default function ({ data }) { document.documentElement.lang = data.language }"


class Preferences:
    """Choices by browser; the browser that was not heard of for longest is forgotten first."""

    def __init__(self, most: int = MOST_VISITORS) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def get(self, owner: str) -> dict[str, Any]:
        """Return a copy of a browser's choices."""
        with self._lock:
            if owner in self._kept:
                self._kept.move_to_end(owner)
            return dict(self._kept.get(owner, {}))

    def put(self, owner: str, name: str, value: Any) -> None:
        """Remember a choice."""
        with self._lock:
            self._kept.setdefault(owner, {})[name] = value
            self._kept.move_to_end(owner)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


PREFERENCES = Preferences()


def restore() -> None:
    """Bring the visitor's choices into a new session, and speak their language in this script run."""
    if "language" not in st.session_state:
        kept = PREFERENCES.get(visitor.owner())
        chosen = st.query_params.get("lang") or kept.get("language") or translate.spoken_by(st.context.locale)
        st.session_state["language"] = chosen if chosen in translate.LANGUAGES else translate.ENGLISH
        st.session_state["expert"] = bool(kept.get("expert", True))
    translate.use(str(st.session_state["language"]))


def draw() -> None:
    """Draw the switches, for the sidebar, and tell the browser which language the page speaks."""
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
    """Return whether the visitor wants to see everything."""
    return bool(st.session_state.get("expert", True))


def _remember(name: str) -> None:
    PREFERENCES.put(visitor.owner(), name, st.session_state[name])
