"""Connections as a file: out without secrets, and in again."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from invoker.connections import parsed, written
from invoker.errors import ConfigError

from .. import library_words, resources, state
from ..connection import Connection
from ..escape import plain
from ..words import _
from .held import Held

MOST_SHOWN = 5


def draw(held: Held, connections: Sequence[Connection]) -> None:
    """Draw the way out and in."""
    # After an import it is another one, and so closed.
    with st.popover(_("Import, export"), icon=":material/swap_vert:", key=f"connections.transfer.{held.version}"):
        st.caption(_("TOML as in connections.toml, or JSON. Keys and passwords are never in it."))
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
        key = f"connections.import.{held.version}"
        st.file_uploader(
            _("Import a file"), type=["toml", "json"], key=key, on_change=_bring, args=(held, key), max_upload_size=1
        )
        if held.not_brought:
            st.error(plain(held.not_brought), icon=":material/error:")
            held.not_brought = ""


def _bring(held: Held, key: str) -> None:
    """Take the connections of a file, for this session; what cannot be taken is said, and the others come all the same."""
    file = st.session_state.get(key)
    if file is None:
        return
    try:
        found = parsed(file.getvalue())
    except ConfigError as error:
        held.not_brought = f"{file.name}: {library_words.told_of_field(str(error))}"
        return
    faults, came = [], []
    for settings in found:
        try:
            resources.CONNECTIONS.keep(settings, state.owner())
            came.append(settings.name)
        except ConfigError as error:
            faults.append(f"{settings.name}: {library_words.told_of_field(str(error))}")
    if came:
        held.told = _("Imported, for this session: {names}. Keys have to be typed.").format(names=", ".join(came))
        held.open, held.version = came[0], held.version + 1
    if faults:
        held.not_brought = "; ".join(faults[:MOST_SHOWN])
