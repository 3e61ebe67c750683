"""Connections as a file: out without secrets, and in again."""

from __future__ import annotations

import re
from collections.abc import Sequence

import streamlit as st

from boomerang.invoker.errors import ConfigError
from boomerang.invoker.settings import LONGEST_NAME, ConnectionSettings
from boomerang.playground.session import app_state, page_state
from boomerang.playground.ui.escape import plain
from boomerang.workbench.connections.connection import Connection
from boomerang.workbench.connections.connections_file import parsed_each, written
from boomerang.workbench.diagnosis.settings_errors import shortened, spoken
from boomerang.workbench.i18n import library_words
from boomerang.workbench.i18n.translate import _

from .page_state import Brought, Held, Said


def draw(held: Held, connections: Sequence[Connection]) -> None:
    """Draw the way out and in."""
    # After an import it is another one, and so closed, with an empty box.
    with st.popover(_("Import, export"), icon=":material/swap_vert:", key=f"connections.transfer.{held.imports}"):
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
        key = f"connections.import.{held.imports}"
        st.file_uploader(
            _("Import a file"), type=["toml", "json"], key=key, on_change=_bring, args=(held, key), max_upload_size=1
        )


def tell(brought: Brought) -> None:
    """Tell what came of an import."""
    with st.container(border=True, key="connections-brought"):
        if brought.came:
            told = _("Imported, for this session: {names}. Keys have to be typed.").format(names=", ".join(brought.came))
            st.markdown(f":green[:material/check: {plain(told)}]")
        for before, now in brought.renamed:
            told = _("The name {name} was taken; the one from the file is {other} now.").format(name=before, other=now)
            st.markdown(f":material/info: {plain(told)}")
        if brought.there:
            told = _("There already, as in the file: {names}.").format(names=", ".join(brought.there))
            st.markdown(f":material/info: {plain(told)}")
        if brought.faults:
            st.markdown(f":red[:material/error: {plain(_('Not imported:'))}]")
            st.markdown("\n".join(f"- {plain(line)}" for line in shortened(brought.faults)))


def bring(name: str, content: bytes, owner: str) -> Brought:
    """Take the connections of a file for this session; what cannot be taken is told, and the others come all the same.

    Args:
        name: Of the file.
        content: What is in it.
        owner: Whose browser brings it.
    """
    try:
        entries = parsed_each(content)
    except ConfigError as error:
        return Brought(faults=[f"{name}: {library_words.error_text(error)}"])
    brought = Brought(faults=[f"{entry.name} · {spoken(fault)}" for entry in entries for fault in entry.faults])
    for settings in (entry.settings for entry in entries if entry.settings is not None):
        visible = app_state.CONNECTIONS.visible(owner)
        if any(_same(settings, connection) for connection in visible):
            brought.there.append(settings.name)
            continue
        free = free_name(settings.name, {connection.name for connection in visible})
        try:
            app_state.CONNECTIONS.keep(settings.changed(name=free), owner)
        except ConfigError as error:
            brought.faults.append(f"{settings.name} · {spoken(error)}")
            continue
        brought.came.append(free)
        if free != settings.name:
            brought.renamed.append((settings.name, free))
    return brought


def free_name(name: str, taken: set[str]) -> str:
    """Give a name, with a number behind it if it is taken."""
    number, found = 2, name
    while found in taken:
        ending = f" {number}"
        found = name[: LONGEST_NAME - len(ending)] + ending
        number += 1
    return found


def _same(settings: ConnectionSettings, connection: Connection) -> bool:
    """Tell whether a connection is what a file says, perhaps under the number that its name got when it was brought before."""
    if connection.settings is None or not re.fullmatch(re.escape(settings.name) + r"( \d+)?", connection.name):
        return False
    if settings.secrets() and settings.secrets() != connection.settings.secrets():
        return False
    return settings.changed(name=connection.name).public() == connection.settings.public()


def _bring(held: Held, key: str) -> None:
    file = st.session_state.get(key)
    if file is None:
        return
    held.to_say = Said(brought=bring(file.name, file.getvalue(), page_state.owner()))
    held.imports += 1
    if held.to_say.brought is not None and held.to_say.brought.came:
        held.open = held.to_say.brought.came[0]
