"""One connection as it is: where it comes from, what it says, what came of trying it, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from invoker import ListedModel, TypeFrom
from invoker.connections import CALLS, ConnectionSettings
from invoker.entities.model import ModelPropertyKey, ModelType
from invoker.errors import ConfigError

from .. import library_words, markup, resources, state
from ..checks import SERVER
from ..connection import Connection, Origin
from ..escape import plain
from ..words import N_, _
from . import form, health, progress, results
from .faults import TIMEOUTS, spoken
from .held import Held
from .progress import Tick

ORIGINS = {
    Origin.BUILT_IN: (N_("built in"), ":material/inventory_2:"),
    Origin.FILE: (N_("from connections.toml"), ":material/lock:"),
    Origin.ENVIRONMENT: (N_("from the environment"), ":material/lock:"),
    Origin.SAVED: (N_("saved"), ":material/save:"),
    Origin.SESSION: (N_("this session only"), ":material/schedule:"),
}


def draw(held: Held, connection: Connection) -> Tick:
    """Draw it; gives what keeps the progress of its test going."""
    owner = state.owner()
    tick = _head(held, connection, owner)
    if connection.problem:
        st.warning(plain(library_words.told_of_field(connection.problem)), icon=":material/key_off:")
    left, right = st.columns([4, 7], gap="medium")
    with left:
        if connection.settings is not None:
            markup.facts(_facts(connection.settings))
        else:
            st.caption(_("Small models inside this app: they answer offline, without a key."))
        results.draw_all(connection.name, held.found)
        check = held.found.get((connection.name, SERVER))
        if check is not None and check.better and connection.may_change(owner):
            st.button(
                _("Use this address"),
                icon=":material/move_up:",
                key="connections.better",
                on_click=form.edit,
                args=(held, connection, check.better),
                help=_("Opens the form with it."),
            )
    with right:
        _models(held, connection)
    return tick


def _head(held: Held, connection: Connection, owner: str) -> Tick:
    words, icon = ORIGINS[connection.origin]
    running = held.checks is not None and held.checks.running
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"#### {plain(connection.name)}", width="content")
        st.badge(_(words), icon=icon, color="gray")
        if connection.shared and connection.origin is Origin.SAVED:
            st.badge(_("shared with everybody"), icon=":material/group:", color="violet")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            _("Test"),
            icon=":material/network_check:",
            key="connections.test",
            disabled=running,
            on_click=health.test,
            args=(held, [connection]),
        )
        tick = progress.draw(held, connection.name, "connections.test_stop")
        st.button(
            _("Use it"),
            icon=":material/check:",
            key="connections.use",
            disabled=state.connection() == connection.name,
            on_click=_use,
            args=(connection.name,),
            help=_("Pick it for the pages, as in the side bar."),
        )
        if connection.settings is not None:
            _changes(held, connection, owner)
    if held.said.fault:
        st.error(plain(held.said.fault), icon=":material/error:")
    return tick


def _changes(held: Held, connection: Connection, owner: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if connection.may_change(owner):
            st.button(_("Edit"), icon=":material/edit:", key="connections.edit", on_click=form.edit, args=(held, connection))
        st.button(
            _("Duplicate"),
            icon=":material/content_copy:",
            key="connections.duplicate",
            on_click=form.duplicate,
            args=(held, connection),
            help=_("A copy of your own to change. A key that is not yours is not copied."),
        )
        if connection.may_change(owner):
            with st.popover(_("Remove"), icon=":material/delete:"):
                st.markdown(_("Remove {name} for good?").format(name=plain(connection.name)))
                st.button(
                    _("Yes, remove it"),
                    key="connections.remove",
                    type="primary",
                    on_click=_remove,
                    args=(held, connection.name, owner),
                )
        elif connection.origin is Origin.SAVED:
            st.caption(_("Saved by somebody else, who alone may change it."))
        else:
            st.caption(_("Changed where it comes from, not here."))


def _facts(settings: ConnectionSettings) -> dict[str, str]:
    if settings.api_key_env:
        key = _("from the variable {name}").format(name=settings.api_key_env)
    else:
        key = _("typed, kept to itself") if settings.api_key else _("none")
    found = {
        _("Address"): settings.base_url,
        _("API key"): key,
        _("Dify provider"): settings.provider,
        _("System model"): settings.system_model,
        _("Headers"): ", ".join(settings.headers),
        _("Query"): ", ".join(settings.query),
        _("Proxy"): str(settings.public().get("proxy", "")),
        _("Certificate"): "" if settings.verify else _("not checked"),
        _("Time limits"): ", ".join(
            f"{_(TIMEOUTS[name])} {value:g} s" for name, value in settings.timeouts if value is not None
        ),
    }
    return {name: value for name, value in found.items() if value}


def _models(held: Held, connection: Connection) -> None:
    try:
        backend = connection.backend
        if connection.fetches:
            connection.fetch()
            connection.wait(1.0)
        models = backend.models()
    except ConfigError as error:
        st.error(plain(library_words.told_of_field(str(error))), icon=":material/error:")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        count = f" · {len(models)}" if models or not (connection.fetches and connection.fetching) else ""
        st.markdown(f"**{_('Models')}**{count}", width="content")
        if connection.fetches:
            st.button(
                _("Fetch again"),
                icon=":material/refresh:",
                key="connections.fetch",
                type="tertiary",
                disabled=connection.fetching,
                on_click=connection.fetch,
                kwargs={"again": True},
            )
            if connection.fetching:
                st.caption(_("Asking the server …"))
            elif connection.fetch_error is not None:
                words = library_words.told(str(connection.fetch_error))
                st.markdown(f":orange[:material/info:] {plain(words)}")
    if models:
        _list(connection, models)
    elif not connection.fetching:
        st.caption(_("No model is known yet; on the pages any name can be typed."))
    _test_one(held, connection, [model.model for model in models])


MOST_ROWS = 300
MOST_AT_A_GLANCE = 12
"""Models among which nobody needs a search."""
STYLE = """<style>
.st-key-connection-models .plain-scroll { max-height: min(70vh, 640px); }
.st-key-connection-models td:nth-child(2) { white-space: nowrap; }
.st-key-connection-models td:nth-child(n + 3) { font-size: 0.8rem; }
@media (min-width: 1200px) { .st-key-connection-models td:nth-child(3) { white-space: nowrap; } }
</style>"""


def _list(connection: Connection, models: Sequence[ListedModel]) -> None:
    """Draw the models in a table, which can be searched."""
    searched = ""
    if len(models) > MOST_AT_A_GLANCE:
        searched = st.text_input(
            _("Search models"),
            key=f"connections.search.{connection.name}",
            type="search",
            icon=":material/search:",
            placeholder=_("A part of a name or of a type"),
            label_visibility="collapsed",
            live=True,
        )
    words = str(searched or "").lower().split()
    found = [model for model in models if all(word in f"{model.model} {model.model_type}".lower() for word in words)]
    if not found:
        st.caption(_("No model is called so."))
        return
    st.html(STYLE)
    rows = [[model.model, *_said_of(model)] for model in found[:MOST_ROWS]]
    with st.container(key="connection-models"):
        markup.table([_("Model"), _("Type"), _("Type is"), _("Context"), _("Features")], rows, scrolls=_("Models"))
    if len(found) > MOST_ROWS:
        st.caption(_("The first {most} of {count}; search for the others.").format(most=MOST_ROWS, count=len(found)))
    elif words:
        st.caption(_("{found} of {count}").format(found=len(found), count=len(models)))


TYPE_FROM = {
    TypeFrom.DECLARED: N_("declared"),
    TypeFrom.TOLD: N_("told by the server"),
    TypeFrom.GUESSED: N_("guessed"),
}


def _said_of(model: ListedModel) -> tuple[str, str, str, str]:
    context = model.model_properties.get(ModelPropertyKey.CONTEXT_SIZE)
    features = ", ".join(feature.value for feature in model.features or []) or ("—" if model.features_known else _("not known"))
    size = f"{context:,}" if isinstance(context, int) else "—"
    return model.model_type.value, _(TYPE_FROM[model.type_from]), size, features


def _test_one(held: Held, connection: Connection, names: list[str]) -> None:
    """Draw what tries one model with one call."""
    running = held.checks is not None and held.checks.running
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            _("Test one model"),
            names,
            index=0 if names else None,
            key=f"connections.one.{connection.name}",
            accept_new_options=connection.settings is not None,
            placeholder=_("Type a model's name"),
        )
        calls = list(CALLS)
        listed = {model.model: model.model_type for model in connection.backend.models()}
        kind = listed.get(str(name), ModelType.LLM)
        first = next((place for place, call in enumerate(calls) if CALLS[call] is kind), 0)
        call = st.selectbox(
            _("with the call"),
            calls,
            index=first,
            key=f"connections.call.{connection.name}.{name}",
            format_func=lambda member: _(health.COLUMNS[member]),
        )
        st.button(
            _("Test model"),
            icon=":material/play_arrow:",
            key="connections.test_one",
            disabled=running or not name,
            on_click=_try_one,
            args=(held, connection, str(call), str(name)),
        )


def _try_one(held: Held, connection: Connection, call: str, name: str) -> None:
    health.start(held, [health.trial(connection, {call: name})])


def _use(name: str) -> None:
    st.session_state["connection"] = name


def _remove(held: Held, name: str, owner: str) -> None:
    try:
        resources.CONNECTIONS.drop(name, owner)
    except ConfigError as error:
        held.to_say.fault = spoken(str(error))
        return
    held.open = ""
    for call in (SERVER, *CALLS):
        held.found.pop((name, call), None)
    held.to_say.told = _("{name} is removed.").format(name=name)
