"""Identity of the visitor: the browser's identity and the session's id."""

from __future__ import annotations

from boomerang.playground.server.session_owners import identity_of_script


def owner() -> str:
    """Return the identity of the visitor's browser; the session's id if there is none, as in tests."""
    return identity_of_script() or visitor()


def visitor() -> str:
    """Return the id of the visitor's session; empty if there is none, as in a bare script."""
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else ""
