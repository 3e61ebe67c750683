"""Model and connection pickers of a page and of each pane of a comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import streamlit as st

from boomerang.invoker.backend import ListedModel, ModelState, TypeFrom
from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.messages.message import translated
from boomerang.playground.run.pane import Pane
from boomerang.playground.session import app_state, visitor
from boomerang.workbench.connections.connection import Connection
from boomerang.workbench.diagnosis.error_text import error_text
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.samples import model_defaults

from . import connection_picker, model_config

STATES = {
    ModelState.AVAILABLE: N_("ready to load"),
    ModelState.LOADING: N_("loading"),
    ModelState.LOADED: N_("loaded"),
    ModelState.UNAVAILABLE: N_("unavailable"),
}
ASK_SECONDS = 0.2
"""Interval between checks for a fetched model list."""
WAIT_SECONDS = 1.0
"""How long a page waits for a server's model list before it is drawn without it."""


@dataclass(slots=True)
class _ChosenModels:
    """The model chosen on each connection."""

    by_connection: dict[str, str] = field(default_factory=dict)
    connection: str | None = None
    """Connection the picker was last drawn for."""


def draw(page: Pane, model_type: ModelType, label: str = "", *, system: bool = False) -> ListedModel | None:
    """Draw the pickers of connection and model; show the reason and return `None` if no model is chosen.

    If the connection fetches its models from a server, any name may be typed. While the ModelConfig is written by hand, its
    model is shown instead of the picker, and the form's model is not required.

    Args:
        page: The page or the pane.
        model_type: Type of the models offered first. Models of other types follow if the server's types may be guessed by name.
        label: Label of the selector.
        system: Whether the model acts as Dify's workspace default: the connection's system model is preselected.
    """
    _connection(page)
    by_hand = not system and model_config.is_by_hand(page)
    any_name = page.connection.fetches
    if any_name:
        page.connection.fetch()
        page.connection.wait(WAIT_SECONDS)
    listed = page.backend.models()
    models = {model.model: model for model in listed if model.model_type is model_type}
    if not models and not any_name:
        page.require(by_hand, _("the connection has no {type} model").format(type=model_type.value))
        return None
    others = {model.model: model for model in listed if model.model not in models} if any_name else {}
    chief = page.backend.system_model() if system else None
    name = _name(page, models, chief.model if chief else None)
    if not by_hand:
        name = _select(page, model_type, label, models, others)
    if name:
        page.state.kept(_ChosenModels).by_connection[page.connection.name] = name
    if any_name:
        _notice_list_error(page)
    model = (models.get(name) or page.backend.describe(name, model_type)) if name else None
    if model is None:
        page.require(by_hand, _("choose a model or type its name"))
        return None
    page.put("model", name, None)
    page.model = model
    page.about_model = "" if by_hand else model_defaults.spoken(model.about)
    unavailable = _("{model} is unavailable: {reason}").format(model=model.model, reason=translated(model.reason or "", _))
    page.require(by_hand or model.state is not ModelState.UNAVAILABLE, unavailable)
    return model


def await_models(connections: Iterable[Connection]) -> None:
    """Rerun the page when a server has returned its models; call it last."""
    fetching = [connection for connection in connections if connection.fetching]
    if not fetching:
        return
    place = st.empty()
    while not any(connection.wait(ASK_SECONDS) for connection in fetching):
        place.empty()  # a click ends this script here
    st.rerun()


def _name(page: Pane, models: Mapping[str, ListedModel], first: str | None) -> str | None:
    """Return the chosen model's name, initially the URL's or a default; set it for the picker."""
    any_name = page.connection.fetches
    key = page.key("model")
    kept = page.state.kept(_ChosenModels)
    if kept.connection not in (None, page.connection.name):
        # Restore the model chosen earlier on this connection, not the other connection's.
        st.session_state[key] = kept.by_connection.get(page.connection.name)
    kept.connection = page.connection.name
    linked = page.take("model", "")
    if linked and (linked in models or any_name):
        st.session_state[key] = linked
    elif linked:
        page.notices.append(_("The URL names model {model}, which this connection does not have.").format(model=linked))
    chosen = st.session_state.get(key)
    if chosen not in models and not (any_name and chosen):
        usable = [model.model for model in models.values() if model.state is not ModelState.UNAVAILABLE] or list(models)
        usable.sort(key=lambda name: name != first)
        st.session_state[key] = usable[(page.number - 1) % len(usable)] if usable else None
    return cast(str | None, st.session_state[key])


def _select(
    page: Pane, model_type: ModelType, label: str, models: Mapping[str, ListedModel], others: Mapping[str, ListedModel]
) -> str | None:
    any_name = page.connection.fetches

    def shown(name: str) -> str:
        if name in models:
            state = models[name].state
            return f"{name} — {_(STATES[state])}" if state is ModelState.UNAVAILABLE else name
        if name not in others:
            return name
        sure = others[name].type_from is not TypeFrom.GUESSED
        return f"{name} — {others[name].model_type.value}{'' if sure else '?'}"

    with page.model_slot:
        return st.selectbox(
            label or _("Model"),
            [*models, *others],
            key=page.key("model"),
            persist_state="session",
            format_func=shown,
            accept_new_options=any_name,
            placeholder=_("Enter a model name") if any_name else None,
            help=_("Models of type {type} on this connection.").format(type=model_type.value)
            + (" " + _("Types are guessed from names. You can type any other name.") if any_name else ""),
        )


def _notice_list_error(page: Pane) -> None:
    """Show the state of fetching the server's model list."""
    connection = page.connection
    if connection.fetching:
        page.notices.append(_("Fetching models from {name} …").format(name=connection.name))
    elif connection.fetch_error is not None:
        reason = error_text(connection.fetch_error)
        page.notices.append(_("Could not list the models of {name}: {words}").format(name=connection.name, words=reason))


def _connection(pane: Pane) -> None:
    """Draw the picker of the pane's connection, and report a missing connection."""
    names = app_state.connections().names(visitor.owner())
    key = pane.key("connection") if pane.part else connection_picker.PAGE
    if pane.part:
        _settle(pane, key, names)
    with pane.model_slot:
        connection_picker.picker(key, names)
    connection_picker.add_notice(pane, key)
    if connection_picker.unchosen(key):  # the linked model belongs to the missing connection
        pane.take("model", "")


def _settle(pane: Pane, key: str, names: Sequence[str]) -> None:
    """Set the connection of a comparison's further pane, initially the page's."""
    linked = pane.take("connection", "")
    if key not in st.session_state:
        linked = linked or connection_picker.unchosen(connection_picker.PAGE)
    connection_picker.settle(key, names, pane.connection.name, linked)
    pane.hold("connection", pane.connection.name)
    pane.put("connection", connection_picker.unchosen(key) or st.session_state[key], pane.connection.name)
    pane.connection = app_state.connections().get(str(st.session_state.get(key)), visitor.owner())
