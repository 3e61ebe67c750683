"""A ModelConfig from the form, or written by hand as JSON."""

from __future__ import annotations

from typing import Any, TypeVar

import streamlit as st
from pydantic import ValidationError

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.entities.model import BaseModelConfig
from boomerang.playground.run.pane import Pane
from boomerang.playground.session import preferences
from boomerang.playground.ui import expander, json_view
from boomerang.playground.ui.escape import plain
from boomerang.playground.ui.number_format import UNKNOWN
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.parsing.json_text import JsonFault, parse, pretty

from .fields import field_fault

ConfigT = TypeVar("ConfigT", bound=BaseModelConfig)
BY_HAND = "config.by_hand"
"""Field of the switch."""
TEXT = "config.text"
"""Field of the hand-written JSON."""
OPEN = "config.open"
"""Name of the expander."""


def config(page: Pane, config_class: type[ConfigT], model: ListedModel | None, **own: Any) -> ConfigT | None:
    """Draw the current ModelConfig or its JSON editor; show errors and return `None` while it is invalid."""
    fields = {"provider": model.provider, "model": model.model, "model_type": model.model_type.value} if model else {}
    made = fields | own
    value, by_hand = made, is_by_hand(page)
    if by_hand:
        value = _written(page, made)
    elif preferences.expert():
        _keep_text(page)
    checked = _checked(config_class, value) if by_hand or model is not None else list[str]()
    faults = checked if isinstance(checked, list) else []
    for fault in faults:
        page.require(False, fault)
    if preferences.expert():
        _draw(page, config_class.__name__, made, faults, by_hand=by_hand)
    elif faults:
        _show(faults)
    return None if isinstance(checked, list) else checked


def is_by_hand(page: Pane) -> bool:
    """Return whether the ModelConfig is written by hand; the form's model then has no effect."""
    return preferences.expert() and bool(st.session_state[page.hold(BY_HAND, False)])


def _draw(page: Pane, name: str, made: dict[str, Any], faults: list[str], *, by_hand: bool) -> None:
    state = [name, *([_("hand-written")] if by_hand else []), *([_("check: {names}").format(names="JSON")] if faults else [])]
    expanders = page.state.kept(expander.Expanders)
    with expander.draw(expanders, page.key(OPEN), "ModelConfig", " · ".join(state), expanded=True) as shown:
        if not shown.open:
            return
        st.toggle(
            _("Edit as JSON"),
            key=page.key(BY_HAND),
            persist_state="session",
            help=_("Dify accepts any JSON object with these fields and ignores extra keys. The form is inactive meanwhile."),
        )
        if by_hand:
            st.text_area(_("ModelConfig as JSON"), key=page.key(TEXT), height=220, persist_state="session")
        else:
            json_view.plain_text(pretty(made), "ModelConfig")
        _show(faults)


def _show(faults: list[str]) -> None:
    for fault in faults:
        field_fault(None, fault)


def _written(page: Pane, made: dict[str, Any]) -> Any:
    """Return the hand-written ModelConfig, and show its model in place of the picker."""
    value = parse(str(st.session_state[page.hold(TEXT, pretty(made))] or ""), dict)
    _name_in_toolbar(page, {} if isinstance(value, JsonFault) else value)
    return value


def _keep_text(page: Pane) -> None:
    """Keep what was written by hand in the URL while the form is used, so that it can be opened again."""
    if linked := page.take(TEXT, ""):
        st.session_state[page.key(TEXT)] = linked
    page.put(TEXT, st.session_state.get(page.key(TEXT)), None)


def _name_in_toolbar(page: Pane, value: dict[str, Any]) -> None:
    """Show the provider and model of a hand-written ModelConfig in place of the model picker, with the way back."""
    names = [name if isinstance(name := value.get(field), str) and name else UNKNOWN for field in ("provider", "model")]
    with page.model_slot, st.container(gap="xxsmall"):
        st.markdown(f":small[:material/edit_note: **{_('Hand-written ModelConfig')}** · {plain('/'.join(names))}]")
        st.button(
            _("Use the form"),
            icon=":material/arrow_back:",
            width="stretch",
            key=page.key("config.form"),
            help=_("Your JSON is kept: edit it again under ModelConfig."),
            on_click=_use_form,
            args=(page.key(BY_HAND),),
        )


def _use_form(key: str) -> None:
    st.session_state[key] = False


def _checked(config_class: type[ConfigT], value: Any) -> ConfigT | list[str]:
    """Return the ModelConfig, or why it is not one."""
    if isinstance(value, JsonFault):
        return [f"ModelConfig: {value}"]
    try:
        return config_class.model_validate(value)
    except ValidationError as error:
        return [f"ModelConfig: {'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
