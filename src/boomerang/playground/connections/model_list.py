"""The models of a connection: a searchable table and a test of a single model."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from boomerang.invoker.backend import ListedModel, TypeFrom
from boomerang.invoker.entities.model import ModelPropertyKey, ModelType
from boomerang.invoker.errors import ConfigError
from boomerang.invoker.messages.message import translated
from boomerang.playground.ui import html_tables
from boomerang.playground.ui.escape import plain
from boomerang.workbench.connections.connection import Connection
from boomerang.workbench.connections.probe import CALLS
from boomerang.workbench.diagnosis.error_text import error_text
from boomerang.workbench.i18n.translate import N_, _

from . import health_table
from .page_state import ConnectionsPageState

MOST_ROWS = 300
MOST_AT_A_GLANCE = 12
"""Models up to which the list has no search field."""
STYLE = """<style>
.st-key-connection-models .plain-scroll { max-height: min(70vh, 640px); }
.st-key-connection-models td:nth-child(2) { white-space: nowrap; }
.st-key-connection-models td:nth-child(n + 3) { font-size: 0.8rem; }
@media (min-width: 1200px) { .st-key-connection-models td:nth-child(3) { white-space: nowrap; } }
</style>"""
TYPE_FROM = {
    TypeFrom.DECLARED: N_("declared"),
    TypeFrom.STATED: N_("from the server"),
    TypeFrom.GUESSED: N_("guessed"),
}


def draw(state: ConnectionsPageState, connection: Connection) -> None:
    """Draw the models known so far."""
    try:
        backend = connection.backend
        if connection.fetches:
            connection.fetch()
            connection.wait(1.0)
        models = backend.models()
    except ConfigError as error:
        st.error(plain(error_text(error)), icon=":material/error:")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        count = f" · {len(models)}" if models or not (connection.fetches and connection.fetching) else ""
        st.markdown(f"**{_('Models')}**{count}", width="content")
        if connection.fetches:
            st.button(
                _("Refresh"),
                icon=":material/cloud_sync:",
                key="connections.fetch",
                type="tertiary",
                disabled=connection.fetching,
                on_click=connection.fetch,
                kwargs={"again": True},
            )
            if connection.fetching:
                st.caption(_("Fetching models …"))
            elif connection.fetch_error is not None:
                reason = error_text(connection.fetch_error)
                st.markdown(f":orange[:material/info:] {plain(reason)}")
    for notice in connection.fetch_notices:
        st.caption(plain(translated(notice, _)))
    if models:
        _list(connection, models)
    elif not connection.fetching:
        st.caption(_("No models known yet. You can type any name on the pages."))
    _test_one(state, connection, [model.model for model in models])


def type_key(name: str) -> str:
    """Return the session state key of the type that a connection's list is limited to."""
    return f"connections.type.{name}"


def _list(connection: Connection, models: Sequence[ListedModel]) -> None:
    """Draw the models in a table, with a choice of type, and a search field if there are many."""
    types = [model_type.value for model_type in ModelType if any(model.model_type is model_type for model in models)]
    key, searched, chosen = type_key(connection.name), "", None
    if len(types) > 1:
        if st.session_state.get(key) not in types:
            st.session_state[key] = None
        chosen = st.pills(_("Type"), types, key=key, label_visibility="collapsed")
    if len(models) > MOST_AT_A_GLANCE:
        searched = st.text_input(
            _("Search models"),
            key=f"connections.search.{connection.name}",
            type="search",
            icon=":material/search:",
            placeholder=_("Part of a name or type"),
            label_visibility="collapsed",
            live=True,
        )
    terms = str(searched or "").lower().split()
    of_type = [model for model in models if chosen is None or model.model_type == chosen]
    matching = [model for model in of_type if all(word in f"{model.model} {model.model_type}".lower() for word in terms)]
    if not matching:
        st.caption(_("No matching model."))
        return
    st.html(STYLE)
    rows = [[model.model, *_columns(model)] for model in matching[:MOST_ROWS]]
    with st.container(key="connection-models"):
        html_tables.table([_("Model"), _("Type"), _("Type source"), _("Context"), _("Features")], rows, scrolls=_("Models"))
    if len(matching) > MOST_ROWS:
        st.caption(_("Showing the first {most} of {count}. Search to find others.").format(most=MOST_ROWS, count=len(matching)))
    elif terms or chosen:
        st.caption(_("{found} of {count}").format(found=len(matching), count=len(models)))


def _columns(model: ListedModel) -> tuple[str, str, str, str]:
    context = model.model_properties.get(ModelPropertyKey.CONTEXT_SIZE)
    features = ", ".join(feature.value for feature in model.features or []) or ("—" if model.features_known else _("unknown"))
    size = f"{context:,}" if isinstance(context, int) else "—"
    return model.model_type.value, _(TYPE_FROM[model.type_from]), size, features


def _test_one(state: ConnectionsPageState, connection: Connection, names: list[str]) -> None:
    """Draw the controls to test one model with one call."""
    running = state.checks is not None and state.checks.running
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            _("Test one model"),
            names,
            index=0 if names else None,
            key=f"connections.one.{connection.name}",
            accept_new_options=connection.settings is not None,
            placeholder=_("Enter a model name"),
        )
        calls = list(CALLS)
        listed = {model.model: model.model_type for model in connection.backend.models()}
        kind = listed.get(str(name), ModelType.LLM)
        first = next((place for place, call in enumerate(calls) if CALLS[call] is kind), 0)
        call = st.selectbox(
            _("Call type"),
            calls,
            index=first,
            key=f"connections.call.{connection.name}.{name}",
            format_func=lambda member: _(health_table.COLUMNS[member]),
        )
        st.button(
            _("Test model"),
            icon=":material/play_arrow:",
            key="connections.test_one",
            disabled=running or not name,
            on_click=_try_one,
            args=(state, connection, str(call), str(name)),
        )


def _try_one(state: ConnectionsPageState, connection: Connection, call: str, name: str) -> None:
    health_table.test(state, [connection], {call: name})
