"""Export of connections to a file without secrets, and import."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from boomerang.playground.session import app_state, visitor
from boomerang.playground.ui.escape import plain
from boomerang.workbench.connections.connection import Connection
from boomerang.workbench.connections.connections_file import written
from boomerang.workbench.connections.import_export import Brought, import_connections
from boomerang.workbench.diagnosis.settings_errors import shortened
from boomerang.workbench.i18n.translate import _

from .page_state import ConnectionsPageState, Feedback


def draw(state: ConnectionsPageState, connections: Sequence[Connection]) -> None:
    """Draw the import and export menu."""
    # A new key after an import closes the popover and empties the file uploader.
    with st.popover(_("Import, export"), icon=":material/swap_vert:", key=f"connections.transfer.{state.imports}"):
        st.caption(_("TOML as in connections.toml, or JSON. Never contains keys or passwords."))
        settings = [connection.settings for connection in connections if connection.settings is not None]
        st.download_button(
            _("Export all"),
            data=written(settings),
            file_name="connections.toml",
            mime="application/toml",
            icon=":material/download:",
            on_click="ignore",
            key="connections.export",
            disabled=not settings,
        )
        key = f"connections.import.{state.imports}"
        st.file_uploader(
            _("Import a file"), type=["toml", "json"], key=key, on_change=_bring, args=(state, key), max_upload_size=1
        )


def draw_result(brought: Brought) -> None:
    """Show the result of an import."""
    with st.container(border=True, key="connections-brought"):
        if brought.came:
            text = _("Imported for this session: {names}. Enter their keys.").format(names=", ".join(brought.came))
            st.markdown(f":green[:material/check: {plain(text)}]")
        for before, now in brought.renamed:
            text = _("The name {name} was taken. Imported as {other}.").format(name=before, other=now)
            st.markdown(f":material/info: {plain(text)}")
        if brought.there:
            text = _("Already present and identical: {names}.").format(names=", ".join(brought.there))
            st.markdown(f":material/info: {plain(text)}")
        if brought.faults:
            st.markdown(f":red[:material/error: {plain(_('Not imported:'))}]")
            st.markdown("\n".join(f"- {plain(line)}" for line in shortened(brought.faults)))


def _bring(state: ConnectionsPageState, key: str) -> None:
    file = st.session_state.get(key)
    if file is None:
        return
    state.next_feedback = Feedback(
        brought=import_connections(app_state.connections(), file.name, file.getvalue(), visitor.owner())
    )
    state.imports += 1
    if state.next_feedback.brought is not None and state.next_feedback.brought.came:
        state.open = state.next_feedback.brought.came[0]
